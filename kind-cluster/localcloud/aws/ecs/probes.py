"""Container health checks: the task definition's `healthCheck`, asked of a running container."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from localcloud.aws.clock import Clock
from localcloud.aws.ecs.records import Container as Record
from localcloud.runtime.container import Container

_SOON = 0.2  # real seconds: a check starts a program, which no time scale makes cheaper
_STEADY = 10.0  # real seconds between checks of a container that is HEALTHY; a machine has many tasks
_PATIENCE = 5.0  # real seconds that a command gets at least, however short its timeout is when scaled


async def watch(
    record: Record,
    container: Container,
    clock: Clock,
    starting: Callable[[float], bool],
    changed: Callable[[], None],
) -> None:
    """Keeps `record.health` true until it is cancelled.

    As ECS has it: one success makes HEALTHY, `retries` failures in a row UNHEALTHY, and failures within
    `startPeriod` do not count: `starting` says whether one of so many AWS seconds is not over yet.
    """
    check = record.document["healthCheck"]
    command = _argv(check["command"])
    if not command:
        return
    failures = 0
    while True:
        await asyncio.sleep(_pause(clock, check["interval"], record.health == "HEALTHY" and not failures))
        await clock.sleep(0)
        well = await container.check(command, max(clock.seconds(check["timeout"]), _PATIENCE))
        failures = 0 if well else failures + (not starting(check.get("startPeriod") or 0))
        _note(record, well, failures >= check["retries"], changed)


def _note(record: Record, well: bool, failed: bool, changed: Callable[[], None]) -> None:
    health = "HEALTHY" if well else "UNHEALTHY" if failed else record.health
    if health != record.health:
        record.health = health
        changed()


def _pause(clock: Clock, interval: float, steady: bool) -> float:
    return max(clock.seconds(interval), _STEADY if steady else _SOON)


def _argv(command: list[str]) -> tuple[str, ...]:
    if command[0] == "CMD-SHELL":
        return ("/bin/sh", "-c", command[1])
    return tuple(command[1:]) if command[0] == "CMD" else ()
