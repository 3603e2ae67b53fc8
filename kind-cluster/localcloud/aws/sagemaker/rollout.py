"""How traffic moves from the old fleet to the new one. Pure: a deployment's configuration in, its steps out.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from localcloud.aws.sagemaker.records import Document

_DEFAULT_TIMEOUT = 4 * 3600.0  # AWS seconds


@dataclass(frozen=True)
class Rollout:
    """`shares` of the traffic that the new fleet gets, one step after the other; the last one is 1.

    After each step alarms are watched for `wait` AWS seconds, and after the last for `termination` more.
    """

    shares: tuple[float, ...]
    wait: float
    termination: float
    timeout: float
    alarms: tuple[str, ...]


def planned(deployment: Document | None, instances: int) -> Rollout:
    """What a DeploymentConfig asks for, for a fleet of so many instances; all at once if it says nothing."""
    given = deployment or {}
    found = (given.get("AutoRollbackConfiguration") or {}).get("Alarms") or []
    alarms = tuple(alarm["AlarmName"] for alarm in found)
    rolling = given.get("RollingUpdatePolicy")
    if rolling:
        step = _share(rolling["MaximumBatchSize"], instances)
        timeout = rolling.get("MaximumExecutionTimeoutInSeconds", _DEFAULT_TIMEOUT)
        return Rollout(_linear(step), rolling["WaitIntervalInSeconds"], 0.0, timeout, alarms)
    policy = given.get("BlueGreenUpdatePolicy")
    if not policy:
        return Rollout((1.0,), 0.0, 0.0, _DEFAULT_TIMEOUT, alarms)
    routing = policy["TrafficRoutingConfiguration"]
    return Rollout(
        _shares(routing, instances),
        routing["WaitIntervalInSeconds"],
        policy.get("TerminationWaitInSeconds", 0.0),
        policy.get("MaximumExecutionTimeoutInSeconds", _DEFAULT_TIMEOUT),
        alarms,
    )


def _shares(routing: Document, instances: int) -> tuple[float, ...]:
    if routing["Type"] == "CANARY":
        return _share(routing["CanarySize"], instances), 1.0
    return _linear(_share(routing["LinearStepSize"], instances)) if routing["Type"] == "LINEAR" else (1.0,)


def _linear(step: float) -> tuple[float, ...]:
    count = math.ceil(1 / step - 1e-9)
    return (*(step * (i + 1) for i in range(count - 1)), 1.0)


def _share(size: Document, instances: int) -> float:
    """Instances are whole: a percentage means as many as it takes."""
    if size["Type"] == "INSTANCE_COUNT":
        return min(int(size["Value"]) / max(instances, 1), 1.0)
    return min(math.ceil(instances * int(size["Value"]) / 100) / max(instances, 1), 1.0)
