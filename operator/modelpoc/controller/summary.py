"""An object as a whole, in one reason and one sentence: what hinders most speaks first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from modelpoc.api.conditions import ConditionStatus, ConditionType, Reason
from modelpoc.api.status import ModelPOCStatus
from modelpoc.controller.findings import Answer, Finding, Goal
from modelpoc.controller.motion import motion_reason, progress, still_answers, was_ready
from modelpoc.controller.remedies import blocked_reason, reason_of, remedy, with_cure
from modelpoc.controller.running import RUNS, wanted
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.errors import CloudError, NotYet, Stall
from modelpoc.reconcile.plan import Step, Verb

_SAYS_WHY = frozenset({"Endpoint", "Function"})
"""Kinds of which AWS tells the reason of a failure with their state."""


class Motion(Enum):
    """Whether an object is on its way, stuck, or where it should be."""

    DONE = "done"
    PROGRESS = "progress"
    STALLED = "stalled"


@dataclass(frozen=True)
class Summary:
    """The object as a whole, in one reason and one sentence."""

    motion: Motion
    reason: Reason
    message: str
    ready: bool | None = False
    """None: as before, and Unknown if it was never said."""
    at_rest: bool = False
    """Settled, and not meant to answer: Ready is not spoken of at all, because every tool that waits reads
    a False as "not yet" (kstatus: InProgress)."""


def summary(found: Finding, old: ModelPOCStatus) -> Summary:
    """The first of these that holds, from what hinders most to what hinders least."""
    for judge in (_trouble, _refused, _blocked, _stalled, _broken, _failing, _moving):
        if judged := judge(found, old):
            return judged
    return _settled(found)


def _trouble(found: Finding, old: ModelPOCStatus) -> Summary | None:
    """The pass could not be made. When AWS could not be asked, nothing is known to have changed."""
    if found.trouble is None:
        return None
    if isinstance(found.trouble, Stall):
        return _stuck([found.trouble])
    return Summary(Motion.PROGRESS, Reason.AWS_UNAVAILABLE, _by_itself([found.trouble]), ready=None)


def of_error(error: CloudError) -> tuple[Reason, str]:
    """One error in a reason and a sentence."""
    if isinstance(error, Stall):
        return (reason := reason_of(error.reason)), with_cure(reason, str(error))
    return Reason.AWS_UNAVAILABLE, _by_itself([error])


def _by_itself(errors: Sequence[CloudError]) -> str:
    return f"{_joined(errors)}; tried again by itself"


def _joined(errors: Sequence[CloudError]) -> str:
    return "; ".join(dict.fromkeys(map(str, errors)))


def _stuck(stalls: Sequence[Stall]) -> Summary:
    reason = reason_of(stalls[0].reason)
    return Summary(Motion.STALLED, reason, with_cure(reason, _joined(stalls)))


_PASSING = frozenset({Reason.PLATFORM_NOT_READY})
"""Refusals that end by themselves."""


def _refused(found: Finding, old: ModelPOCStatus) -> Summary | None:
    if not found.refusals:
        return None
    message = "; ".join(with_cure(r.reason, r.message) for r in found.refusals)
    reason = found.refusals[0].reason
    return Summary(Motion.PROGRESS if reason in _PASSING else Motion.STALLED, reason, message)


def _blocked(found: Finding, old: ModelPOCStatus) -> Summary | None:
    steps = found.outcome.plan.of(Verb.CONFLICT, Verb.MISSING) if found.outcome else ()
    if not steps or found.goal is Goal.OBSERVE:
        return None
    return Summary(Motion.STALLED, blocked_reason(steps[0]), "; ".join(dict.fromkeys(map(remedy, steps))))


def _errors(found: Finding) -> list[CloudError]:
    return list(found.outcome.errors.values()) if found.outcome else []


def _stalled(found: Finding, old: ModelPOCStatus) -> Summary | None:
    stalls = [e for e in _errors(found) if isinstance(e, Stall)]
    return _stuck(stalls) if stalls else None


def _broken(found: Finding, old: ModelPOCStatus) -> Summary | None:
    broken = found.outcome.plan.of(Verb.BROKEN) if found.outcome else ()
    if not broken or found.outcome is None or found.goal is Goal.OBSERVE:
        return None
    reason = reason_of(broken[0].reason)
    said = _said_before(found.outcome, broken[0], old)
    return Summary(Motion.STALLED, reason, said or with_cure(reason, _why_broken(found.outcome, broken)))


def _said_before(outcome: Outcome, step: Step, old: ModelPOCStatus) -> str | None:
    """What was said of the same failure, once AWS has forgotten the task that told (after an hour)."""
    stalled = old.condition(ConditionType.STALLED)
    if any(outcome.explained.values()) or stalled is None or stalled.status is not ConditionStatus.TRUE:
        return None
    failed = wanted(step) if step.kind in RUNS else None
    same = stalled.reason == step.reason and failed == old.failed_revision
    return stalled.message if same and failed else None


def _why_broken(outcome: Outcome, broken: Sequence[Step]) -> str:
    return "; ".join(_failure(step, outcome.explained.get(step.key, "")) for step in broken)


def _failure(step: Step, why: str) -> str:
    """What AWS gave up, and `why` as far as its own state does not say so already."""
    if not why and step.kind in _SAYS_WHY:
        return step.message
    return f"{step.message.rstrip('.')}: {why or 'AWS gives no reason'}"


def _failing(found: Finding, old: ModelPOCStatus) -> Summary | None:
    """Errors that pass. What was Ready stays so while nothing on the way of a request is touched."""
    errors = _errors(found)
    if not errors:
        return None
    answers = still_answers(found, old)
    if all(isinstance(e, NotYet) for e in errors):
        return Summary(Motion.PROGRESS, motion_reason(found, old), _joined(errors), ready=answers)
    known = found.goal is not Goal.RUN or (was_ready(old) and not answers)
    return Summary(
        Motion.PROGRESS, Reason.AWS_UNAVAILABLE, _by_itself(errors), ready=False if known else None
    )


def _moving(found: Finding, old: ModelPOCStatus) -> Summary | None:
    if found.goal is Goal.OBSERVE:
        return None
    reason = motion_reason(found, old)
    if found.outcome is None:
        return Summary(Motion.PROGRESS, reason, "not looked at yet")
    if found.outcome.plan.settled:
        return None
    words = progress(found.outcome.plan.steps)
    ready = reason is Reason.REPAIRING and still_answers(found, old)
    return Summary(Motion.PROGRESS, reason, words, ready=ready)


_RESTING = {
    Goal.SUSPEND: (
        Reason.SUSPENDED,
        "taken apart on request; `modelpoc apply`, or suspend: false, brings it back",
    ),
    Goal.EXPIRE: (Reason.EXPIRED, "its time ran out; raise ttl or expiresAt, or suspend and resume it"),
    Goal.OBSERVE: (
        Reason.OBSERVING,
        "only planned: see status.plan; without the annotation modelpoc.dev/mode it acts",
    ),
}


def _settled(found: Finding) -> Summary:
    if found.goal in _RESTING:
        reason, message = _RESTING[found.goal]
        return Summary(Motion.DONE, reason, message, at_rest=True)
    if found.goal is Goal.DELETE:
        return Summary(Motion.PROGRESS, Reason.DELETING, "all is gone")
    if found.placeholder:
        message = "the stand-in answers; set ecs.image once the real image is built"
        return Summary(Motion.DONE, Reason.PLACEHOLDER, message)
    return _answering(found)


def _answering(found: Finding) -> Summary:
    match found.probed.answer:
        case Answer.GOOD:
            url = found.urls.url if found.urls else "the public URL"
            return Summary(Motion.DONE, Reason.READY, f"{url} answers", ready=True)
        case Answer.BAD:
            return Summary(Motion.STALLED, Reason.PROBE_FAILED, found.probed.message)
        case _:
            return Summary(Motion.PROGRESS, Reason.PROBING, found.probed.message or "asking the public URL")
