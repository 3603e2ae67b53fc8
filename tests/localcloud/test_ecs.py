"""ECS as clients see it: through boto3, services and task definitions, on a fast clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.localcloud.ecs_world import SCALE, World, name_of, refusal

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


@pytest.fixture
def name(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    yield from name_of(world, request.node.name)


def test_a_service_comes_up_and_its_log_lines_arrive(world: World, name: str) -> None:
    made = world.create(name, world.definition(name, REVISION="a", ECHO_LINES="2"))
    assert made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert made["status"] == "ACTIVE"
    service = world.settled(name)
    assert (service["runningCount"], service["pendingCount"]) == (1, 0)
    [task] = world.tasks(name)
    assert task["lastStatus"] == "RUNNING"
    assert task["startedBy"] == service["deployments"][0]["id"]
    assert world.predict(task, "x") == {
        "output": "x",
        "revision": "a",
        "task": task["attachments"][0]["details"][1]["value"],
    }
    stream = f"{name}/model/{task['taskArn'].rsplit('/', 1)[-1]}"
    world.until(
        lambda: world.logs.get_log_events(logGroupName="/models", logStreamName=stream)["events"],
        lambda events: [event["message"] for event in events[:2]] == ["line 0", "line 1"],
    )
    assert "steady state" in service["events"][0]["message"]


def test_a_name_is_blocked_while_its_service_drains(world: World, name: str) -> None:
    definition = world.definition(name)
    world.create(name, definition)
    code, message = refusal(lambda: world.create(name, definition))
    assert (code, message) == ("InvalidParameterException", "Creation of service was not idempotent.")
    _, message = refusal(lambda: world.ecs.delete_service(cluster="models", service=name))
    assert message == "The service cannot be stopped while it is scaled above 0."
    world.settled(name)
    with world.held():
        deleted = world.ecs.delete_service(cluster="models", service=name, force=True)["service"]
        assert (deleted["status"], deleted["runningCount"]) == ("DRAINING", 1)
        _, message = refusal(lambda: world.create(name, definition))
        assert message == "Unable to Start a service that is still Draining."
        code, _ = refusal(lambda: world.ecs.update_service(cluster="models", service=name, desiredCount=1))
        assert code == "ServiceNotActiveException"
    world.until(lambda: world.service(name)["status"], lambda status: status == "INACTIVE")
    assert name not in str(world.ecs.list_services(cluster="models", maxResults=100)["serviceArns"])
    world.create(name, definition, desiredCount=0)
    world.settled(name)


def test_the_same_token_gives_the_same_service(world: World, name: str) -> None:
    definition = world.definition(name)
    first = world.create(name, definition, clientToken="t", desiredCount=0)
    again = world.create(name, definition, clientToken="t", desiredCount=0)
    assert again["createdAt"] == first["createdAt"]


def test_describing_has_limits_and_failures(world: World, name: str) -> None:
    refusal(lambda: world.ecs.describe_services(cluster="models", services=[f"s{i}" for i in range(11)]))
    answer = world.ecs.describe_services(cluster="models", services=["never"])
    assert answer["services"] == []
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    code, message = refusal(lambda: world.ecs.describe_services(cluster="none", services=["never"]))
    assert (code, message) == ("ClusterNotFoundException", "Cluster not found.")


def test_services_are_listed_in_pages(world: World, name: str) -> None:
    definition = world.definition(name)
    names = [f"page-{i}" for i in range(12)]
    for one in names:
        world.create(one, definition, desiredCount=0)
    found = [
        arn
        for listed in world.ecs.get_paginator("list_services").paginate(cluster="models")
        for arn in listed["serviceArns"]
    ]
    assert {arn.rsplit("/", 1)[1] for arn in found} >= set(names)
    assert len(found) == len(set(found))
    world.delete(*names)


def test_a_target_group_needs_a_load_balancer(world: World, name: str) -> None:
    group = world.target_group(name, rule=False)
    code, message = refusal(
        lambda: world.create(name, world.definition(name), loadBalancers=world.behind(group))
    )
    assert code == "InvalidParameterException"
    expected = f"The target group with targetGroupArn {group} does not have an associated load balancer."
    assert message == expected


def test_an_update_keeps_what_it_does_not_name(world: World, name: str) -> None:
    definition = world.definition(name)
    spot = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    made = world.create(
        name,
        definition,
        capacityProviderStrategy=spot,
        tags=[{"key": "a", "value": "1"}],
        propagateTags="SERVICE",
    )
    world.settled(name)
    updated = world.ecs.update_service(
        cluster="models", service=name, taskDefinition=world.definition(name, A="1")
    )
    for member in (
        "capacityProviderStrategy",
        "networkConfiguration",
        "desiredCount",
        "deploymentConfiguration",
    ):
        assert updated["service"][member] == made[member]
    world.settled(name)
    [task] = world.tasks(name)
    assert task["capacityProviderName"] == "FARGATE_SPOT"
    same = world.ecs.update_service(
        cluster="models", service=name, taskDefinition=updated["service"]["taskDefinition"]
    )
    assert len(same["service"]["deployments"]) == 1, "nothing changed, so nothing is deployed"
    forced = world.ecs.update_service(cluster="models", service=name, forceNewDeployment=True)
    assert len(forced["service"]["deployments"]) == 2
    world.settled(name)


def test_task_definitions_keep_their_numbers_and_tags(world: World, name: str) -> None:
    first, second = world.definition(name), world.definition(name)
    assert [arn.rsplit(":", 1)[1] for arn in (first, second)] == ["1", "2"]
    world.ecs.tag_resource(resourceArn=first, tags=[{"key": "k", "value": "v"}])
    shown = world.ecs.describe_task_definition(taskDefinition=f"{name}:1", include=["TAGS"])
    assert shown["tags"] == [{"key": "k", "value": "v"}]
    latest = world.ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    assert latest["taskDefinitionArn"] == second
    refused = world.ecs.delete_task_definitions(taskDefinitions=[second])
    assert refused["failures"][0]["arn"] == second
    world.ecs.deregister_task_definition(taskDefinition=second)
    assert world.ecs.list_task_definitions(familyPrefix=name)["taskDefinitionArns"] == [first]
    code, message = refusal(lambda: world.create(name, second))
    assert (code, message) == ("ClientException", "TaskDefinition is inactive")
    world.ecs.delete_task_definitions(taskDefinitions=[second])
    world.until(
        lambda: world.ecs.list_task_definitions(familyPrefix=name, status="DELETE_IN_PROGRESS")[
            "taskDefinitionArns"
        ],
        lambda arns: not arns,
    )
    assert world.definition(name).endswith(":3")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cpu": "256", "memory": "4096"}, "No Fargate configuration exists for given values"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"executionRoleArn": None}, "execution role ARN to support log driver awslogs"),
        ({"containerDefinitions": []}, "Container list cannot be empty"),
        ({"cpu": None}, "Fargate requires that 'cpu' be defined at the task level."),
    ],
)
def test_task_definitions_that_fargate_refuses(world: World, change: dict[str, Any], message: str) -> None:
    shown = world.ecs.describe_task_definition(taskDefinition=world.definition("refused"))["taskDefinition"]
    members = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn")
    request = {member: shown[member] for member in (*members, "containerDefinitions")} | change
    given = {member: value for member, value in request.items() if value is not None}
    code, said = refusal(lambda: world.ecs.register_task_definition(**given))
    assert code == "ClientException"
    assert message in said
