"""From one status to the next: what of it is news, and what is remembered of that. Pure.

What was told stands in `status.notified`, in the same write as the change that it tells of. So there is one
message for one transition, whatever happens to the operator between two passes; and what is not yet sent
stands there as well, until it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from modelpoc.api.conditions import Condition, ConditionStatus, ConditionType, Reason
from modelpoc.api.status import ModelPOCStatus, Notified, PendingNews
from modelpoc.desired.life import warned_at
from modelpoc.notify.wants import Kind, Wants

UNREADY_FOR = timedelta(minutes=15)
"""How long what served may not answer, for reasons that pass by themselves, until it has failed."""
PATIENCE = timedelta(seconds=10)
"""How long what needs someone must last to be told: a Secret that is applied a moment after the POC that
names it, or a path that another POC is just giving up, are no failures."""
CALM = timedelta(minutes=15)
"""How long what keeps failing and recovering must answer until it is told to have recovered."""
SOON = timedelta(hours=1)
"""A failure within this time after a recovery belongs to the same trouble."""
FLAPS = 2
"""So many failures of one trouble are told with their recoveries at once; later ones wait for calm."""
MOST_PENDING = 8

_FINAL = frozenset(
    {Reason.ROLLOUT_FAILED, Reason.ENDPOINT_FAILED, Reason.FUNCTION_FAILED, Reason.PROBE_FAILED}
)
"""What was tried for long before it was called failed; told at once."""
_BY_ITSELF = frozenset({Reason.REPAIRING, Reason.AWS_UNAVAILABLE})
_IN_REPAIR = frozenset({Reason.REPAIRING, Reason.AWS_UNAVAILABLE, Reason.PROBING, Reason.READY})


class State(StrEnum):
    """The states that news tell of; what is under way between two of them is none."""

    NEW = "New"
    SERVING = "Serving"
    FAILED = "Failed"
    SUSPENDED = "Suspended"
    EXPIRED = "Expired"


_RESTING = {Reason.SUSPENDED: State.SUSPENDED, Reason.EXPIRED: State.EXPIRED}
_AWAY = frozenset({*_RESTING, Reason.SUSPENDING, Reason.DELETING, Reason.OBSERVING})


@dataclass(frozen=True)
class _Turn:
    """Two statuses of one object, one after the other, and the moment of the second."""

    uid: str
    old: ModelPOCStatus
    new: ModelPOCStatus
    wants: Wants
    now: datetime


def noted(
    uid: str, old: ModelPOCStatus, new: ModelPOCStatus, wants: Wants | None, now: datetime
) -> Notified | None:
    """What `status.notified` should be beside `new`. It holds what is still to be sent.

    Gives `old.notified` itself when there is no news, so that a pass without a change writes nothing; what
    then could be remembered beside is left for a write that happens anyway (`remembered`).
    """
    if wants is None or not wants.to:
        return _without_pending(old.notified)
    turn = _Turn(uid, old, new, wants, now.replace(microsecond=0))
    before = old.notified or baseline(old)
    after = _warned(_moved(before, turn), turn)
    return old.notified if after == before else after


def remembered(old: ModelPOCStatus, wants: Wants | None) -> Notified | None:
    """What to write where a status is written anyway and nothing was ever told."""
    return old.notified or (baseline(old) if wants and wants.to else None)


def baseline(old: ModelPOCStatus) -> Notified:
    """What counts as told of a POC of which nothing is remembered: all that it is already."""
    generation = old.observed_generation
    if stalled := _true(old, ConditionType.STALLED):
        return Notified(state=State.FAILED, generation=generation, reasons=(stalled.reason,))
    if resting := _resting(old):
        return Notified(state=resting, generation=generation)
    if old.revision is None and not _true(old, ConditionType.READY):
        return Notified(state=State.NEW)
    same = old.reason in _IN_REPAIR
    return Notified(state=State.SERVING, generation=generation if same else generation - 1)


def _without_pending(before: Notified | None) -> Notified | None:
    if before is None or not before.pending:
        return before
    return before.model_copy(update={"pending": ()})


# states


def _moved(before: Notified, turn: _Turn) -> Notified:
    """After the state that `turn` came to, when it came to one."""
    if reason := _failure(before, turn):
        return _failed(before, turn, reason)
    if resting := _resting(turn.new):
        return _rested(before, turn, resting)
    return _served(before, turn) if _serves(turn.new) else before


def _failure(before: Notified, turn: _Turn) -> str | None:
    if stalled := _true(turn.new, ConditionType.STALLED):
        return None if _unripe(stalled, turn.now) else stalled.reason
    ready = turn.new.condition(ConditionType.READY)
    served = before.state == State.SERVING and before.generation == turn.new.observed_generation
    if ready is None or not served or ready.status is ConditionStatus.TRUE or ready.reason not in _BY_ITSELF:
        return None
    return ready.reason if turn.now - ready.last_transition_time >= UNREADY_FOR else None


def ripens_in(status: ModelPOCStatus, now: datetime) -> float | None:
    """Seconds until what `status` says becomes news by lasting; None when it does not."""
    stalled = _true(status, ConditionType.STALLED)
    if stalled is None or not _unripe(stalled, now):
        return None
    return max(0.0, (stalled.last_transition_time + PATIENCE - now).total_seconds()) + 1.0


def _unripe(stalled: Condition, now: datetime) -> bool:
    return stalled.reason not in _FINAL and now - stalled.last_transition_time < PATIENCE


def _failed(before: Notified, turn: _Turn, reason: str) -> Notified:
    generation = turn.new.observed_generation
    again = before.state == State.FAILED and before.generation == generation
    if again and reason in before.reasons:
        return before
    in_trouble = before.failures and before.since and turn.now - before.since < SOON
    counted = before.failures + 1 if in_trouble and before.state == State.SERVING else 1
    after = before.model_copy(
        update={
            "state": State.FAILED,
            "generation": generation,
            "since": turn.now,
            "reasons": (*before.reasons, reason) if again else (reason,),
            "failures": before.failures if again else counted,
        }
    )
    return _telling(after, Kind.FAILED, reason, turn)


def _rested(before: Notified, turn: _Turn, state: State) -> Notified:
    if before.state == state:
        return before
    after = _entered(before, state, turn)
    if before.state == State.NEW:  # created so: no change that anyone would miss
        return after
    kind = Kind.SUSPENDED if state is State.SUSPENDED else Kind.EXPIRED
    return _telling(after, kind, str(turn.new.reason), turn)


def _served(before: Notified, turn: _Turn) -> Notified:
    if before.state == State.FAILED:
        return before if _flaps(before, turn) else _recovered(before, turn)
    if before.state != State.SERVING:
        return _telling(_entered(before, State.SERVING, turn), Kind.SUCCEEDED, Reason.READY, turn)
    if before.generation == turn.new.observed_generation:
        return before
    after = before.model_copy(update={"generation": turn.new.observed_generation})
    if _true(turn.old, ConditionType.READY):  # a change that touched nothing
        return after
    entered = _entered(before, State.SERVING, turn)
    return _telling(entered, Kind.SUCCEEDED, Reason.READY, turn)


def _recovered(before: Notified, turn: _Turn) -> Notified:
    """Who wants no recoveries and made a change wants to know of its success."""
    after = _entered(before, State.SERVING, turn).model_copy(update={"failures": before.failures})
    changed = before.generation != turn.new.observed_generation
    kind = Kind.SUCCEEDED if changed and not turn.wants.includes(Kind.RECOVERED) else Kind.RECOVERED
    return _telling(after, kind, before.reasons[-1] if before.reasons else "", turn)


def _flaps(before: Notified, turn: _Turn) -> bool:
    """Whether it has failed and recovered so often of late that this recovery must last to be told."""
    ready = turn.new.condition(ConditionType.READY)
    if ready is None or before.failures <= FLAPS or before.generation != turn.new.observed_generation:
        return False
    return turn.now - ready.last_transition_time < CALM


def _entered(before: Notified, state: State, turn: _Turn) -> Notified:
    return before.model_copy(
        update={
            "state": state,
            "generation": turn.new.observed_generation,
            "since": turn.now,
            "reasons": (),
            "failures": 0,
        }
    )


# expiry


def _warned(before: Notified, turn: _Turn) -> Notified:
    """After a warning of the coming end, when it is time and this very end was not yet warned of."""
    new, ends = turn.new, turn.new.expires_at
    if ends is None or new.reason in _AWAY or ends == before.expiry or not turn.wants.includes(Kind.EXPIRING):
        return before
    if not warned_at(new.resumed_at, ends, turn.wants.lead) <= turn.now < ends:
        return before
    return _telling(before.model_copy(update={"expiry": ends}), Kind.EXPIRING, str(new.reason), turn)


# helpers


def _telling(after: Notified, kind: Kind, reason: str, turn: _Turn) -> Notified:
    if not turn.wants.includes(kind):
        return after
    moment = turn.now.strftime("%Y%m%dT%H%M%SZ")
    news = PendingNews(
        id=f"{turn.uid}.{turn.new.observed_generation}.{kind}.{moment}",
        event=kind,
        reason=str(reason),
        at=turn.now,
        to=turn.wants.to,
    )
    return after.model_copy(update={"pending": (*after.pending, news)[-MOST_PENDING:]})


def _serves(status: ModelPOCStatus) -> bool:
    """Whether it answers as its present spec asks."""
    ready = _true(status, ConditionType.READY)
    return ready is not None and ready.observed_generation == status.observed_generation


def _resting(status: ModelPOCStatus) -> State | None:
    return next((state for reason, state in _RESTING.items() if status.reason == reason), None)


def _true(status: ModelPOCStatus, kind: ConditionType) -> Condition | None:
    condition = status.condition(kind)
    return condition if condition and condition.status is ConditionStatus.TRUE else None
