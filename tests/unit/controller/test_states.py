"""Every state of docs/conditions.md: findings from real plans become the conditions that the table shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.unit.controller.case import Case
from tests.unit.controller.states import cases
from tests.unit.controller.table import DOC, FOLDER, REWRITE, Cell, Row, files, rows

from modelpoc.api.conditions import ConditionType, Reason
from modelpoc.api.crd import POC_COLUMNS

pytestmark = pytest.mark.unit

CASES = cases()
ROWS = {row.state: row for row in rows()}
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def row_of(case: Case) -> Row:
    assert case.state in ROWS, f"no such row in {DOC.name}: {case.state}"
    return ROWS[case.state]


def conditions(case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = case.status.get("conditions", [])
    return found


def test_every_row_has_an_object_and_every_object_a_row() -> None:
    assert {case.state for case in CASES} == set(ROWS)


@each
def test_conditions_are_as_the_table_says(case: Case) -> None:
    for kind, cell in row_of(case).conditions.items():
        check(case, kind, cell)


def check(case: Case, kind: str, cell: Cell) -> None:
    found = case.condition(kind)
    if cell.status == "as before":
        before = next((c.to_dict() for c in case.before if c.type == kind), None)
        assert found == before
    elif cell.status == "none":
        assert found is None
    else:
        assert found is not None, f"{kind} is not told"
        assert found["status"] == cell.status
        assert not cell.reasons or found["reason"] in cell.reasons


@each
def test_reconciling_and_stalled_exclude_each_other(case: Case) -> None:
    true = {c["type"] for c in conditions(case) if c["status"] == "True"}
    assert not {"Reconciling", "Stalled"} <= true


@each
def test_what_is_not_true_says_why_and_what_to_do(case: Case) -> None:
    for condition in conditions(case):
        assert condition["reason"] in set(Reason)
        if condition["status"] != "True":
            assert len(condition["message"]) > 5, condition


CURES = re.compile(
    r"\b(choose|rename|create|correct|have|grant|ask|use|delete|leave|set|see|let|describe|raise)\b"
)


@each
def test_what_is_stuck_says_what_to_do(case: Case) -> None:
    stalled = case.condition("Stalled")
    if stalled and stalled["status"] == "True":
        assert CURES.search(stalled["message"]), stalled["message"]


def test_a_failed_rollout_shows_log_lines_and_what_serves() -> None:
    [case] = [c for c in CASES if c.name == "rollout-failed-while-serving"]
    ready, routed = case.condition("Ready"), case.condition("Routed")
    assert ready
    assert routed
    assert "no module named tokenizers" in ready["message"]
    assert ready["message"].endswith("correct the spec or the model to try again")
    assert routed["status"] == "True"
    serving, failed = case.status["revision"], case.status["failedRevision"]
    assert (serving.rpartition(":")[2], failed.rpartition(":")[2]) == ("1", "2")


def test_the_reason_that_aws_tells_stands_alone() -> None:
    [case] = [c for c in CASES if c.name == "function-failed"]
    ready = case.condition("Ready")
    assert ready
    assert ready["message"].startswith("the function could not be made: The role defined")
    assert "no reason" not in ready["message"]


@pytest.mark.parametrize("type", [kind for kind in ConditionType if kind is not ConditionType.NOTIFYING])
def test_every_condition_type_occurs(type: ConditionType) -> None:
    assert any(case.condition(type.value) for case in CASES)


# printed


def printed(case: Case, path: str) -> str:
    """What `kubectl get` shows for a column's JSONPath, of the two forms that we use."""
    found: Any = case.item
    for part in path.lstrip(".").split("."):
        if part == "conditions[?(@":
            continue
        if match := re.fullmatch(r'type=="(\w+)"\)\]', part):
            found = next((c for c in found.get("conditions", []) if c["type"] == match[1]), {})
        else:
            found = found.get(part, {}) if isinstance(found, dict) else {}
    return "" if found == {} else str(found)


def columns(case: Case) -> str:
    shown = {c.name: printed(case, c.path) for c in POC_COLUMNS}
    return f"{case.name} {shown['READY'] or '-'} {shown['STATUS'] or '-'}"


PRINTED = """
spec-just-changed True Ready
creating False Creating
starting False Creating
rolling-out False RollingOut
probing False Probing
waiting-for-the-platform False PlatformNotReady
ready True Ready
ready-with-a-secret True Ready
placeholder False Placeholder
tags-changed-by-hand True Repairing
scaling-out True Repairing
route-deleted-by-hand False Repairing
task-died False Repairing
route-conflict False RouteConflict
priority-conflict False PriorityConflict
owned-by-other False OwnedByOther
secret-not-found False SecretNotFound
secret-key-not-found False SecretNotFound
secret-not-allowed False SecretNotAllowed
image-not-allowed False ImageNotAllowed
role-not-allowed False RoleNotAllowed
size-not-allowed-while-serving False SizeNotAllowed
namespace-not-allowed False NamespaceNotAllowed
limit-reached False LimitReached
platform-not-found False PlatformNotFound
first-rollout-failed False RolloutFailed
rollout-failed-while-serving False RolloutFailed
access-denied False AccessDenied
wrong-account False WrongAccount
quota-exceeded False QuotaExceeded
refused-by-aws False InvalidSpec
probe-failed False ProbeFailed
aws-mute-at-first Unknown AwsUnavailable
throttled-at-first Unknown AwsUnavailable
aws-lost-while-serving True Ready
aws-lost-while-rolling-out False RollingOut
aws-lost-after-a-change True Ready
throttled-while-repairing True Ready
just-resumed - Suspended
suspending False Suspending
expiring False Suspending
suspended - Suspended
expired - Expired
suspended-from-the-start - Suspended
observing-before-creation - Observing
observing-while-serving - Observing
observing-a-conflict - Observing
deleting False Deleting
draining False Deleting
deletion-blocked False Blocked
deletion-without-platform False PlatformNotFound
endpoint-creating False Creating
endpoint-rolling-out False RollingOut
endpoint-rolling-back False RollingOut
changing-to-an-endpoint False RollingOut
endpoint-ready True Ready
endpoint-maintained-by-aws True Ready
endpoint-tags-changed-by-hand True Repairing
function-changed-by-hand False Repairing
endpoint-deleted-by-hand False Repairing
artifact-not-found False ArtifactNotFound
endpoint-config-not-found False EndpointConfigNotFound
invalid-handler False InvalidHandler
endpoint-failed False EndpointFailed
endpoint-rolled-back False RolloutFailed
function-failed False FunctionFailed
endpoint-suspending False Suspending
endpoint-suspended - Suspended
endpoint-going False Deleting
not-yet-seen - -
invalid-spec False InvalidSpec
"""


def test_columns_show_ready_and_its_reason() -> None:
    assert [columns(case) for case in CASES if case.item["kind"] == "ModelPOC"] == PRINTED.split("\n")[1:-1]


# files


def test_the_files_that_go_tests_read_are_current() -> None:
    have = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert have == files(CASES), f"write them anew: {REWRITE}"


def test_the_table_of_reasons_names_every_reason_once() -> None:
    lines = DOC.read_text().partition("## Reasons")[2].splitlines()
    named = [match[1] for line in lines if (match := re.match(r"\| `(\w+)` \|", line))]
    assert sorted(named) == sorted(Reason)
