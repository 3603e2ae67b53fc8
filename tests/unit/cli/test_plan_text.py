"""A plan in words, as data and as a comment on a pull request."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelpoc.api.conditions import Reason
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.secret import SecretValue
from modelpoc.cli.plan_result import Planned, exit_code, result, spec_changes
from modelpoc.cli.plan_text import markdown, text
from modelpoc.controller.planned import change_text
from modelpoc.controller.planning import Foreseen
from modelpoc.desired.allow import Refusal
from modelpoc.desired.life import Life, Lifetime
from modelpoc.reconcile.foresee import Hidden
from modelpoc.reconcile.plan import Plan, Step, Verb
from modelpoc.reconcile.resource import UNKNOWN, Change

pytestmark = pytest.mark.unit

ROLE = "arn:aws:iam::123456789012:role/model"
CREATE = Step(Verb.CREATE, "TaskDefinition", "f@2", changes=(Change("cpu", 256, 512),))
NEW = Step(Verb.CREATE, "LogGroup", "/g", changes=(Change("retention_days", None, 30),))
UPDATE = Step(Verb.UPDATE, "Service", "c/s", changes=(Change("task_definition", f"{ROLE}:1", UNKNOWN),))
DELETE = Step(Verb.DELETE, "TaskDefinition", "f@1")
KEEP = Step(Verb.KEEP, "Route", "r")
SAME = Planned("same", "team", True, plan=Plan((KEEP,)))
OTHER = Planned("other", "team", True, plan=Plan((CREATE, UPDATE, KEEP, DELETE)), cost=("1 USD", "2 USD"))
BAD = Planned("bad", "team", problems=("no such `key`:\ncreate it",))


def poc(**spec: Any) -> ModelPOC:
    ecs = {"image": "local/echo:1", **spec.pop("ecs", {})}
    return ModelPOC.model_validate(
        {"metadata": {"name": "p", "namespace": "team"}, "spec": {"ecs": ecs, **spec}}
    )


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([SAME], 0),
        ([OTHER], 2),
        ([SAME, OTHER], 2),
        ([BAD, OTHER], 1),
        ([replace(SAME, exists=False)], 2),
        ([replace(SAME, spec=(Change("spec.ttl", None, "1d"),))], 2),
        ([], 0),
    ],
)
def test_the_exit_code_tells_whether_something_would_change(found: list[Planned], code: int) -> None:
    assert exit_code(found) == code


def test_words_for_a_terminal() -> None:
    assert text([OTHER]).splitlines() == [
        "team/other: 1 to create, 1 to update, 1 to delete",
        "  + create TaskDefinition f@2",
        "      cpu: 256 → 512",
        "  ~ update Service c/s",
        f"      task_definition: {ROLE}:1 → (known later)",
        "  - delete TaskDefinition f@1",
        "  cost 1 USD → 2 USD a month",
    ]
    assert text([SAME]) == "team/same: nothing to do"
    assert text([BAD]).splitlines()[1:] == ["  ! no such `key`:", "    create it"]


def test_a_comment_is_a_table_without_account_numbers() -> None:
    said = markdown([SAME, OTHER, BAD])
    assert "| ~ | update Service | `task_definition` | `role/model:1` | `(known later)` |" in said
    assert "- :x: no such `key`: create it" in said
    assert said.endswith("Nothing to do: `same`")
    assert "123456789012" not in said


def test_what_is_made_is_one_row_and_long_tables_are_folded() -> None:
    few = markdown([replace(OTHER, plan=Plan((NEW, CREATE)))])
    assert "| + | create LogGroup | | | |" in few
    assert "<details>" not in few
    many = tuple(replace(CREATE, name=f"f@{n}") for n in range(9))
    assert "<details><summary>9 to create</summary>\n\n| |" in markdown([replace(OTHER, plan=Plan(many))])


@pytest.mark.parametrize("value", ["a|b", "a`b", "a\nb", "<b>"])
def test_no_value_breaks_out_of_its_cell(value: str) -> None:
    step = replace(UPDATE, changes=(Change("environment.A", "x", value),))
    (row,) = [r for r in markdown([replace(OTHER, plan=Plan((step,)))]).splitlines() if "environment" in r]
    assert row.replace("\\|", "").count("|") == 6
    assert row.count("`") == 6


def test_our_tags_show_only_where_there_is_nothing_else() -> None:
    ours, theirs = Change("tags.modelpoc.dev/user-tags", "", "team"), Change("tags.team", None, "ml")
    both = text([replace(OTHER, plan=Plan((replace(UPDATE, changes=(ours, theirs)),)))])
    assert "tags.team: ml" in both
    assert "modelpoc.dev" not in both
    assert "modelpoc.dev/user-tags" in text([replace(OTHER, plan=Plan((replace(UPDATE, changes=(ours,)),)))])


def test_data_is_json_with_every_field() -> None:
    data = json.loads(json.dumps(OTHER.data()))
    assert [(s["action"], s["kind"]) for s in data["steps"]] == [
        ("create", "TaskDefinition"),
        ("update", "Service"),
        ("delete", "TaskDefinition"),
    ]
    assert data["steps"][0]["changes"] == [{"field": "cpu", "have": 256, "want": 512}]
    assert data["steps"][1]["changes"][0]["want"] == "(known later)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("memory", 512, 1024), "memory: 512 → 1024"),
        (Change("path", None, "/x"), "path: /x"),
        (Change("paths", ("/a",), ("/a", "/b")), 'paths: ["/a"] → ["/a", "/b"]'),
        (Change("command", ("a",), None), 'command: ["a"] → (none)'),
        (Change("value", Hidden(), SecretValue(b"hush")), 'value: (hidden) → "SecretValue(hidden)"'),
        (Change("groups", frozenset("ba"), frozenset("a")), 'groups: ["a", "b"] → ["a"]'),
    ],
)
def test_a_change_in_words(change: Change, words: str) -> None:
    assert change_text(change) == words


def test_long_values_are_cut() -> None:
    assert len(change_text(Change("f", None, "x" * 5000))) < 250


def test_specs_are_compared_with_their_defaults_filled_in_by_name() -> None:
    before = poc(ecs={"port": 8080, "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]})
    assert spec_changes(poc(), poc(ecs={"port": 8080})) == ()
    after = poc(ecs={"cpu": 512, "memory": 1024, "env": [{"name": "B", "value": "2"}]})
    assert {c.field: (c.have, c.want) for c in spec_changes(before, after)} == {
        "spec.ecs.cpu": (256, 512),
        "spec.ecs.memory": (512, 1024),
        "spec.ecs.env[A].value": ("1", None),
        "spec.ecs.env[B].value": ("1", "2"),
    }


def test_what_speaks_against_it_says_what_to_do() -> None:
    taken = Step(Verb.CONFLICT, "Route", "r", reason="RouteConflict", message="/x is held by r2")
    gone = Step(Verb.MISSING, "Parameter", "arn", message="arn was not found")
    refused = (Refusal(Reason.SIZE_NOT_ALLOWED, "ecs.cpu 4096 is more than the platform allows: 512"),)
    found = result(poc(), None, Foreseen(Plan((taken, gone, KEEP)), refused))
    assert exit_code([found]) == 1
    assert [problem.partition(": ")[2] != "" for problem in found.problems] == [True, True, True]
    assert "choose another route.path" in found.problems[1]
    assert "create it" in found.problems[2]


def test_what_aws_is_at_is_said_and_changes_nothing() -> None:
    waits = Step(Verb.WAIT, "Service", "s", message="a rollout is under way")
    broken = Step(Verb.BROKEN, "Endpoint", "e", message="it failed")
    live = poc()
    found = result(live, live, Foreseen(Plan((waits, broken))))
    assert exit_code([found]) == 0
    assert [note.partition(": ")[0] for note in found.notes] == ["under way", "given up by AWS"]


def test_nothing_is_paid_for_what_ran_out() -> None:
    now = datetime.now(UTC)
    seen = Foreseen(lived=Lifetime(Life.EXPIRED, now - timedelta(days=2), now - timedelta(days=1)))
    found = result(poc(), poc(), seen)
    assert found.cost == (None, None)
    assert "time ran out" in found.notes[0]
