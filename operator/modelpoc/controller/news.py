"""What changed from one status to the next, as events: one for a change, none for a pass without one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from modelpoc.api.conditions import Condition, ConditionStatus, ConditionType
from modelpoc.api.status import ModelPlatformStatus, ModelPOCStatus
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.plan import Verb

Status = ModelPOCStatus | ModelPlatformStatus


@dataclass(frozen=True)
class News:
    """One event: its reason is PascalCase, its message one sentence."""

    reason: str
    message: str
    warning: bool = False


_DONE = {
    Verb.CREATE: "Created",
    Verb.UPDATE: "Updated",
    Verb.DELETE: "Deleted",
    Verb.REPLACE: "Deleted",  # the creation that follows is told as such
}


def of_work(outcome: Outcome) -> list[News]:
    """What was written to AWS, told in one event for each kind of work."""
    done: dict[str, list[str]] = defaultdict(list)
    for step in outcome.done:
        done[_DONE[step.verb]].append(f"{step.kind} {step.name}" + _fields(step.changes))
    return [News(reason, ", ".join(names)) for reason, names in done.items()]


def _fields(changes: tuple[object, ...]) -> str:
    names = [getattr(change, "field", "") for change in changes]
    return f" ({', '.join(names)})" if names else ""


def of_status(old: Status, new: Status) -> list[News]:
    """A turn for the better, for the worse, or to another way of being at rest."""
    before, after = _state(old), _state(new)
    if before == after:
        return []
    word, message, warning = after[0], _message(new), after[1]
    return [News(word, message, warning)] if word else []


def _state(status: Status) -> tuple[str, bool]:
    """(reason, whether it is bad), in short."""
    stalled = status.condition(ConditionType.STALLED)
    if _true(stalled):
        assert stalled is not None
        return stalled.reason, True
    chief = status.condition(ConditionType.READY) or status.condition(ConditionType.RECONCILING)
    return (chief.reason if chief else ""), False


def _true(condition: Condition | None) -> bool:
    return condition is not None and condition.status is ConditionStatus.TRUE


def _message(status: Status) -> str:
    for kind in (ConditionType.STALLED, ConditionType.READY, ConditionType.RECONCILING):
        condition = status.condition(kind)
        if condition and (kind is not ConditionType.STALLED or _true(condition)):
            return condition.message
    return ""
