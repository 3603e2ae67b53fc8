"""Asking targets, over HTTP, whether they are well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp

from localcloud.aws.clock import Clock
from localcloud.aws.elbv2.health_state import (
    CHECKING,
    REGISTERING,
    UNCHECKED,
    UNUSED,
    Outcome,
    after_check,
    matches,
)
from localcloud.aws.elbv2.state import Target, TargetGroup
from localcloud.context import CloudContext

SHORTEST_INTERVAL = 0.1  # real seconds between two checks of a target, whatever the time scale
# Answering takes a model the same time however fast the clock: timeouts up to this are not scaled.
UNSCALED_TIMEOUT = 5.0


class HealthChecks:
    """One background check per target whose target group a load balancer uses."""

    def __init__(self, cloud: CloudContext, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._cloud = cloud
        self._session = session
        self._running: dict[tuple[str, str, int], asyncio.Task[None]] = {}

    def follow(self, group: TargetGroup, in_use: bool) -> None:
        """Starts and stops checks as targets and the use of their group need it."""
        for target in group.targets.values():
            if target.health.state == "draining":
                self.forget(group, target)
            elif in_use:
                self._start(group, target)
            else:
                self.forget(group, target)
                target.health = UNUSED

    def forget(self, group: TargetGroup, target: Target) -> None:
        """Asks a target no more."""
        task = self._running.pop((group.arn, *target.key), None)
        if task:
            task.cancel()

    def _start(self, group: TargetGroup, target: Target) -> None:
        key = (group.arn, *target.key)
        if key in self._running:
            return
        target.health = REGISTERING
        self._running[key] = self._cloud.spawn(
            self._check(group, target), f"health of {target.id}:{target.port} in {group.name}"
        )

    async def _check(self, group: TargetGroup, target: Target) -> None:
        clock = self._cloud.clock
        if not group.settings["HealthCheckEnabled"]:
            target.health = UNCHECKED
            return
        target.health = CHECKING
        while True:
            outcome = await self._probe(group, target)
            target.health = after_check(
                target.health,
                outcome,
                group.settings["HealthyThresholdCount"],
                group.settings["UnhealthyThresholdCount"],
            )
            await clock.sleep(interval(clock, group.settings["HealthCheckIntervalSeconds"]))

    async def _probe(self, group: TargetGroup, target: Target) -> Outcome:
        settings = group.settings
        port = settings["HealthCheckPort"]
        port = target.port if port == "traffic-port" else int(port)
        url = f"http://{target.id}:{port}{settings['HealthCheckPath']}"
        given = settings["HealthCheckTimeoutSeconds"]
        seconds = max(self._cloud.clock.seconds(given), min(given, UNSCALED_TIMEOUT))
        timeout = aiohttp.ClientTimeout(total=seconds)
        headers = {"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        try:
            async with self._session().get(
                url, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                target.answered_at = target.answered_at or self._cloud.clock.now()
                return _judge(answer.status, settings["Matcher"]["HttpCode"])
        except TimeoutError:
            return Outcome("Target.Timeout", "Request timed out")
        except (aiohttp.ClientError, OSError):
            return Outcome("Target.FailedHealthChecks", "Health checks failed")


def interval(clock: Clock, aws_seconds: float) -> float:
    """AWS seconds between two checks, stretched so that they last at least the shortest interval here."""
    return max(aws_seconds, SHORTEST_INTERVAL * clock.scale)


def _judge(status: int, matcher: str) -> Outcome:
    if matches(matcher, status):
        return Outcome()
    return Outcome("Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")
