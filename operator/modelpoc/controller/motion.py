"""What is under way, and whether the public URL goes on answering meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from modelpoc.api.conditions import ConditionStatus, ConditionType, Reason
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.status import ModelPOCStatus
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.running import MADE_OF, new_revision
from modelpoc.reconcile.plan import Step, Verb

GOING = {
    Goal.DELETE: Reason.DELETING,
    Goal.SUSPEND: Reason.SUSPENDING,
    Goal.EXPIRE: Reason.SUSPENDING,
}
_BEING_MADE = frozenset({Reason.CREATING, Reason.SUSPENDING, Reason.SUSPENDED, Reason.EXPIRED})
"""What is unsettled after these is still the first time, or the first time since a resume."""
_STEADY = frozenset({Reason.READY, Reason.PLACEHOLDER, Reason.PROBE_FAILED, Reason.REPAIRING})
"""What is unsettled after these, with the spec and the revision as they were, others brought about."""
_ASIDE = frozenset(
    {
        "LogGroup",
        "Secret",
        "ExistingSecret",
        "Parameter",
        "Artifact",
        *MADE_OF,
        "Alarm",
        "ScalableTarget",
        "ScalingPolicy",
        "ScheduledAction",
        "RouteSettings",
    }
)
"""What no request travels through."""
_HARMLESS = frozenset(
    {
        "tags",
        "mark",
        "grace_seconds",
        "rollback",
        "minimum_healthy",
        "maximum",
        "propagate_tags",
        "deregistration_delay",
    }
)
"""Fields of the others whose change by hand does not keep a request from its way."""


def motion_reason(found: Finding, old: ModelPOCStatus) -> Reason:
    """Which of creation, rollout, repair and teardown is under way."""
    if found.goal in GOING:
        return GOING[found.goal]
    if found.outcome is None or _first_time(old):
        return Reason.CREATING
    same = not spec_changed(found, old) and not new_revision(found.outcome.plan)
    return Reason.REPAIRING if same and old.reason in _STEADY else Reason.ROLLING_OUT


def _first_time(old: ModelPOCStatus) -> bool:
    return old.reason in _BEING_MADE or (old.revision is None and old.reason not in _STEADY)


def spec_changed(found: Finding, old: ModelPOCStatus) -> bool:
    """Whether Ready was last spoken of for an earlier spec."""
    ready = old.condition(ConditionType.READY)
    return ready is not None and ready.observed_generation < found.generation


def was_ready(old: ModelPOCStatus) -> bool:
    ready = old.condition(ConditionType.READY)
    return ready is not None and ready.status is ConditionStatus.TRUE


def gave_up(status: ModelPOCStatus) -> bool:
    """Whether AWS gave something up that it can be asked to try again as it is."""
    stalled = status.condition(ConditionType.STALLED)
    holds = stalled is not None and stalled.status is ConditionStatus.TRUE
    return status.failed_revision is not None or (holds and status.reason == Reason.FUNCTION_FAILED)


def changed_since(poc: ModelPOC) -> bool:
    """Whether the spec was changed since AWS gave something up: what did not come up may come up now.

    Not all that a rollout depends on makes another revision: a health check's path, say, or an alarm.
    """
    return gave_up(poc.status) and poc.status.observed_generation != poc.metadata.generation


def at_rest(status: ModelPOCStatus, generation: int) -> bool:
    """Whether nothing was under way or in need of anyone when this generation was last spoken of."""
    said = [status.condition(kind) for kind in (ConditionType.RECONCILING, ConditionType.STALLED)]
    return all(
        c is not None and c.status is ConditionStatus.FALSE and c.observed_generation == generation
        for c in said
    )


def still_answers(found: Finding, old: ModelPOCStatus) -> bool:
    """Whether it was Ready, and nothing that a request travels through is touched."""
    if found.outcome is None or found.goal is not Goal.RUN or not was_ready(old):
        return False
    if spec_changed(found, old) or new_revision(found.outcome.plan):
        return False
    return all(_passable(s) for s in found.outcome.plan.steps if s.kind not in _ASIDE and s.want)


def _passable(step: Step) -> bool:
    if step.have is None:
        return False
    if step.verb is Verb.WAIT:
        # AWS adds, takes away or restarts what runs of the same revision: as long as one does, it answers.
        return bool(step.have.attrs.get("running", step.have.attrs.get("serving")))
    return step.verb is Verb.KEEP or _harmless(step)


def _harmless(step: Step) -> bool:
    return step.verb is Verb.UPDATE and {change.field for change in step.changes} <= _HARMLESS


def progress(steps: Iterable[Step]) -> str:
    """What is still to be done or awaited, most telling first."""
    moving = [s for s in steps if s.verb is not Verb.KEEP]
    telling = [s for s in moving if s.message] or moving
    return "; ".join(f"{s.verb.value} {s.kind} {s.name}" + _reasons(s) for s in telling[:3])


def _reasons(step: Step) -> str:
    if step.message:
        return f" ({step.message})"
    return f" (after {', '.join(step.waits_for[:2])})" if step.waits_for else ""
