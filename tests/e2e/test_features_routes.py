"""Who may call, how much, where; how many containers and of which sort."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from tests.e2e.features import (
    definition,
    env,
    environment,
    looked_again,
    platform_patch,
    revision,
    rolled,
    routes,
    rule,
    service,
    target_group,
    writes,
)
from tests.world import Answered, World, ask, poc, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("routes")
    try:
        yield world
    finally:
        world.down()


def signed(world: World, url: str, body: Any) -> Answered:
    """A request signed with the account's own keys."""
    about = world.files.about_aws() or {}
    keys = about["admin"]
    session = boto3.Session(
        keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], region_name=about["region"]
    )
    headers = {"Content-Type": "application/json"}
    request = AWSRequest(method="POST", url=url, data=json.dumps(body).encode(), headers=headers)
    SigV4Auth(session.get_credentials(), "execute-api", about["region"]).add_auth(request)
    return ask(url, body, "POST", **{k.replace("-", "_"): v for k, v in request.headers.items()})


def test_iam_lets_only_signed_requests_through_and_ready_is_earned_by_one(world: World) -> None:
    world.apply(
        poc("by-iam", route={"auth": {"type": "IAM"}}, examples=[{"name": "a", "body": {"input": 1}}])
    )
    url = world.ready("by-iam")["predictUrl"]
    assert world.ask(url, {"input": 1}).status == 403
    answer = signed(world, url, {"input": "mine"})
    assert (answer.status, answer.json()["output"]) == (200, "mine")

    world.patch("by-iam", {"route": {"auth": None}})
    assert wait_for(lambda: world.ask(url, {"input": 1}).status == 200, 60)
    world.ready("by-iam")


def test_a_token_is_asked_for_and_ready_is_earned_by_the_refusal(world: World) -> None:
    authorizer = {"name": "login", "issuer": "https://login.example.org", "audience": ["poc"]}
    auth = {"type": "JWT", "authorizer": "login"}
    world.apply(poc("by-token", route={"auth": auth}))
    status = world.stalled("by-token", "InvalidSpec")
    assert "authorizer login is not one of the platform's (none)" in json.dumps(status["conditions"])
    platform_patch(world, {"routing": {"authorizers": [authorizer]}})
    url = world.ready("by-token")["predictUrl"]
    assert world.ask(url, {"input": 1}).status == 401
    assert world.ask(url, {"input": 1}, Authorization="Bearer nonsense").status == 401

    world.patch("by-token", {"route": {"auth": None}})
    assert wait_for(lambda: world.ask(url, {"input": 1}).status == 200, 60)
    platform_patch(world, {"routing": None})
    world.wait_platform()
    api = world.client("apigatewayv2").get_apis()["Items"][0]["ApiId"]
    gone = lambda: not world.client("apigatewayv2").get_authorizers(ApiId=api)["Items"]  # noqa: E731
    assert wait_for(gone, 60)


def test_a_throttle_holds_for_its_own_poc_only(world: World) -> None:
    slow = {"throttle": {"rate": 1, "burst": 1}}
    world.apply(poc("throttled", route=slow), poc("unthrottled"))
    url, other = world.ready("throttled")["predictUrl"], world.ready("unthrottled")["predictUrl"]

    def seen(url: str) -> set[int]:
        return {world.ask(url, {"input": 1}).status for _ in range(15)}

    assert wait_for(lambda: seen(url) == {200, 429}, 60)
    assert seen(other) == {200}
    world.patch("throttled", {"route": {"throttle": None}})
    assert wait_for(lambda: seen(url) == {200}, 60)
    world.ready("throttled")


def test_a_path_of_ones_own_and_another_one_later(world: World) -> None:
    world.apply(poc("moved", route={"path": "/mine/v1.0"}, ecs={"env": env(REVISION="r")}))
    first = world.ready("moved")["url"]
    assert first.endswith("/mine/v1.0")
    assert environment(world, "moved")["ROOT_PATH"] == "mine/v1.0"
    assert world.ask(f"{first}/predict", {"input": 1}).status == 200
    assert world.ask(first.replace("v1.0", "v1x0") + "/health").status == 404, "a dot is a dot"

    world.patch("moved", {"route": {"path": "/mine/v2"}})
    status = world.until("moved", lambda s: s["reason"] == "Ready" and s["url"].endswith("/mine/v2"))
    assert world.ask(status["predictUrl"], {"input": 1}).status == 200
    assert world.ask(f"{first}/predict", {"input": 1}).status == 404
    keys = {key.partition("/")[2] for key in routes(world) if "/mine/" in key}
    assert keys == {"ANY /mine/v2", "ANY /mine/v2/{proxy+}"}
    assert environment(world, "moved")["ROOT_PATH"] == "mine/v2"


def test_a_given_priority_is_honoured_and_can_change(world: World) -> None:
    world.apply(poc("prior", route={"priority": 4711}))
    assert world.ready("prior")["placement"]["priority"] == 4711
    assert rule(world, "prior")["Priority"] == "4711"
    arn = rule(world, "prior")["RuleArn"]
    world.patch("prior", {"route": {"priority": 17}})
    world.until("prior", lambda s: s["reason"] == "Ready" and s["placement"]["priority"] == 17)
    assert (rule(world, "prior")["RuleArn"], rule(world, "prior")["Priority"]) == (arn, "17")


def scalable(world: World, name: str) -> dict[str, Any]:
    scaling = world.client("application-autoscaling")
    arn = service(world, name)["serviceArn"].partition(":service/")[2]
    found = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[f"service/{arn}"])
    return dict(found["ScalableTargets"][0]) if found["ScalableTargets"] else {}


def policies(world: World, name: str) -> list[dict[str, Any]]:
    scaling = world.client("application-autoscaling")
    arn = service(world, name)["serviceArn"].partition(":service/")[2]
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=f"service/{arn}")
    return [dict(p) for p in found["ScalingPolicies"]]


def test_autoscaling_has_its_bounds_and_is_not_fought_over_the_count(world: World) -> None:
    scaling = {"min": 1, "max": 3, "target": {"cpuPercent": 60}}
    world.apply(poc("scales", ecs={"scaling": scaling}))
    world.ready("scales")
    target = scalable(world, "scales")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    tracking = policies(world, "scales")[0]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 60
    assert (
        tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ECSServiceAverageCPUUtilization"
    )

    about = service(world, "scales")
    ecs = world.client("ecs")
    ecs.update_service(cluster=about["clusterArn"], service=about["serviceArn"], desiredCount=2)
    since = world.last_call()
    looked_again(world)
    assert service(world, "scales")["desiredCount"] == 2
    assert not writes(world, since, "scales")
    world.ready("scales")

    memory = {"min": 2, "max": 2, "target": None}
    world.patch("scales", {"ecs": {"scaling": memory}})
    assert wait_for(lambda: not scalable(world, "scales"), 60), "fixed: no autoscaling any more"
    world.ready("scales")
    assert service(world, "scales")["desiredCount"] == 2


def test_a_schedule_puts_it_to_sleep_and_wakes_it_and_it_stays_ready(world: World) -> None:
    def at(seconds: int) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")

    far = {"name": "day", "cron": "0 8 1 1 ? 2099", "min": 1, "max": 1}
    scaling = {"min": 1, "max": 1, "schedule": [far]}
    world.apply(poc("sleeper", ecs={"scaling": scaling}))
    url = world.ready("sleeper")["predictUrl"]
    asleep = {"min": 0, "max": 1, "schedule": [far]}
    world.patch("sleeper", {"ecs": {"scaling": asleep}})
    world.ready("sleeper")
    assert scalable(world, "sleeper")["MinCapacity"] == 0
    about = service(world, "sleeper")
    world.client("ecs").update_service(
        cluster=about["clusterArn"], service=about["serviceArn"], desiredCount=0
    )
    assert wait_for(lambda: service(world, "sleeper")["runningCount"] == 0, 60)
    assert wait_for(lambda: world.ask(url, {"input": 1}).status == 503, 60)
    # Longer than a deep resync (8 s): the URL would be asked again by now.
    since = world.last_call()
    looked_again(world, times=6)
    status = world.get("sleeper")["status"]
    assert status["reason"] == "Ready", status["conditions"]
    assert not writes(world, since, "sleeper")

    awake = {"min": 0, "max": 1, "schedule": [{"name": "wake", "at": at(12), "min": 1, "max": 1}]}
    world.patch("sleeper", {"ecs": {"scaling": awake}})
    assert wait_for(lambda: service(world, "sleeper")["runningCount"] == 1, 60)
    assert wait_for(lambda: world.ask(url, {"input": 1}).status == 200, 60)
    world.ready("sleeper")


def test_spot_is_asked_for_and_given_up_again(world: World) -> None:
    world.apply(poc("spot", ecs={"capacity": "Spot"}))
    world.ready("spot")
    assert [s["capacityProvider"] for s in service(world, "spot")["capacityProviderStrategy"]] == [
        "FARGATE_SPOT"
    ]
    world.patch("spot", {"ecs": {"capacity": "OnDemand"}})
    world.ready("spot")
    assert [s["capacityProvider"] for s in service(world, "spot")["capacityProviderStrategy"]] == ["FARGATE"]


def test_command_and_health_check_command_reach_the_container(world: World) -> None:
    check = {"intervalSeconds": 5, "timeoutSeconds": 2, "command": ["/bin/true"]}
    world.apply(poc("commands", ecs={"healthCheck": check}))
    world.ready("commands")
    container = definition(world, "commands")["containerDefinitions"][0]
    assert container["healthCheck"]["command"] == ["CMD", "/bin/true"]
    assert "command" not in container

    # `env` starts the model with a variable that it would not have otherwise.
    world.patch("commands", {"ecs": {"command": ["/usr/bin/env", "REVISION=commanded", "python", "main.py"]}})
    world.until("commands", lambda s: s["reason"] == "Ready" and commanded(world, "commands"))
    assert revision(world, "commands") == "commanded"
    world.patch("commands", {"ecs": {"command": None}})
    world.ready("commands")
    assert revision(world, "commands") == ""

    world.patch("commands", {"ecs": {"healthCheck": {"command": ["/bin/false"], "startPeriodSeconds": 0}}})
    world.stalled("commands", "RolloutFailed")
    assert revision(world, "commands") == "", "what was well goes on serving"


def commanded(world: World, name: str) -> bool:
    return "command" in definition(world, name)["containerDefinitions"][0]


def test_port_and_size_change_in_place(world: World) -> None:
    world.apply(poc("resized", ecs={"env": env(REVISION="a")}))
    before = world.ready("resized")["revision"]
    group = target_group(world, "resized")["TargetGroupArn"]
    world.patch("resized", {"ecs": {"port": 9090, "cpu": 512, "memory": 2048}})
    rolled(world, "resized", before)
    assert revision(world, "resized") == "a"
    assert service(world, "resized")["loadBalancers"][0]["containerPort"] == 9090
    found = definition(world, "resized")
    assert (found["cpu"], found["memory"]) == ("512", "2048")
    assert environment(world, "resized")["PORT"] == "9090"
    assert target_group(world, "resized")["TargetGroupArn"] == group, "nothing is replaced"
