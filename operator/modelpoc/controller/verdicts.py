"""From what a pass found to conditions: the one table, as code. Pure.

`docs/conditions.md` shows the same table to people.
"""

from __future__ import annotations

from collections.abc import Iterable

from modelpoc.api.conditions import Condition, ConditionStatus, ConditionType, Reason, Verdict
from modelpoc.api.status import ModelPOCStatus
from modelpoc.controller.findings import Finding
from modelpoc.controller.motion import GOING, progress
from modelpoc.controller.remedies import blocked_reason, remedy
from modelpoc.controller.summary import Motion, Summary, of_error, summary
from modelpoc.reconcile.errors import NotYet
from modelpoc.reconcile.plan import WRITES, Step, Verb

SECRETS = frozenset({"Secret", "ExistingSecret", "Parameter"})
ROUTING = frozenset({"ListenerRule", "Integration", "Route", "RouteSettings"})
_OF_SECRETS = frozenset({Reason.SECRET_NOT_FOUND, Reason.SECRET_NOT_ALLOWED})


def verdicts(found: Finding, old: ModelPOCStatus, serving: str | None) -> list[Verdict]:
    """All conditions after a pass. `serving` is the revision that answers, None when none does.

    What is left out stays as it was: see `kept` for what does not.
    """
    whole = summary(found, old)
    known = {condition.type for condition in old.conditions}
    details = [
        _secrets(found, whole, known),
        _deployed(found, whole, known),
        _routed(found, whole, serving, known),
    ]
    return [*whole_verdicts(whole, old.conditions), *(d for d in details if d)]


def whole_verdicts(whole: Summary, old: Iterable[Condition]) -> list[Verdict]:
    """Ready, Reconciling and Stalled. Ready is left out for an object at rest, and where it is as before."""
    motion = [
        _verdict(ConditionType.RECONCILING, whole.motion is Motion.PROGRESS, whole),
        _verdict(ConditionType.STALLED, whole.motion is Motion.STALLED, whole),
    ]
    if whole.at_rest:
        return motion
    if whole.ready is not None:
        return [_verdict(ConditionType.READY, whole.ready, whole), *motion]
    return motion if any(True for _ in old) else [_unknown(ConditionType.READY, whole), *motion]


def kept(old: Iterable[Condition], whole: Summary) -> list[Condition]:
    """What was said before and is not taken back: of an object at rest, Ready is."""
    return [c for c in old if not (whole.at_rest and c.type == ConditionType.READY)]


def _verdict(kind: ConditionType, holds: bool, whole: Summary) -> Verdict:
    status = ConditionStatus.TRUE if holds else ConditionStatus.FALSE
    return Verdict(kind, status, whole.reason, whole.message)


def _unknown(kind: ConditionType, whole: Summary) -> Verdict:
    return Verdict(kind, ConditionStatus.UNKNOWN, whole.reason, whole.message)


# Details: None where it is as before


def _secrets(found: Finding, whole: Summary, known: set[str]) -> Verdict | None:
    if found.outcome is None and whole.reason in _OF_SECRETS:
        return _verdict(ConditionType.SECRETS_READY, False, whole)
    return _detail(ConditionType.SECRETS_READY, found, whole, SECRETS, known)


def _deployed(found: Finding, whole: Summary, known: set[str]) -> Verdict | None:
    if _taken_apart(found):
        return _verdict(ConditionType.DEPLOYED, False, whole)
    return _detail(ConditionType.DEPLOYED, found, whole, _all_kinds(found), known)


def _routed(found: Finding, whole: Summary, serving: str | None, known: set[str]) -> Verdict | None:
    if _taken_apart(found):
        return _verdict(ConditionType.ROUTED, False, whole)
    routed = _detail(ConditionType.ROUTED, found, whole, ROUTING, known)
    if routed and routed.status is ConditionStatus.TRUE and serving is None:
        return Verdict(ConditionType.ROUTED, ConditionStatus.FALSE, whole.reason, _nothing_serves(whole))
    return routed


def _nothing_serves(whole: Summary) -> str:
    return f"no revision answers yet: {whole.message}"


def _taken_apart(found: Finding) -> bool:
    return found.goal in GOING and found.outcome is not None


def _all_kinds(found: Finding) -> frozenset[str]:
    steps = found.outcome.plan.steps if found.outcome else ()
    return frozenset(s.kind for s in steps) - SECRETS - ROUTING


def _detail(
    kind: ConditionType, found: Finding, whole: Summary, kinds: frozenset[str], known: set[str]
) -> Verdict | None:
    """True when every wanted resource of these kinds is as it should be."""
    if found.outcome is None:
        return None if kind.value in known else _unknown(kind, whole)
    wanted = (s for s in found.outcome.plan.steps if s.kind in kinds and s.want)
    problems = (_problem(kind, step, found, whole) for step in wanted)
    return next((p for p in problems if p), Verdict(kind, ConditionStatus.TRUE, Reason.READY))


def _problem(kind: ConditionType, step: Step, found: Finding, whole: Summary) -> Verdict | None:
    error = found.outcome.errors.get(step.key) if found.outcome else None
    if isinstance(error, NotYet):
        return Verdict(kind, ConditionStatus.FALSE, whole.reason, str(error))
    if error:
        return Verdict(kind, ConditionStatus.FALSE, *of_error(error))
    if step.verb in (Verb.CONFLICT, Verb.MISSING):
        return Verdict(kind, ConditionStatus.FALSE, blocked_reason(step), remedy(step))
    if step.verb in WRITES or step.verb in (Verb.WAIT, Verb.BROKEN):
        return Verdict(kind, ConditionStatus.FALSE, whole.reason, _told(step, whole))
    return None


def _told(step: Step, whole: Summary) -> str:
    """Of what AWS gave up on, the whole story with the log lines; of the rest, its own."""
    if step.verb is Verb.BROKEN and whole.motion is Motion.STALLED:
        return whole.message
    return step.message or progress([step])
