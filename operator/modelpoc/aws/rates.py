"""AWS's published request rates, kept on our side so that AWS need not refuse.

Burst and sustained calls per second for each account and region. Sources: "Request throttling" pages of
Elastic Load Balancing, API Gateway quotas, "Request throttling for the Amazon ECS API", quotas of
CloudWatch, CloudWatch Logs and Lambda. SageMaker publishes none: its rates here are modest guesses, and a
refusal empties the bucket.
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
        self._tokens, self._at = min(self._tokens, 0.0), time.monotonic()

    def _reserve(self) -> float:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)


_PUBLISHED = {
    "elbv2": (40, 10),
    "elbv2 writes": (20, 3),
    "apigatewayv2": (40, 10),
    "apigatewayv2 CreateVpcLink": (1, 1 / 15),
    "ecs reads": (100, 20),
    "ecs writes": (50, 5),
    "ecs RegisterTaskDefinition": (20, 1),
    "ecs DeleteTaskDefinitions": (5, 1),
    "logs reads": (10, 10),
    "logs writes": (5, 5),
    "lambda": (15, 15),  # the control plane, but for these two
    "lambda GetFunction": (100, 100),
    "lambda GetPolicy": (15, 15),
    "ssm": (40, 40),
    "sagemaker reads": (40, 20),
    "sagemaker writes": (10, 5),
    "cloudwatch reads": (9, 9),
    "cloudwatch writes": (3, 3),
}
_SHARE = 0.9
"""A tenth stays free: calls take unequal time to arrive, and others use the account too."""


def published(share: float = _SHARE) -> dict[str, Bucket]:
    """One bucket for each published rate, of that share of it."""
    return {name: Bucket(max(1.0, burst * share), rate * share) for name, (burst, rate) in _PUBLISHED.items()}


def buckets_of(service: str, operation: str, writing: bool) -> Iterable[str]:
    """The names of the buckets that one call draws from."""
    if operation in ("DeregisterTaskDefinition", "RegisterTaskDefinition"):
        return ("ecs RegisterTaskDefinition",)
    if service == "lambda" and operation in ("GetFunction", "GetPolicy"):
        return (f"lambda {operation}",)
    if operation in ("DeleteTaskDefinitions", "CreateVpcLink"):
        return (f"{service} {operation}", service)
    return (service, f"{service} {'writes' if writing else 'reads'}")
