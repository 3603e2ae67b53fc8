"""What a rolling deployment does next. Pure: tasks seen in, tasks to start and stop out.

Rules: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A task that nobody asked to stop. `healthy` means that it may count for the service."""

    id: str
    primary: bool
    healthy: bool


@dataclass(frozen=True)
class Bounds:
    """How many tasks there shall be, at least (healthy ones) and at most."""

    desired: int
    least: int
    most: int

    @classmethod
    def of(cls, desired: int, minimum_healthy_percent: int, maximum_percent: int) -> Bounds:
        """AWS rounds the minimum up and the maximum down."""
        least = math.ceil(desired * minimum_healthy_percent / 100)
        return cls(desired, least, math.floor(desired * maximum_percent / 100))


@dataclass(frozen=True)
class Step:
    """What to do now."""

    start: int
    stop: tuple[str, ...]


def step(tasks: Iterable[Seen], bounds: Bounds, may_start: bool) -> Step:
    """The next step; `tasks` oldest first. Nothing to do once `desired` primary tasks are all there is."""
    seen = list(tasks)
    primary = [task for task in seen if task.primary]
    old = [task for task in seen if not task.primary]
    missing = bounds.desired - len(primary)
    room = bounds.most - len(seen)
    start = max(0, min(missing, room)) if may_start else 0
    blocked = max(0, missing - room) if may_start else 0
    stop = (*_surplus(primary, bounds.desired), *_stop_old(primary, old, bounds, blocked))
    return Step(start, stop)


def _surplus(primary: list[Seen], desired: int) -> tuple[str, ...]:
    """Too many of the right kind: those that serve least go first, then the youngest."""
    order = sorted(range(len(primary)), key=lambda i: (primary[i].healthy, -i))
    return tuple(primary[i].id for i in order[: max(0, len(primary) - desired)])


def _stop_old(primary: list[Seen], old: list[Seen], bounds: Bounds, blocked: int) -> tuple[str, ...]:
    """Old tasks whose place is taken by healthy new ones, or that stand in the way of starting them.

    Those that serve no one may always go; the others only down to the least number of healthy tasks.
    """
    idle = [task.id for task in old if not task.healthy]
    serving = [task.id for task in old if task.healthy]
    new_serving = sum(task.healthy for task in primary)
    spare = new_serving + len(serving) - bounds.least
    replaced = len(serving) - max(0, bounds.desired - new_serving)
    count = max(0, min(spare, max(replaced, blocked - len(idle))))
    return (*idle, *serving[:count])


def threshold(desired: int, configuration: dict[str, object]) -> int:
    """How many failed tasks trip the circuit breaker: 0.5 × desired, at least 3, at most 200, if not set."""
    given = configuration.get("thresholdConfiguration")
    kind, value = ("BOUNDED_PERCENT", 50)
    if isinstance(given, dict):
        kind, value = given["type"], given["value"]
    if kind == "COUNT":
        return max(1, value)
    tasks = math.ceil(desired * value / 100)
    return min(max(tasks, 3), 200) if kind == "BOUNDED_PERCENT" else max(1, tasks)


def backoff(start_failures: int) -> float:
    """AWS seconds before the next start when so many in a row never reached RUNNING: 27 minutes at most."""
    return 0.0 if start_failures < 2 else min(60.0 * 2 ** (start_failures - 2), 27 * 60.0)
