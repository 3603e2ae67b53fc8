"""Schedules of scheduled actions: `at(…)`, `rate(…)`, `cron(…)`.

https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
`W` (nearest weekday) is the one thing of AWS's cron that is not read here; it is refused.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

_MONTHS = {name: str(i) for i, name in enumerate(calendar.month_abbr) if name}
_MONTHS = {name.upper(): number for name, number in _MONTHS.items()}
_DAYS = {name: str(i) for i, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_MINUTE = timedelta(minutes=1)
_LOOK_BACK = timedelta(days=1)  # a machine that slept longer does not catch up on everything


class Schedule(Protocol):
    """When an action fires."""

    def fires(self, after: datetime, until: datetime) -> bool:
        """Whether it fires within (after, until]."""


def parse(expression: str, timezone: str | None, since: datetime) -> Schedule:
    """The schedule that an expression means; rates count from `since`. `ValueError` if it means none."""
    zone: tzinfo = ZoneInfo(timezone) if timezone else UTC
    found = re.fullmatch(r"(at|rate|cron)\((.*)\)", expression)
    if not found:
        raise ValueError(expression)
    kind, inner = found.groups()
    if kind == "at":
        moment = datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S")
        return At(moment.replace(tzinfo=zone))
    return _rate(inner, since) if kind == "rate" else _cron(inner, zone)


@dataclass(frozen=True)
class At:
    """Once."""

    moment: datetime

    def fires(self, after: datetime, until: datetime) -> bool:
        """Whether the moment lies within (after, until]."""
        return after < self.moment <= until


@dataclass(frozen=True)
class Rate:
    """Every `period` from `since` on."""

    since: datetime
    period: timedelta

    def fires(self, after: datetime, until: datetime) -> bool:
        """Whether a period ended within (after, until]."""
        return (until - self.since) // self.period > max((after - self.since) // self.period, 0)


@dataclass(frozen=True)
class Cron:
    """At every minute whose fields all match, in `zone`."""

    zone: tzinfo
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    day: Callable[[datetime], bool]

    def fires(self, after: datetime, until: datetime) -> bool:
        """Whether a matching minute began within (after, until]."""
        moment = max(after, until - _LOOK_BACK).replace(second=0, microsecond=0) + _MINUTE
        while moment <= until:
            if self.matches(moment.astimezone(self.zone)):
                return True
            moment += _MINUTE
        return False

    def matches(self, moment: datetime) -> bool:
        """Whether a minute of the zone's own time matches."""
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.month in self.months
            and moment.year in self.years
            and self.day(moment)
        )


def _rate(inner: str, since: datetime) -> Rate:
    found = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", inner)
    if not found:
        raise ValueError(inner)
    return Rate(since, int(found[1]) * _UNITS[found[2]])


def _cron(inner: str, zone: tzinfo) -> Cron:
    fields = inner.split()
    if len(fields) != 6:
        raise ValueError(inner)
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError(inner)
    return Cron(
        zone=zone,
        minutes=_values(minutes, 0, 59),
        hours=_values(hours, 0, 23),
        months=_values(_named(month, _MONTHS), 1, 12),
        years=_values(year, 1970, 2199),
        day=_of_month(day_of_month) if day_of_week == "?" else _of_week(_named(day_of_week, _DAYS)),
    )


def _of_month(text: str) -> Callable[[datetime], bool]:
    if text == "L":
        return lambda moment: moment.day == calendar.monthrange(moment.year, moment.month)[1]
    days = _values(text, 1, 31)
    return lambda moment: moment.day in days


def _of_week(text: str) -> Callable[[datetime], bool]:
    found = re.fullmatch(r"([1-7])#([1-5])", text)
    if found:
        wanted, nth = int(found[1]), int(found[2])
        return lambda moment: _weekday(moment) == wanted and (moment.day - 1) // 7 + 1 == nth
    days = _values("7" if text == "L" else text, 1, 7)
    return lambda moment: _weekday(moment) in days


def _weekday(moment: datetime) -> int:
    return moment.isoweekday() % 7 + 1  # AWS counts from Sunday = 1


def _named(text: str, names: dict[str, str]) -> str:
    return re.sub(r"[A-Z]{3}", lambda found: names.get(found[0], found[0]), text.upper())


@cache
def _values(text: str, least: int, most: int) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, least, most))


def _part(text: str, least: int, most: int) -> range:
    found = re.fullmatch(r"(\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", text)
    if not found:
        raise ValueError(text)
    step = int(found[4] or 1)
    first = least if found[1] == "*" else int(found[2])
    last = most if found[1] == "*" or (found[4] and not found[3]) else int(found[3] or first)
    if step < 1 or not least <= first <= last <= most:
        raise ValueError(text)
    return range(first, last + 1, step)
