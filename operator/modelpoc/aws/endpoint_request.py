"""What SageMaker is told of an endpoint. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelpoc.aws import tags

if TYPE_CHECKING:
    from modelpoc.aws.endpoint import Endpoint

_ROUTING = {"AllAtOnce": "ALL_AT_ONCE", "Canary": "CANARY", "Linear": "LINEAR"}
_SIZE = {"Canary": "CanarySize", "Linear": "LinearStepSize"}
_TERMINATION_WAIT = 60
"""Seconds that the old fleet stays: a request takes at most so long (InvokeEndpoint, API reference)."""
_STARTING = 3_600
"""Seconds that making the new fleet may take: images and models of many gigabytes."""
_SHORTEST, _LONGEST = 600, 28_800
"""MaximumExecutionTimeoutInSeconds, API reference."""
_STEPS_AT_MOST = 10
"""A linear step takes at least a tenth of the capacity (TrafficRoutingConfig, API reference)."""


def create_request(want: Endpoint) -> dict[str, Any]:
    """Parameters of CreateEndpoint: a first fleet has no traffic to shift."""
    return {
        "EndpointName": want.name,
        "EndpointConfigName": want.config_name,
        "Tags": tags.to_list(want.tags),
    }


def update_request(want: Endpoint) -> dict[str, Any]:
    """Parameters of UpdateEndpoint.

    Without a deployment configuration AWS makes a new fleet, shifts all traffic at once and takes the old
    one away: all that serverless endpoints can ("Deployment guardrails" are for instances).
    """
    request: dict[str, Any] = {
        "EndpointName": want.name,
        "EndpointConfigName": want.config_name,
        "RetainAllVariantProperties": want.retain_counts,
        "RetainDeploymentConfig": False,
    }
    if want.retain_counts:
        # Only how many there are is autoscaling's to say; data capture is the new configuration's.
        request["ExcludeRetainedVariantProperties"] = [
            {"VariantPropertyType": "DataCaptureConfig"},
            {"VariantPropertyType": "DesiredWeight"},
        ]
    if want.rollout != "AllAtOnce" or want.alarms:
        request["DeploymentConfig"] = deployment(want)
    return request


def fitted(want: Endpoint, instances: int) -> Endpoint:
    """The same for so many instances, as autoscaling may have left fewer than the spec began with.

    A step takes at most half of them; of a single one there is no half, and it goes over at once, with
    the alarms still watching (TrafficRoutingConfig, API reference).
    """
    if want.rollout == "AllAtOnce" or not want.retain_counts or instances < 1:
        return want
    if instances == 1:
        return replace(want, rollout="AllAtOnce")
    if want.step_instances is not None and want.step_instances > instances // 2:
        return replace(want, step_instances=instances // 2)
    return want


def instances_of(variants: Iterable[Mapping[str, Any]]) -> int:
    """The fewest instances that a variant of DescribeEndpoint shall have; 0 where that is not told."""
    counts = [v.get("DesiredInstanceCount") or 0 for v in variants]
    return min(counts, default=0)


def deployment(want: Endpoint) -> dict[str, Any]:
    """How traffic goes over to the new fleet, and what makes AWS go back."""
    config: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": _routing(want),
            "TerminationWaitInSeconds": _TERMINATION_WAIT,
            "MaximumExecutionTimeoutInSeconds": longest(want),
        }
    }
    if want.alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in want.alarms]}
    return config


def longest(want: Endpoint) -> int:
    """Seconds after which AWS gives the rollout up: all its waits, and time to start."""
    waits = want.wait_seconds * _steps(want) + _TERMINATION_WAIT
    return max(_SHORTEST, min(_LONGEST, waits + _STARTING))


def _steps(want: Endpoint) -> int:
    """After how many shifts of traffic there is a wait."""
    if want.rollout == "Linear":
        return math.ceil(100 / want.step_percent) if want.step_percent else _STEPS_AT_MOST
    return 2 if want.rollout == "Canary" else 1


def _routing(want: Endpoint) -> dict[str, Any]:
    routing = {"Type": _ROUTING[want.rollout], "WaitIntervalInSeconds": want.wait_seconds}
    if want.rollout == "AllAtOnce":
        return routing
    if want.step_instances is not None:
        size = {"Type": "INSTANCE_COUNT", "Value": want.step_instances}
    else:
        size = {"Type": "CAPACITY_PERCENT", "Value": want.step_percent}
    return {**routing, _SIZE[want.rollout]: size}
