"""How long a POC lives, and from when it is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.desired.specs import platform, poc

from modelpoc.desired.life import Life, lifetime

pytestmark = pytest.mark.unit

NOW = datetime(2027, 1, 1, 12, 0, 0, 5, tzinfo=UTC)
START = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)


def test_without_a_limit_it_lives_for_ever() -> None:
    found = lifetime(poc(), platform(), NOW)
    assert (found.life, found.expires_at) == (Life.ACTIVE, None)


def test_a_ttl_is_counted_from_the_first_sight() -> None:
    found = lifetime(poc(ttl="2h"), platform(), NOW)
    assert (found.life, found.resumed_at, found.expires_at) == (
        Life.ACTIVE,
        START,
        START + timedelta(hours=2),
    )


@pytest.mark.parametrize(("minutes", "life"), [(119, Life.ACTIVE), (120, Life.EXPIRED)])
def test_it_ends_to_the_minute(minutes: int, life: Life) -> None:
    one = poc(ttl="2h", status={"resumedAt": START.isoformat()})
    assert lifetime(one, platform(), START + timedelta(minutes=minutes)).life is life


def test_the_platforms_ttl_holds_where_the_poc_says_nothing() -> None:
    default = platform(defaults={"ttl": "1d"})
    assert lifetime(poc(), default, NOW).expires_at == START + timedelta(days=1)
    assert lifetime(poc(ttl="2h"), default, NOW).expires_at == START + timedelta(hours=2)
    until = "2027-06-01T00:00:00Z"
    assert lifetime(poc(expiresAt=until), default, NOW).expires_at == datetime(2027, 6, 1, tzinfo=UTC)


def test_a_day_in_the_past_is_the_end_at_once() -> None:
    assert lifetime(poc(expiresAt="2026-06-01T00:00:00Z"), platform(), NOW).life is Life.EXPIRED


def test_suspended_it_does_not_age_and_a_resume_counts_anew() -> None:
    old = {"resumedAt": "2026-01-01T00:00:00Z"}
    suspended = lifetime(poc(ttl="2h", suspend=True, status=old), platform(), NOW)
    assert (suspended.life, suspended.resumed_at, suspended.expires_at) == (Life.SUSPENDED, None, None)
    assert lifetime(poc(ttl="2h"), platform(), NOW).life is Life.ACTIVE
