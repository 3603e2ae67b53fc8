"""How many containers or instances run, and when more or fewer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from zoneinfo import available_timezones

from pydantic import Field

from modelpoc.api.checks import Holds, Rule, Shape, Unique, one_of
from modelpoc.api.meta import Int, Model, ShortName


def _exists(at: str) -> bool:
    try:
        return datetime.fromisoformat(at).year >= 1970
    except ValueError:
        return False


CRON = r"[0-9A-Za-z*?,/#-]+( [0-9A-Za-z*?,/#-]+){5}"


class ScalingTarget(Model):
    """The measure that is held by starting and stopping containers."""

    rules: ClassVar[tuple[Rule, ...]] = (
        one_of(
            "cpuPercent",
            "memoryPercent",
            "requestsPerTarget",
            message="say what to hold: exactly one of cpuPercent, memoryPercent and requestsPerTarget",
        ),
    )

    cpu_percent: Annotated[Int, Field(ge=1, le=100)] | None = None
    """Mean use of cpu, in percent."""
    memory_percent: Annotated[Int, Field(ge=1, le=100)] | None = None
    """Mean use of memory, in percent."""
    requests_per_target: Annotated[Int, Field(ge=1, le=1_000_000)] | None = None
    """Requests a minute for each container."""


class ScheduledScaling(Model):
    """Other limits from a moment on."""

    rules: ClassVar[tuple[Rule, ...]] = (
        one_of("cron", "at", message="say when: exactly one of cron and at"),
        Rule(
            "has(self.min) || has(self.max)",
            "say what changes then: min, max or both",
            lambda entry: entry.min is not None or entry.max is not None,
        ),
        Rule(
            "!has(self.min) || !has(self.max) || self.min <= self.max",
            "min must not be larger than max: lower min or raise max",
            lambda entry: entry.min is None or entry.max is None or entry.min <= entry.max,
            field="min",
        ),
    )

    name: ShortName
    """Name of this entry."""
    cron: (
        Annotated[
            str,
            Field(max_length=128),
            Shape(
                CRON,
                "write six fields: minutes hours day month weekday year, as in 0 8 ? * MON-FRI *",
            ),
        ]
        | None
    ) = None
    """Again and again: AWS's six cron fields, as in `0 8 ? * MON-FRI *`."""
    at: (
        Annotated[
            str,
            Field(max_length=32),
            Shape(
                r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}",
                "write a local time without a zone, as in 2027-01-31T08:00:00, and the zone in timezone",
            ),
            Holds(
                Rule(
                    "timestamp(self + 'Z') > timestamp('1970-01-01T00:00:00Z')",
                    "this day or time does not exist: write one that does, as in 2027-01-31T08:00:00",
                    lambda at: _exists(at),
                )
            ),
        ]
        | None
    ) = None
    """Once, as in `2027-01-31T08:00:00`."""
    min: Annotated[Int, Field(ge=0, le=100)] | None = None
    """At least so many from then on."""
    max: Annotated[Int, Field(ge=0, le=100)] | None = None
    """At most so many from then on."""
    timezone: Annotated[
        str,
        Field(max_length=64),
        Shape("[A-Za-z]+(/[A-Za-z0-9_+-]+)*", "write a zone of the tz database, as in Europe/Madrid or UTC"),
        Holds(
            Rule(
                "self != 'Local' && timestamp('2020-06-01T00:00:00Z').getFullYear(self) == 2020",
                "no such zone in the tz database: write one that is, as in Europe/Madrid or UTC",
                lambda zone: zone in available_timezones(),
            )
        ),
    ] = "UTC"
    """Zone of `cron` and `at`."""


def _wakes(scaling: Any) -> bool:
    return scaling.min > 0 or any((entry.min or 0) > 0 for entry in scaling.schedule)


class Scaling(Model):
    """How many containers run: fixed when min and max are equal."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.min <= self.max",
            "min must not be larger than max: raise max or lower min",
            lambda scaling: scaling.min <= scaling.max,
            field="min",
        ),
        Rule(
            "self.min > 0 || (has(self.schedule) && self.schedule.exists(e, has(e.min) && e.min > 0))",
            "min 0 needs an entry of schedule with min 1 or more to wake it: "
            "a target without data never does; add one, or write min: 1",
            _wakes,
            field="min",
        ),
        Rule(
            "self.min == 0 || self.min == self.max || has(self.target) || "
            "(has(self.schedule) && size(self.schedule) > 0)",
            "max larger than min needs a target or a schedule to make use of it: add one, or make them equal",
            lambda scaling: bool(scaling.min in (0, scaling.max) or scaling.target or scaling.schedule),
            field="max",
        ),
    )

    min: Annotated[Int, Field(ge=0, le=100)] = 1
    """At least so many."""
    max: Annotated[Int, Field(ge=1, le=100)] = 1
    """At most so many."""
    target: ScalingTarget | None = None
    """What decides between the two."""
    schedule: Annotated[tuple[ScheduledScaling, ...], Field(max_length=20), Unique("name")] = ()
    """Other limits at certain times."""

    @property
    def fixed(self) -> bool:
        """Whether no autoscaling is asked for."""
        return self.min == self.max and not self.schedule
