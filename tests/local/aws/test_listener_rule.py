"""Listener rules together: priorities, conflicts, strangers' rules, and what a look costs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.poc_parts import listener_rule

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.listener_rule import ListenerRule
from modelpoc.aws.rule_priority import first_priority
from modelpoc.reconcile.errors import NotYet, Taken

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["ListenerRule"]


async def several(bench: Bench, count: int) -> list[ListenerRule]:
    """Rules of one listener and one target group, none made yet."""
    one = await listener_rule(bench)
    names = [bench.name() for _ in range(count)]
    return [replace(one, name=n, paths=(f"/poc/{n}",), tags=bench.tags) for n in names]


def by_hand(bench: Bench, want: ListenerRule, priority: int, path: str = "/theirs") -> str:
    made = bench.client("elbv2").create_rule(
        ListenerArn=want.listener_arn,
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "Values": [path]}],
        Actions=[{"Type": "forward", "TargetGroupArn": want.target_group_arn}],
    )
    return str(made["Rules"][0]["RuleArn"])


async def test_rules_made_at_once_get_different_priorities(bench: Bench) -> None:
    wanted = await several(bench, 8)
    await bench.listed(KIND)
    bench.calls()
    made = await asyncio.gather(*(bench.made(KIND, want) for want in wanted))
    start = first_priority(wanted[0].paths)
    assert sorted(rule.fields["priority"] for rule in made) == list(range(start, start + 8))
    assert bench.calls() == {"CreateRule": 8}
    assert not [claim for claim in bench.inventory.reserved() if claim.startswith("priority:")]


async def test_a_priority_taken_by_a_stranger_is_told_and_known_after_a_look(bench: Bench) -> None:
    (want,) = await several(bench, 1)
    await bench.listed(KIND)
    start = first_priority(want.paths)
    theirs = by_hand(bench, want, start)
    with pytest.raises(Taken):
        await KIND.create(bench.scope, want)
    listed = await bench.listed(KIND)
    assert listed[theirs].owner is None
    assert f"path:{want.listener_arn}:/theirs" in listed[theirs].claims
    assert (await bench.made(KIND, want)).fields["priority"] == start + 1


async def test_a_given_priority_that_is_taken_is_never_stolen(bench: Bench) -> None:
    one, other = await several(bench, 2)
    await bench.made(KIND, replace(one, priority=5))
    with pytest.raises(Taken):
        await KIND.create(bench.scope, replace(other, priority=5))
    made = await bench.made(KIND, replace(other, priority=6))
    changes = KIND.diff(replace(other, priority=5), made)
    with pytest.raises(Taken):
        await KIND.update(bench.scope, replace(other, priority=5), made, changes)


async def test_a_given_priority_no_longer_given_stays(bench: Bench) -> None:
    (want,) = await several(bench, 1)
    made = await bench.made(KIND, replace(want, priority=5))
    assert KIND.diff(want, made) == ()


async def test_a_rewrite_comes_and_goes(bench: Bench) -> None:
    (want,) = await several(bench, 1)
    await bench.made(KIND, want)
    assert await bench.mended(KIND, replace(want, rewrite_from="", rewrite_to="")) == {
        "rewrite_from",
        "rewrite_to",
    }
    assert await bench.mended(KIND, want) == {"rewrite_from", "rewrite_to"}


async def test_changes_to_many_fields_are_one_write(bench: Bench) -> None:
    (want,) = await several(bench, 1)
    have = await bench.made(KIND, want)
    other = replace(want, paths=("/poc/else",), rewrite_from="^/poc/else(.*)$")
    bench.calls()
    await KIND.update(bench.scope, other, have, KIND.diff(other, have))
    assert bench.calls() == {"ModifyRule": 1}


async def test_a_look_at_many_costs_a_call_for_each_twenty(bench: Bench) -> None:
    wanted = await several(bench, 25)
    for want in wanted:
        await bench.made(KIND, want)
    bench.calls()
    assert len(await bench.listed(KIND)) == 25
    assert bench.calls() == {"DescribeRules": 1, "DescribeTags": 2}


async def test_a_name_in_doubt_is_looked_for_among_what_is_not_known(bench: Bench) -> None:
    wanted = await several(bench, 25)
    for want in wanted[:24]:
        await bench.made(KIND, want)
    await KIND.create(bench.scope, wanted[24])
    bench.calls()
    found = await bench.seen(KIND, wanted[24].name)
    assert found
    assert bench.calls() == {"DescribeRules": 1, "DescribeTags": 1}


async def test_a_rule_whose_name_tag_was_changed_is_still_known(bench: Bench) -> None:
    (want,) = await several(bench, 1)
    made = await bench.made(KIND, want)
    tag: list[Any] = [{"Key": "modelpoc.dev/resource", "Value": "else"}]
    bench.client("elbv2").add_tags(ResourceArns=[made.id], Tags=tag)
    listed = await bench.listed(KIND)
    assert listed[want.name].id == made.id
    assert await bench.mended(KIND, replace(want, tags=want.all_tags)) == {"tags"}


async def test_a_listener_that_is_gone_has_no_rules(bench: Bench) -> None:
    (want,) = await several(bench, 1)
    bench.client("elbv2").delete_listener(ListenerArn=want.listener_arn)
    assert await bench.listed(KIND) == {}
    with bench.as_root() as scope, pytest.raises(NotYet):
        await KIND.create(scope, want)
