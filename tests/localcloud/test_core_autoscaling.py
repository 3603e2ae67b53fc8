"""Application Auto Scaling acts on ECS services, and refuses what AWS refuses."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.local

KEY = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
CPU_METRIC = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
CPU = {"TargetValue": 50.0, "PredefinedMetricSpecification": CPU_METRIC}


@pytest.fixture(scope="module")
def fast(start_cloud: Any) -> Any:
    cloud = start_cloud(time_scale=200.0)
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(
        family="f",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "main", "image": "local/none:latest"}],
    )
    return cloud


@pytest.fixture
def service(fast: Any) -> Iterator[str]:
    name = f"s-{uuid.uuid4().hex[:12]}"
    fast.client("ecs").create_service(
        cluster="c",
        serviceName=name,
        taskDefinition="f",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    )
    yield name
    fast.client("ecs").delete_service(cluster="c", service=name, force=True)


@pytest.fixture
def scaling(fast: Any) -> Any:
    return fast.client("application-autoscaling", parameter_validation=False)


def resource(service: str) -> dict[str, str]:
    return {**KEY, "ResourceId": f"service/c/{service}"}


def desired(cloud: Any, service: str) -> int:
    answer = cloud.client("ecs").describe_services(cluster="c", services=[service])
    return int(answer["services"][0]["desiredCount"])


def targets(scaling: Any, service: str) -> list[dict[str, Any]]:
    ids = [f"service/c/{service}"]
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=ids)
    return list(found["ScalableTargets"])


def becomes(wanted: Any, ask: Callable[[], Any], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while ask() != wanted:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_bounds_move_the_desired_count(fast: Any, scaling: Any, service: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=2, MaxCapacity=4)
    assert desired(fast, service) == 2
    scaling.register_scalable_target(**resource(service), MinCapacity=0, MaxCapacity=1)
    assert desired(fast, service) == 1
    activities = scaling.describe_scaling_activities(**resource(service))["ScalingActivities"]
    assert [activity["Cause"] for activity in activities] == [
        "maximum capacity was set to 1",
        "minimum capacity was set to 2",
    ]


def test_a_count_set_by_hand_is_brought_back(fast: Any, scaling: Any, service: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=2)
    fast.client("ecs").update_service(cluster="c", service=service, desiredCount=0)
    assert becomes(1, lambda: desired(fast, service))


def test_registering_again_changes_only_what_is_given(scaling: Any, service: str) -> None:
    bounds = {"MinCapacity": 1, "MaxCapacity": 3}
    first = scaling.register_scalable_target(**resource(service), **bounds, Tags={"a": "b"})
    again = scaling.register_scalable_target(**resource(service), MaxCapacity=5)
    (found,) = targets(scaling, service)
    assert first["ScalableTargetARN"] == again["ScalableTargetARN"] == found["ScalableTargetARN"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 5)
    assert scaling.list_tags_for_resource(ResourceARN=found["ScalableTargetARN"])["Tags"] == {"a": "b"}


def test_tags_are_for_new_targets_only(scaling: Any, service: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=3)
    code, message = refused(scaling.register_scalable_target, **resource(service), Tags={"a": "b"})
    assert code == "ValidationException"
    assert "tried to tag already exists" in message


def test_a_scheduled_action_fires(fast: Any, scaling: Any, service: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=0, MaxCapacity=1)
    soon = (datetime.now(UTC) + timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%S")
    scaling.put_scheduled_action(
        **resource(service),
        ScheduledActionName="wake",
        Schedule=f"at({soon})",
        ScalableTargetAction={"MinCapacity": 3, "MaxCapacity": 3},
    )
    assert becomes(3, lambda: desired(fast, service))
    (activity,) = scaling.describe_scaling_activities(**resource(service))["ScalingActivities"]
    assert activity["Cause"] == "scheduled action name wake was triggered"


def test_suspended_schedules_do_not_fire(fast: Any, scaling: Any, service: str) -> None:
    suspended = {"ScheduledScalingSuspended": True}
    scaling.register_scalable_target(
        **resource(service), MinCapacity=0, MaxCapacity=1, SuspendedState=suspended
    )
    soon = (datetime.now(UTC) + timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%S")
    action = {"ScheduledActionName": "wake", "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 3}}
    scaling.put_scheduled_action(**resource(service), **action, Schedule=f"at({soon})")
    assert not becomes(3, lambda: desired(fast, service), seconds=4.0)
    assert desired(fast, service) == 1


def test_target_tracking_has_alarms_that_go_with_it(fast: Any, scaling: Any, service: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=2)
    made = scaling.put_scaling_policy(
        **resource(service),
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=CPU,
    )
    names = sorted(alarm["AlarmName"] for alarm in made["Alarms"])
    cloudwatch = fast.client("cloudwatch")
    there = cloudwatch.describe_alarms(AlarmNamePrefix=f"TargetTracking-service/c/{service}")["MetricAlarms"]
    assert sorted(alarm["AlarmName"] for alarm in there) == names
    (policy,) = scaling.describe_scaling_policies(**resource(service))["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == CPU
    scaling.delete_scaling_policy(**resource(service), PolicyName="cpu")
    assert cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def test_everything_goes_with_the_service(fast: Any, scaling: Any) -> None:
    ecs = fast.client("ecs")
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    ecs.create_service(
        cluster="c", serviceName="brief", taskDefinition="f", desiredCount=0, networkConfiguration=network,
        launchType="FARGATE",
    )  # fmt: skip
    scaling.register_scalable_target(**resource("brief"), MinCapacity=0, MaxCapacity=1)
    ecs.delete_service(cluster="c", service="brief", force=True)
    assert becomes([], lambda: targets(scaling, "brief"))


def test_writes_that_overlap_are_refused(fast: Any, scaling: Any, service: str) -> None:
    backend = fast.aws.backend("application-autoscaling")

    async def hold() -> Any:
        backend._writing.add(f"service/c/{service}")

    fast.run(hold())
    code, _ = refused(scaling.register_scalable_target, **resource(service), MinCapacity=1, MaxCapacity=2)
    backend._writing.discard(f"service/c/{service}")
    assert code == "ConcurrentUpdateException"


def test_lists_come_in_pages(scaling: Any, service: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=1)
    for number in range(7):
        scaling.put_scheduled_action(
            **resource(service),
            ScheduledActionName=f"a{number}",
            Schedule="rate(1 day)",
            ScalableTargetAction={"MinCapacity": 1},
        )
    pages = scaling.get_paginator("describe_scheduled_actions").paginate(
        **resource(service), PaginationConfig={"PageSize": 3}
    )
    names = [[action["ScheduledActionName"] for action in page["ScheduledActions"]] for page in pages]
    assert names == [["a0", "a1", "a2"], ["a3", "a4", "a5"], ["a6"]]
    code, _ = refused(scaling.describe_scheduled_actions, ServiceNamespace="ecs", NextToken="made-up")
    assert code == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"ResourceId": "service/c/nowhere"}, "ValidationException", "ECS service doesn't exist"),
        ({"ResourceId": "table/t"}, "ValidationException", "Unsupported service namespace"),
        ({"MinCapacity": 3}, "ValidationException", "Maximum capacity cannot be less"),
        ({"MinCapacity": -1}, "ValidationException", "must be 0 or more"),
        ({"MinCapacity": None}, "ValidationException", "MinCapacity and MaxCapacity must be given"),
    ],
)
def test_targets_that_cannot_be(
    scaling: Any, service: str, change: dict[str, Any], code: str, says: str
) -> None:
    asked = {**resource(service), "MinCapacity": 1, "MaxCapacity": 2, **change}
    given = {key: value for key, value in asked.items() if value is not None}
    found, message = refused(scaling.register_scalable_target, **given)
    assert found == code
    assert says in message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0}}, "Exactly one of"),
        ({"TargetTrackingScalingPolicyConfiguration": {**CPU, "TargetValue": 0.0}}, "greater than 0"),
        ({"TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 5.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"},
        }}, "ResourceLabel"),
        ({"PolicyType": "Psychic"}, "enum value set"),
    ],
)  # fmt: skip
def test_policies_that_cannot_be(scaling: Any, service: str, change: dict[str, Any], says: str) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=1)
    asked = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling", **change}
    code, message = refused(scaling.put_scaling_policy, **resource(service), **asked)
    assert code == "ValidationException"
    assert says in message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Schedule": "every morning"}, "Invalid schedule expression"),
        ({"Schedule": "cron(0 8 * * *)"}, "Invalid schedule expression"),
        ({"Timezone": "Europe/Atlantis"}, "time zone"),
        ({"ScalableTargetAction": {}}, "ScalableTargetAction"),
        ({"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}}, "Maximum capacity cannot be less"),
        ({"ScheduledActionName": "a/b"}, "regular expression"),
    ],
)
def test_scheduled_actions_that_cannot_be(
    scaling: Any, service: str, change: dict[str, Any], says: str
) -> None:
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=1)
    asked = {
        "ScheduledActionName": "a",
        "Schedule": "rate(1 day)",
        "ScalableTargetAction": {"MinCapacity": 1},
        **change,
    }
    code, message = refused(scaling.put_scheduled_action, **resource(service), **asked)
    assert code == "ValidationException"
    assert says in message


def test_what_is_not_there_cannot_be_removed(scaling: Any, service: str) -> None:
    assert refused(scaling.deregister_scalable_target, **resource(service))[0] == "ObjectNotFoundException"
    scaling.register_scalable_target(**resource(service), MinCapacity=1, MaxCapacity=1)
    gone = refused(scaling.delete_scaling_policy, **resource(service), PolicyName="p")
    assert gone[0] == "ObjectNotFoundException"
    gone = refused(scaling.delete_scheduled_action, **resource(service), ScheduledActionName="a")
    assert gone[0] == "ObjectNotFoundException"
    arn = "arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/0ec5example"
    missing = refused(scaling.list_tags_for_resource, ResourceARN=arn)
    assert missing[0] == "ResourceNotFoundException"
