"""When an object is looked at next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelpoc.controller.findings import Answer, Finding, Goal
from modelpoc.controller.poc_status import is_undone
from modelpoc.controller.settings import Settings
from modelpoc.reconcile.errors import CloudError, Stall


@dataclass(frozen=True)
class Next:
    """When to come back: after `seconds`, or by backoff when something failed in passing."""

    seconds: float | None
    """None: only when something wakes it."""
    failed: bool = False


def next_look(found: Finding, settings: Settings, now: datetime, deep_in: float) -> Next:
    """Soon while AWS is at work, by backoff after trouble, rarely when it is hopeless or all is well.

    `deep_in`: seconds until its next deep resync.
    """
    soonest = _until_its_time(found, now)
    if errors := errors_of(found):
        return _after_errors(errors, settings, soonest)
    if found.refusals or found.outcome is None:
        return Next(min(settings.stalled_retry, soonest))
    if found.outcome.in_progress:
        return Next(min(settings.poll, soonest))
    if found.probed.answer is Answer.WAITING:
        return Next(min(2.0, settings.poll))
    return Next(min(settings.fast_resync, soonest, deep_in + 0.1))


def errors_of(found: Finding) -> list[CloudError]:
    if found.trouble:
        return [found.trouble]
    return list(found.outcome.errors.values()) if found.outcome else []


def _after_errors(errors: list[CloudError], settings: Settings, soonest: float) -> Next:
    if any(is_undone(e) for e in errors):
        return Next(settings.poll)  # remembered by now: the next pass asks AWS why
    if all(isinstance(e, Stall) for e in errors):
        return Next(min(settings.stalled_retry, soonest))
    return Next(None, failed=True)


def _until_its_time(found: Finding, now: datetime) -> float:
    """Until its end, or until that is to be told, whichever comes first."""
    lived = found.lived
    if lived is None or lived.expires_at is None or found.goal is not Goal.RUN:
        return float("inf")
    warned = lived.warned_at
    moment = warned if warned and warned > now else lived.expires_at
    return max(0.1, (moment - now).total_seconds())
