"""Listener rules: paths, priorities, rewrites, and who holds what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.listener_rule import (
    ListenerRule,
    ListenerRuleKind,
    create_request,
    listener_of,
    modify_request,
    observed,
)
from modelpoc.aws.rule_priority import LAST_PRIORITY, first_priority, free_priority
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "echo")
LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/lb/1/2"
RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/lb/1/2/3"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/echo-0123456789/1"
WANT = ListenerRule(
    name="echo-0123456789",
    listener_arn=LISTENER,
    paths=("/poc/echo", "/poc/echo/*"),
    target_group_arn=GROUP,
    rewrite_from="^/poc/echo/?(.*)$",
    rewrite_to="/$1",
    tags=tags.owner_tags(OWNER, {}),
)


def answer(want: ListenerRule = WANT, priority: int = 30001, **by_hand: Any) -> dict[str, Any]:
    """What DescribeRules says: AWS gives conditions and actions in the old words and the new ones."""
    request = create_request(want, priority)
    forward = {"TargetGroups": [{"TargetGroupArn": want.target_group_arn, "Weight": 1}]}
    action = {**request["Actions"][0], "Order": 1, "ForwardConfig": forward}
    paths = list(want.paths)
    condition = {"Field": "path-pattern", "Values": paths, "PathPatternConfig": {"Values": paths}}
    return {
        "RuleArn": RULE,
        "Priority": str(priority),
        "IsDefault": False,
        "Conditions": [condition],
        "Actions": [action],
        "Transforms": request.get("Transforms", []),
        **by_hand,
    }


def changed(want: ListenerRule = WANT, **by_hand: Any) -> list[str]:
    return [c.field for c in ListenerRuleKind().diff(want, observed(answer(**by_hand), WANT.all_tags))]


def test_what_was_just_created_shows_no_difference() -> None:
    have = observed(answer(), WANT.all_tags)
    assert ListenerRuleKind().diff(WANT, have) == ()
    assert (have.name, have.id, have.owner) == (WANT.name, RULE, OWNER.mark)
    assert have.refs == {GROUP, LISTENER}


def test_the_order_of_paths_does_not_matter() -> None:
    assert changed(replace(WANT, paths=WANT.paths[::-1])) == []


OTHER = GROUP.replace("echo", "other")
HOST = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}}


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"Conditions": [{"Field": "path-pattern", "Values": ["/else"]}]}, "paths"),
        ({"Conditions": [*answer()["Conditions"], HOST]}, "paths"),
        (
            {"Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/poc"]}}]},
            "paths",
        ),
        ({"Actions": [{"Type": "forward", "TargetGroupArn": OTHER}]}, "target_group_arn"),
        (
            {"Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]},
            "target_group_arn",
        ),
        (
            {
                "Actions": [
                    {
                        "Type": "forward",
                        "ForwardConfig": {
                            "TargetGroups": [{"TargetGroupArn": GROUP}, {"TargetGroupArn": OTHER}]
                        },
                    }
                ]
            },
            "target_group_arn",
        ),
        (
            {
                "Actions": [
                    {
                        "Type": "forward",
                        "TargetGroupArn": GROUP,
                        "ForwardConfig": {
                            "TargetGroups": [{"TargetGroupArn": GROUP}],
                            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 9},
                        },
                    }
                ]
            },
            "target_group_arn",
        ),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, Any], field: str) -> None:
    assert changed(**by_hand) == [field]


def test_a_rewrite_taken_off_or_added_is_told() -> None:
    assert changed(Transforms=[]) == ["rewrite_from", "rewrite_to"]
    plain = replace(WANT, rewrite_from="", rewrite_to="")
    assert changed(plain) == ["rewrite_from", "rewrite_to"]
    host = {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": []}}
    assert "rewrite_from" in changed(Transforms=[*answer()["Transforms"], host])


def test_an_allocated_priority_stays_and_a_given_one_is_kept() -> None:
    assert changed(priority=1234) == []
    assert changed(replace(WANT, priority=7), priority=1234) == ["priority"]
    assert changed(replace(WANT, priority=7), priority=7) == []


def test_the_name_tag_is_no_tag_to_differ_in() -> None:
    assert changed(replace(WANT, tags=WANT.all_tags)) == []


def test_only_what_changed_is_written() -> None:
    assert modify_request(WANT, {"tags", "priority"}) == {}
    assert modify_request(WANT, {"paths"}).keys() == {"Conditions"}
    assert modify_request(WANT, {"target_group_arn"}).keys() == {"Actions"}
    assert modify_request(WANT, {"rewrite_to"}).keys() == {"Transforms"}
    assert modify_request(replace(WANT, rewrite_from=""), {"rewrite_from"}) == {"ResetTransforms": True}


def test_what_it_must_hold_alone_is_said_in_the_words_of_what_is_there() -> None:
    given = replace(WANT, priority=7)
    assert ListenerRuleKind().claims(given) == observed(answer(priority=7), {}).claims
    assert ListenerRuleKind().claims(WANT) == {f"path:{LISTENER}:{path}" for path in WANT.paths}


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (f"path:{LISTENER}:/poc/echo", "RouteConflict"),
        (f"priority:{LISTENER}:7", "PriorityConflict"),
        (None, "OwnedByOther"),
    ],
)
def test_a_conflict_has_the_reason_of_what_is_held(claim: str | None, reason: str) -> None:
    assert ListenerRuleKind().reason(claim) == reason


def test_deeper_paths_come_before_their_parents() -> None:
    depths = [("/a", "/a/*"), ("/a/b", "/a/b/*"), ("/a/b/c",), ("/a/b/c/d/e/f/g/h/i/j",)]
    starts = [first_priority(paths) for paths in depths]
    assert starts == sorted(starts, reverse=True)
    assert len(set(starts)) == 4
    assert all(1 <= start <= LAST_PRIORITY for start in starts)


def test_the_lowest_free_priority_is_taken() -> None:
    inventory = Inventory()
    start = first_priority(WANT.paths)
    assert free_priority(LISTENER, WANT.paths, inventory) == start
    inventory.wrote(observed(answer(priority=start), {}))
    assert free_priority(LISTENER, WANT.paths, inventory) == start + 1
    inventory.reserve({f"priority:{LISTENER}:{start + 1}"}, OWNER.mark)
    assert free_priority(LISTENER, WANT.paths, inventory) == start + 2
    assert free_priority(LISTENER.replace("lb", "other"), WANT.paths, inventory) == start


def test_no_priority_left_is_told() -> None:
    inventory = Inventory()
    everything = range(first_priority(WANT.paths), LAST_PRIORITY + 1)
    inventory.reserve({f"priority:{LISTENER}:{n}" for n in everything}, OWNER.mark)
    with pytest.raises(Stall) as told:
        free_priority(LISTENER, WANT.paths, inventory)
    assert told.value.reason == "QuotaExceeded"


def test_rules_of_others_are_known_by_their_arn() -> None:
    have = observed(answer(), {})
    assert (have.name, have.owner) == (RULE, None)


def test_a_rule_tells_its_listener() -> None:
    assert listener_of(RULE) == LISTENER
