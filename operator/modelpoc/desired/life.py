"""How long a POC lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from modelpoc.api.meta import duration
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC


class Life(Enum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Lifetime:
    """What the spec and the clock make of a POC. `resumed_at` starts anew with each resume."""

    life: Life
    resumed_at: datetime | None
    expires_at: datetime | None
    warned_at: datetime | None = None
    """When its coming end is told; None where the platform tells nobody anything."""


def lifetime(poc: ModelPOC, platform: ModelPlatform, now: datetime) -> Lifetime:
    """Whether it should run now, and until when. Derived each time, never written into the spec."""
    if poc.spec.suspend:
        return Lifetime(Life.SUSPENDED, None, None)
    resumed = poc.status.resumed_at or now.replace(microsecond=0)
    expires = _expiry(poc, platform, resumed)
    life = Life.EXPIRED if expires and now >= expires else Life.ACTIVE
    told = platform.spec.notifications
    warned = warned_at(resumed, expires, duration(told.expiry_warning)) if told and expires else None
    return Lifetime(life, resumed, expires, warned)


def warned_at(resumed: datetime | None, expires: datetime, lead: timedelta) -> datetime:
    """When a coming end is told: `lead` before it, but not before three quarters of the life are over."""
    return expires - (min(lead, (expires - resumed) / 4) if resumed else lead)


def _expiry(poc: ModelPOC, platform: ModelPlatform, resumed: datetime) -> datetime | None:
    if poc.spec.expires_at:
        return poc.spec.expires_at
    length: timedelta | None = poc.spec.lifetime
    if length is None and platform.spec.defaults.ttl:
        length = duration(platform.spec.defaults.ttl)
    return resumed + length if length else None
