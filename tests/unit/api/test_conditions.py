"""Conditions: time moves only with status, and Reconciling and Stalled exclude each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpoc.api.conditions import (
    MESSAGE_LIMIT,
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    Verdict,
    set_conditions,
)
from modelpoc.api.modelpoc import ModelPOCStatus

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE
READY, RECONCILING, STALLED = ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED


def _ready(status: ConditionStatus, reason: Reason = Reason.CREATING, message: str = "") -> Verdict:
    return Verdict(READY, status, reason, message)


def test_time_moves_only_with_status() -> None:
    first = set_conditions((), [_ready(FALSE)], NOW, 1)
    second = set_conditions(first, [_ready(FALSE, Reason.PROBE_FAILED, "503")], LATER, 2)
    third = set_conditions(second, [_ready(TRUE, Reason.READY)], LATER, 2)
    assert first[0].last_transition_time == second[0].last_transition_time == NOW.replace(microsecond=0)
    assert (second[0].reason, second[0].message, second[0].observed_generation) == ("ProbeFailed", "503", 2)
    assert third[0].last_transition_time == LATER.replace(microsecond=0)


def test_saying_the_same_again_changes_nothing() -> None:
    first = set_conditions((), [_ready(FALSE), Verdict(STALLED, TRUE, Reason.ROLLOUT_FAILED)], NOW, 1)
    again = set_conditions(first, [Verdict(STALLED, TRUE, Reason.ROLLOUT_FAILED), _ready(FALSE)], LATER, 1)
    assert again == first


def test_what_is_not_said_stays() -> None:
    first = set_conditions((), [Verdict(ConditionType.ROUTED, TRUE, Reason.READY)], NOW, 1)
    second = set_conditions(first, [_ready(FALSE)], LATER, 2)
    assert [condition.type for condition in second] == ["Ready", "Routed"]
    assert second[1] == first[0]


def test_without_ready_the_reason_is_that_of_reconciling() -> None:
    first = set_conditions(
        (), [_ready(TRUE, Reason.READY), Verdict(RECONCILING, FALSE, Reason.READY)], NOW, 1
    )
    assert ModelPOCStatus(conditions=first).to_dict()["reason"] == "Ready"
    suspended = [Verdict(RECONCILING, FALSE, Reason.SUSPENDED, "set suspend: false to bring it back")]
    second = set_conditions(first[1:], suspended, LATER, 2)
    assert [condition.type for condition in second] == ["Reconciling"]
    assert ModelPOCStatus(conditions=second).to_patch()["reason"] == "Suspended"


def test_stalled_ends_reconciling_and_the_other_way_round() -> None:
    first = set_conditions((), [Verdict(RECONCILING, TRUE, Reason.ROLLING_OUT)], NOW, 1)
    second = set_conditions(first, [Verdict(STALLED, TRUE, Reason.ROLLOUT_FAILED)], LATER, 1)
    assert _statuses(second) == {RECONCILING: FALSE, STALLED: TRUE}
    third = set_conditions(second, [Verdict(RECONCILING, TRUE, Reason.CREATING)], LATER, 2)
    assert _statuses(third) == {RECONCILING: TRUE, STALLED: FALSE}


def test_both_at_once_is_a_mistake_of_ours() -> None:
    both = [Verdict(RECONCILING, TRUE, Reason.CREATING), Verdict(STALLED, TRUE, Reason.INVALID_SPEC)]
    with pytest.raises(ValueError, match="exclude each other"):
        set_conditions((), both, NOW, 1)


def test_a_long_message_keeps_its_beginning_and_end() -> None:
    text = "exit code 1: " + "x" * 20_000 + " the last line"
    message = set_conditions((), [_ready(FALSE, Reason.ROLLOUT_FAILED, text)], NOW, 1)[0].message
    assert len(message) == MESSAGE_LIMIT
    assert message.startswith("exit code 1: ")
    assert message.endswith(" the last line")


def test_conditions_come_back_from_the_api_server_unchanged() -> None:
    (condition,) = set_conditions((), [_ready(FALSE)], NOW, 7)
    assert condition.to_dict()["lastTransitionTime"] == "2026-11-22T10:00:00Z"
    assert Condition.model_validate(condition.to_dict()) == condition


VERDICTS = st.lists(
    st.builds(
        Verdict, st.sampled_from(ConditionType), st.sampled_from(ConditionStatus), st.sampled_from(Reason)
    ),
    max_size=6,
    unique_by=lambda verdict: verdict.type,
).filter(lambda verdicts: sum(v.type in (RECONCILING, STALLED) and v.status is TRUE for v in verdicts) < 2)


@given(st.lists(VERDICTS, max_size=5))
def test_never_both_after_any_history(history: list[list[Verdict]]) -> None:
    conditions: tuple[Condition, ...] = ()
    for verdicts in history:
        conditions = set_conditions(conditions, verdicts, NOW, 1)
        statuses = _statuses(conditions)
        assert (statuses.get(RECONCILING), statuses.get(STALLED)) != (TRUE, TRUE)
        assert [c.type for c in conditions] == [t for t in ConditionType if t in {c.type for c in conditions}]


def test_every_reason_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "conditions.md").read_text(encoding="utf-8")
    missing = [reason.value for reason in Reason if f"`{reason.value}`" not in page]
    assert not missing


def _statuses(conditions: tuple[Condition, ...]) -> dict[ConditionType, ConditionStatus]:
    return {ConditionType(condition.type): condition.status for condition in conditions}
