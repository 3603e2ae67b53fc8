"""AWS's published request rates, kept on our side so that AWS need not refuse.

Burst and sustained calls per second for each account and region. Sources: "Request throttling" pages of
Elastic Load Balancing, API Gateway quotas, "Request throttling for the Amazon ECS API", CloudWatch Logs
and Lambda quotas.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable


class Bucket:
    """A token bucket that hands out turns in order of asking."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._rate = burst, per_second
        self._tokens, self._at = burst, time.monotonic()

    async def take(self) -> None:
        wait = self._reserve()
        if wait > 0:
            await asyncio.sleep(wait)

    def drain(self) -> None:
        """AWS refused: others draw from the same rate, so what was saved up is not there."""
        self._tokens = min(self._tokens, 0.0)

    def _reserve(self) -> float:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)


def published() -> dict[str, Bucket]:
    return {
        "elbv2": Bucket(40, 10),
        "elbv2 writes": Bucket(20, 3),
        "apigatewayv2": Bucket(40, 10),
        "apigatewayv2 CreateVpcLink": Bucket(1, 1 / 15),
        "ecs reads": Bucket(100, 20),
        "ecs writes": Bucket(50, 5),
        "ecs RegisterTaskDefinition": Bucket(20, 1),
        "ecs DeleteTaskDefinitions": Bucket(5, 1),
        "logs reads": Bucket(10, 10),
        "logs writes": Bucket(5, 5),
        "lambda": Bucket(15, 15),
        "ssm": Bucket(40, 40),
    }


def buckets_of(service: str, operation: str, writing: bool) -> Iterable[str]:
    """The names of the buckets that one call draws from."""
    if operation in ("DeregisterTaskDefinition", "RegisterTaskDefinition"):
        return ("ecs RegisterTaskDefinition",)
    if operation in ("DeleteTaskDefinitions", "CreateVpcLink"):
        return (f"{service} {operation}", service)
    return (service, f"{service} {'writes' if writing else 'reads'}")
