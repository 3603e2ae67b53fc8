"""Application Auto Scaling acts on variants of SageMaker endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.localcloud.edge_world import refused
from tests.localcloud.sagemaker_world import World

pytestmark = pytest.mark.local
KEY = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}


def variant(endpoint: str, name: str = "model") -> dict[str, str]:
    return {**KEY, "ResourceId": f"endpoint/{endpoint}/variant/{name}"}


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=150.0))


def test_bounds_move_the_instances_and_go_with_the_endpoint(world: World) -> None:
    scaling = world.cloud.client("application-autoscaling")
    register = scaling.register_scalable_target
    refused("ValidationException", "doesn't exist", register, **variant("e"), MinCapacity=1, MaxCapacity=2)
    world.endpoint("e", world.config("c", count=1))
    refused("ValidationException", "doesn't", register, **variant("e", "no"), MinCapacity=1, MaxCapacity=2)
    register(**variant("e"), MinCapacity=2, MaxCapacity=3)
    world.until(lambda: count(world), lambda found: found == 2)
    listed = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert listed[0]["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    policy = {"TargetValue": 70.0, "PredefinedMetricSpecification": metric}
    made = scaling.put_scaling_policy(
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=policy,
        **variant("e"),
    )
    names = [alarm["AlarmName"] for alarm in made["Alarms"]]
    alarms = world.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert [alarm["MetricName"] for alarm in alarms] == ["InvocationsPerInstance"] * 2
    dimensions = {d["Name"]: d["Value"] for d in alarms[0]["Dimensions"]}
    assert dimensions == {"EndpointName": "e", "VariantName": "model"}
    world.settled("e")
    register(**variant("e"), MinCapacity=1, MaxCapacity=1)
    world.until(lambda: count(world), lambda found: found == 1)
    world.settled("e")
    world.gone("e")
    world.until(
        lambda: scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"],
        lambda found: not found,
    )
    assert world.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def count(world: World) -> int:
    shown = world.describe("e")
    return int(shown["ProductionVariants"][0]["CurrentInstanceCount"]) if "ProductionVariants" in shown else 0


def test_a_serverless_variant_has_no_instances_to_scale(world: World) -> None:
    world.endpoint("s", world.config("cs", serverless={}))
    register = world.cloud.client("application-autoscaling").register_scalable_target
    refused("ValidationException", "doesn't exist", register, **variant("s"), MinCapacity=1, MaxCapacity=2)
