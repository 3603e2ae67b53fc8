"""From what a pass found to conditions: the one table, as code. Pure.

`docs/conditions.md` shows the same table to people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from modelpoc.api.conditions import ConditionStatus, ConditionType, Reason, Verdict
from modelpoc.api.status import ModelPOCStatus
from modelpoc.controller.findings import Answer, Finding, Goal
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.errors import CloudError, NotYet, Stall
from modelpoc.reconcile.plan import WRITES, Step, Verb

SECRETS = frozenset({"Secret", "ExistingSecret", "Parameter"})
ROUTING = frozenset({"ListenerRule", "Route", "RouteSettings"})
_ROLLING = frozenset({"TaskDefinition", "Service"})


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
    ready: bool = False
    at_rest: bool = False
    """Settled, and not meant to answer: Ready is not spoken of at all, because every tool that waits reads
    a False as "not yet" (kstatus: InProgress)."""
    as_before: bool = False
    """What was said of everything but the motion still holds."""


def summary(found: Finding, old: ModelPOCStatus) -> Summary:
    """The first of these that holds, from what hinders most to what hinders least."""
    for judge in (_passing, _trouble, _refused, _blocked, _stalled, _broken, _failing, _moving):
        if judged := judge(found, old):
            return judged
    return _settled(found)


def _passing(found: Finding, old: ModelPOCStatus) -> Summary | None:
    """AWS could not be asked: nothing is known to have changed."""
    if not found.trouble or isinstance(found.trouble, Stall):
        return None
    return replace(_of_error(found.trouble), as_before=bool(old.conditions))


def _trouble(found: Finding, old: ModelPOCStatus) -> Summary | None:
    return _of_error(found.trouble) if found.trouble else None


def _of_error(error: CloudError) -> Summary:
    if isinstance(error, Stall):
        return Summary(Motion.STALLED, reason_of(error.reason), str(error))
    return Summary(Motion.PROGRESS, Reason.AWS_UNAVAILABLE, f"{error}; tried again by itself")


def reason_of(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError:
        return Reason.INVALID_SPEC


def _refused(found: Finding, old: ModelPOCStatus) -> Summary | None:
    if not found.refusals:
        return None
    message = "; ".join(r.message for r in found.refusals)
    reason = found.refusals[0].reason
    return Summary(Motion.PROGRESS if reason in _PASSING else Motion.STALLED, reason, message)


_PASSING = frozenset({Reason.PLATFORM_NOT_READY})
"""Refusals that end by themselves."""


_MISSING = {"ExistingSecret": Reason.SECRET_NOT_FOUND, "Parameter": Reason.SECRET_NOT_FOUND}


def _blocked(found: Finding, old: ModelPOCStatus) -> Summary | None:
    steps = found.outcome.plan.of(Verb.CONFLICT, Verb.MISSING) if found.outcome else ()
    if not steps or found.goal is Goal.OBSERVE:
        return None
    message = "; ".join(dict.fromkeys(_remedy(s) for s in steps))
    return Summary(Motion.STALLED, blocked_reason(steps[0]), message)


def blocked_reason(step: Step) -> Reason:
    if step.verb is Verb.MISSING:
        return _MISSING.get(step.kind, Reason.INVALID_SPEC)
    return reason_of(step.reason)


_REMEDIES = {
    Reason.ROUTE_CONFLICT: "choose another route.path, or delete what holds it",
    Reason.PRIORITY_CONFLICT: "choose another route.priority, or leave it out to get a free one",
    Reason.OWNED_BY_OTHER: "rename the POC, or delete what holds the name",
    Reason.SECRET_NOT_FOUND: "create it, or correct the name",
}


def _remedy(step: Step) -> str:
    cure = _REMEDIES.get(blocked_reason(step))
    return f"{step.message}: {cure}" if cure else step.message


def _errors(found: Finding) -> list[CloudError]:
    return list(found.outcome.errors.values()) if found.outcome else []


def _stalled(found: Finding, old: ModelPOCStatus) -> Summary | None:
    stalls = [e for e in _errors(found) if isinstance(e, Stall)]
    if not stalls:
        return None
    reason = reason_of(stalls[0].reason)
    return Summary(Motion.STALLED, reason, "; ".join(dict.fromkeys(map(str, stalls))))


def _broken(found: Finding, old: ModelPOCStatus) -> Summary | None:
    broken = found.outcome.plan.of(Verb.BROKEN) if found.outcome else ()
    if not broken:
        return None
    return Summary(Motion.STALLED, reason_of(broken[0].reason), _why_broken(found.outcome, broken))


def _why_broken(outcome: Outcome | None, broken: tuple[Step, ...]) -> str:
    explained = outcome.explained if outcome else {}
    parts = [f"{s.message.rstrip('.')}: {explained.get(s.key) or 'AWS gives no reason'}" for s in broken]
    return "; ".join(parts) + ". Correct the spec to try again"


def _failing(found: Finding, old: ModelPOCStatus) -> Summary | None:
    errors = _errors(found)
    if not errors:
        return None
    message = "; ".join(dict.fromkeys(map(str, errors)))
    if all(isinstance(e, NotYet) for e in errors):
        return Summary(Motion.PROGRESS, _motion_reason(found, old), message)
    return Summary(Motion.PROGRESS, Reason.AWS_UNAVAILABLE, f"{message}; tried again by itself")


_GOING = {
    Goal.DELETE: Reason.DELETING,
    Goal.SUSPEND: Reason.SUSPENDING,
    Goal.EXPIRE: Reason.SUSPENDING,
}


def _moving(found: Finding, old: ModelPOCStatus) -> Summary | None:
    if found.goal is Goal.OBSERVE:
        return None
    if found.outcome is None:
        return Summary(Motion.PROGRESS, _GOING.get(found.goal, Reason.CREATING), "not looked at yet")
    if found.outcome.plan.settled:
        return None
    reason = _motion_reason(found, old)
    return Summary(Motion.PROGRESS, reason, progress(found.outcome.plan.steps), ready=_repaired(reason, old))


def _repaired(reason: Reason, old: ModelPOCStatus) -> bool:
    """While only being repaired it stays as ready as it was seen to be."""
    ready = old.condition(ConditionType.READY)
    return reason is Reason.REPAIRING and ready is not None and ready.status is ConditionStatus.TRUE


def _motion_reason(found: Finding, old: ModelPOCStatus) -> Reason:
    if found.goal in _GOING:
        return _GOING[found.goal]
    if old.revision is None or found.outcome is None:
        return Reason.CREATING
    steps = found.outcome.plan.steps
    rolling = any(s.kind in _ROLLING and s.want and s.verb is not Verb.KEEP for s in steps)
    return Reason.ROLLING_OUT if rolling else Reason.REPAIRING


def progress(steps: Iterable[Step]) -> str:
    """What is still to be done or awaited, most telling first."""
    moving = [s for s in steps if s.verb is not Verb.KEEP]
    telling = [s for s in moving if s.message] or moving
    return "; ".join(f"{s.verb.value} {s.kind} {s.name}" + _reasons(s) for s in telling[:3])


def _reasons(step: Step) -> str:
    if step.message:
        return f" ({step.message})"
    return f" (after {', '.join(step.waits_for[:2])})" if step.waits_for else ""


def _settled(found: Finding) -> Summary:
    match found.goal:
        case Goal.SUSPEND:
            return _resting(Reason.SUSPENDED, "taken apart on request; set suspend: false to bring it back")
        case Goal.EXPIRE:
            return _resting(
                Reason.EXPIRED, "its time ran out; raise ttl or expiresAt, or suspend and resume it"
            )
        case Goal.OBSERVE:
            return _resting(
                Reason.OBSERVING, "only planned: see status.plan; without modelpoc.dev/mode it acts"
            )
        case Goal.DELETE:
            return Summary(Motion.PROGRESS, Reason.DELETING, "all is gone")
    if found.placeholder:
        message = "the stand-in answers; set ecs.image once the real image is built"
        return Summary(Motion.DONE, Reason.PLACEHOLDER, message)
    return _answering(found)


def _resting(reason: Reason, message: str) -> Summary:
    return Summary(Motion.DONE, reason, message, at_rest=True)


def _answering(found: Finding) -> Summary:
    match found.probed.answer:
        case Answer.GOOD:
            url = found.urls.url if found.urls else ""
            return Summary(Motion.DONE, Reason.READY, f"{url} answers", ready=True)
        case Answer.BAD:
            return Summary(Motion.STALLED, Reason.PROBE_FAILED, found.probed.message)
        case _:
            return Summary(Motion.PROGRESS, Reason.PROBING, found.probed.message or "asking the public URL")


# Conditions


def verdicts(found: Finding, old: ModelPOCStatus, serving: str | None) -> list[Verdict]:
    """All conditions after a pass. `serving` is the revision that answers, None when none does.

    Ready is left out for an object at rest, everything but the motion where it is as before.
    """
    whole = summary(found, old)
    motion = [
        _verdict(ConditionType.RECONCILING, whole.motion is Motion.PROGRESS, whole),
        _verdict(ConditionType.STALLED, whole.motion is Motion.STALLED, whole),
    ]
    if whole.as_before:
        return motion
    details = [
        _detail(ConditionType.SECRETS_READY, found, whole, SECRETS),
        _deployed(found, whole),
        _routed(found, whole, serving),
    ]
    ready = [] if whole.at_rest else [_verdict(ConditionType.READY, whole.ready, whole)]
    return [*ready, *motion, *details]


def _verdict(kind: ConditionType, holds: bool, whole: Summary) -> Verdict:
    return Verdict(
        kind, ConditionStatus.TRUE if holds else ConditionStatus.FALSE, whole.reason, whole.message
    )


def _steps(found: Finding, kinds: frozenset[str]) -> list[Step]:
    return [s for s in found.outcome.plan.steps if s.kind in kinds and s.want] if found.outcome else []


def _detail(kind: ConditionType, found: Finding, whole: Summary, kinds: frozenset[str]) -> Verdict:
    """True when every wanted resource of these kinds is as it should be."""
    if found.outcome is None and whole.motion is not Motion.DONE:
        return Verdict(kind, ConditionStatus.UNKNOWN, whole.reason, whole.message)
    return _worst(kind, _steps(found, kinds), found, whole)


def _worst(kind: ConditionType, steps: list[Step], found: Finding, whole: Summary) -> Verdict:
    for step in steps:
        error = found.outcome.errors.get(step.key) if found.outcome else None
        if error:
            judged = _of_error(error)
            return Verdict(kind, ConditionStatus.FALSE, judged.reason, judged.message)
        if step.verb in (Verb.CONFLICT, Verb.MISSING):
            return Verdict(kind, ConditionStatus.FALSE, blocked_reason(step), _remedy(step))
        if step.verb in WRITES or step.verb in (Verb.WAIT, Verb.BROKEN):
            return Verdict(kind, ConditionStatus.FALSE, whole.reason, step.message or progress([step]))
    return Verdict(kind, ConditionStatus.TRUE, Reason.READY, "")


def _all_kinds(found: Finding) -> frozenset[str]:
    steps = found.outcome.plan.steps if found.outcome else ()
    return frozenset(s.kind for s in steps) - SECRETS - ROUTING


def _deployed(found: Finding, whole: Summary) -> Verdict:
    if whole.at_rest or found.goal in _GOING:
        return _verdict(ConditionType.DEPLOYED, False, whole)
    return _detail(ConditionType.DEPLOYED, found, whole, _all_kinds(found))


def _routed(found: Finding, whole: Summary, serving: str | None) -> Verdict:
    if whole.at_rest or found.goal in _GOING:
        return _verdict(ConditionType.ROUTED, False, whole)
    routed = _detail(ConditionType.ROUTED, found, whole, ROUTING)
    if routed.status is ConditionStatus.TRUE and serving is None:
        return _verdict(ConditionType.ROUTED, False, whole)
    return routed
