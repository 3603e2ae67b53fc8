"""Tasks that really run: when they are replaced, what they are given, and that they end with their cloud."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.localcloud.ecs_world import SCALE, World, name_of

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


@pytest.fixture
def name(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    yield from name_of(world, request.node.name)


def test_unhealthy_targets_are_replaced(world: World, name: str) -> None:
    group = world.target_group(name)
    ill = world.definition(name, ECHO_UNHEALTHY="1")
    world.create(name, ill, loadBalancers=world.behind(group), healthCheckGracePeriodSeconds=0)
    service = world.settled(name, "FAILED")
    stopped = world.tasks(name, "STOPPED")
    assert stopped[0]["stoppedReason"] == f"Task failed ELB health checks in (target-group {group})"
    assert any("is unhealthy in (target-group" in event["message"] for event in service["events"])


def test_a_container_health_check_decides(world: World, name: str) -> None:
    check = {"healthCheck": {"command": ["CMD-SHELL", "python main.py --check"], "interval": 5, "retries": 2}}
    world.create(name, world.definition(name, check))
    world.settled(name)
    [task] = world.tasks(name)
    assert (task["healthStatus"], task["containers"][0]["healthStatus"]) == ("HEALTHY", "HEALTHY")
    bad = world.definition(name, check, ECHO_UNHEALTHY="1")
    world.ecs.update_service(cluster="models", service=name, taskDefinition=bad)
    world.until(
        lambda: [t.get("stoppedReason") for t in world.tasks(name, "STOPPED")],
        lambda reasons: "Task failed container health checks" in reasons,
    )


def test_secrets_reach_the_container_or_the_task_says_which_is_missing(world: World, name: str) -> None:
    arn = world.cloud.client("secretsmanager").create_secret(Name=name, SecretString='{"key": "from-key"}')[
        "ARN"
    ]
    world.cloud.client("ssm").put_parameter(Name=f"/{name}/parameter", Value="p", Type="SecureString")
    parameter = f"arn:aws:ssm:eu-west-1:000000000000:parameter/{name}/parameter"
    secrets = [{"name": "REVISION", "valueFrom": f"{arn}:key::"}, {"name": "P", "valueFrom": parameter}]
    world.create(name, world.definition(name, {"secrets": secrets}))
    world.settled(name)
    assert world.predict(world.tasks(name)[0], 1)["revision"] == "from-key"
    missing = [{"name": "P", "valueFrom": parameter + "s"}]
    broken = world.definition(name, {"secrets": missing})
    world.ecs.update_service(cluster="models", service=name, taskDefinition=broken)
    stopped = world.until(lambda: world.tasks(name, "STOPPED"), bool)[0]
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets")
    assert stopped["stoppedReason"].endswith(f"invalid ssm parameters: /{name}/parameters")


def test_a_missing_log_group_fails_the_task_as_on_fargate(world: World, name: str) -> None:
    options = {"awslogs-group": "/none", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "x"}
    logs = {"logConfiguration": {"logDriver": "awslogs", "options": options}}
    world.create(name, world.definition(name, logs))
    stopped = world.until(lambda: world.tasks(name, "STOPPED"), bool)[0]
    assert "ResourceInitializationError: failed to validate logger args" in stopped["stoppedReason"]
    assert "The specified log group does not exist" in stopped["stoppedReason"]


def test_stopped_tasks_are_replaced(world: World, name: str) -> None:
    world.create(name, world.definition(name))
    world.settled(name)
    [task] = world.tasks(name)
    world.ecs.stop_task(cluster="models", task=task["taskArn"], reason="by hand")
    fresh = world.until(lambda: world.tasks(name), lambda t: [x["lastStatus"] for x in t] == ["RUNNING"])
    assert fresh[0]["taskArn"] != task["taskArn"]
    [stopped] = world.ecs.describe_tasks(cluster="models", tasks=[task["taskArn"]])["tasks"]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "by hand")


def test_a_task_can_be_run_without_a_service(world: World, name: str) -> None:
    change = {"name": "model", "environment": [{"name": "ECHO_FAIL", "value": "4"}]}
    [task] = world.ecs.run_task(
        cluster="models",
        taskDefinition=world.definition(name, REVISION="r"),
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": world.subnets}},
        overrides={"containerOverrides": [change]},
    )["tasks"]

    def look() -> dict[str, Any]:
        return dict(world.ecs.describe_tasks(cluster="models", tasks=[task["taskArn"]])["tasks"][0])

    ended = world.until(look, lambda t: t["lastStatus"] == "STOPPED")
    assert ended["containers"][0]["exitCode"] == 4
    assert ended["group"] == f"family:{name}"


def test_a_task_has_the_credentials_of_its_role_and_no_others(world: World, name: str) -> None:
    url = "os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']"
    fetch = f"import os, urllib.request as u; print(u.urlopen({url}).read())"
    definition = world.definition(
        name, {"command": ["python", "-c", fetch]}, role="arn:aws:iam::000000000000:role/m"
    )
    world.ecs.run_task(
        cluster="models",
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": world.subnets}},
    )
    said = world.until(lambda: world.lines(name), bool)[0]
    assert '"RoleArn": "arn:aws:iam::000000000000:role/m"' in said
    assert '"Token"' in said


def test_the_placeholder_serves_until_there_is_an_image(world: World, name: str) -> None:
    group = world.target_group(name)
    stand_in = world.definition(name, {"image": "local/placeholder:latest"})
    world.create(name, stand_in, loadBalancers=world.behind(group))
    world.settled(name)
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(f"http://{world.address}:{world.port}/{name}/predict", b"{}", timeout=30)
    assert answer.value.code == 503
    assert json.load(answer.value)["error"] == "placeholder"


def test_nothing_of_a_cloud_outlives_it(start_cloud: Callable[..., Any]) -> None:
    short = World(start_cloud(time_scale=SCALE))
    short.create("s", short.definition("s"))
    short.settled("s")
    [task] = short.tasks("s")
    assert short.predict(task, 1)["output"] == 1
    short.cloud.run(short.cloud.aws.backend("ecs").stop())
    with pytest.raises(OSError, match="refused"):
        short.predict(task, 1)
