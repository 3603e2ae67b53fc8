"""Schedules of scheduled actions, as AWS writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from localcloud.aws.autoscaling import schedule

pytestmark = pytest.mark.unit

CREATED = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(expression: str, moment: datetime, timezone: str | None = None) -> bool:
    """Whether it fires in the 30 seconds up to `moment`."""
    return schedule.parse(expression, timezone, CREATED).fires(moment - timedelta(seconds=30), moment)


@pytest.mark.parametrize(
    ("expression", "moment"),
    [
        ("at(2026-11-22T08:00:00)", "2026-11-22T08:00:10"),
        ("rate(5 minutes)", "2026-11-22T08:05:00"),
        ("rate(1 day)", "2026-11-22T00:00:01"),
        ("cron(0 8 * * ? *)", "2026-11-22T08:00:00"),
        ("cron(0/15 8-18 ? * MON-FRI *)", "2026-11-23T17:45:10"),
        ("cron(30 6 1,22 * ? *)", "2026-11-22T06:30:00"),
        ("cron(0 0 L * ? *)", "2026-11-30T00:00:00"),
        ("cron(0 0 ? * 1#4 *)", "2026-11-22T00:00:00"),
        ("cron(0 0 ? NOV SUN 2026)", "2026-11-22T00:00:00"),
        ("cron(5 * * * ? 2025-2027)", "2026-11-22T13:05:20"),
    ],
)
def test_fires_when_due(expression: str, moment: str) -> None:
    assert fires(expression, at(moment))


@pytest.mark.parametrize(
    ("expression", "moment"),
    [
        ("at(2026-11-22T08:00:00)", "2026-11-22T08:01:00"),
        ("at(2026-11-22T08:00:00)", "2026-11-22T07:59:59"),
        ("rate(5 minutes)", "2026-11-22T08:04:00"),
        ("cron(0 8 * * ? *)", "2026-11-22T09:00:00"),
        ("cron(0/15 8-18 ? * MON-FRI *)", "2026-11-22T17:45:10"),
        ("cron(0 0 L * ? *)", "2026-11-29T00:00:00"),
        ("cron(0 0 ? * 1#4 *)", "2026-11-15T00:00:00"),
        ("cron(0 0 ? NOV SUN 2027)", "2026-11-22T00:00:00"),
    ],
)
def test_is_quiet_otherwise(expression: str, moment: str) -> None:
    assert not fires(expression, at(moment))


def test_goes_by_the_zones_own_time() -> None:
    morning = "cron(0 8 * * ? *)"
    assert fires(morning, at("2026-07-01T06:00:00"), "Europe/Berlin")
    assert fires(morning, at("2026-12-01T07:00:00"), "Europe/Berlin")
    assert fires("at(2026-07-01T08:00:00)", at("2026-07-01T06:00:00"), "Europe/Berlin")


def test_a_new_rate_waits_its_first_period() -> None:
    found = schedule.parse("rate(1 hour)", None, CREATED)
    assert not found.fires(CREATED, CREATED + timedelta(minutes=59))
    assert found.fires(CREATED, CREATED + timedelta(minutes=60))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "8:00",
        "at(tomorrow)",
        "at(2026-11-22)",
        "rate(0 minutes)",
        "rate(5 fortnights)",
        "cron(0 8 * * *)",
        "cron(0 8 * * * *)",
        "cron(0 8 ? * ? *)",
        "cron(60 8 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 8 32 * ? *)",
        "cron(0 8 1W * ? *)",
        "cron(0 8 ? * 8 *)",
        "cron(0 8 * SMARCH ? *)",
        "cron(9-5 8 * * ? *)",
    ],
)
def test_what_means_nothing_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 any message will do
        schedule.parse(expression, None, CREATED)
