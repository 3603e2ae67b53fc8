"""ECS as clients see it: through boto3, with tasks that really run, on a fast clock."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.ecs_world import World

pytestmark = pytest.mark.local
SCALE = 200.0


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


@pytest.fixture
def name(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name of its own for each test; a service of that name is deleted afterwards."""
    chosen = request.node.name.replace("_", "-")[5:37].strip("-")
    yield chosen
    found = world.ecs.describe_services(cluster="models", services=[chosen])["services"]
    if found and found[0]["status"] == "ACTIVE":
        world.delete(chosen)


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


class Load:
    """Asks one URL again and again from a thread, and keeps every answer."""

    def __init__(self, url: str) -> None:
        self.url, self.answers, self.failures = url, [], []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._over.wait(0.002):
            try:
                with urllib.request.urlopen(self.url, b'{"input": 1}', timeout=60) as answer:
                    self.answers.append(json.load(answer)["revision"])
            except OSError as error:
                self.failures.append(str(error))


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


def test_a_rollout_loses_no_request_and_both_revisions_serve(world: World, name: str) -> None:
    group = world.target_group(name)
    old, new = (world.definition(name, REVISION=revision, ROOT_PATH=name) for revision in ("old", "new"))
    world.create(name, old, loadBalancers=world.behind(group))
    world.settled(name)
    with Load(f"http://{world.address}:{world.port}/{name}/predict") as load:
        asked = world.ecs.update_service(cluster="models", service=name, taskDefinition=new)["service"]
        primary, active = asked["deployments"]
        assert (primary["status"], primary["rolloutState"], primary["runningCount"]) == (
            "PRIMARY",
            "IN_PROGRESS",
            0,
        )
        assert (active["status"], active["rolloutState"], active["runningCount"]) == (
            "ACTIVE",
            "COMPLETED",
            1,
        )
        world.until(lambda: len(world.tasks(name)), lambda running: running == 2)
        assert world.settled(name)["taskDefinition"] == new
    assert load.failures == []
    assert set(load.answers) == {"old", "new"}
    [stopped] = world.tasks(name, "STOPPED")
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert stopped["stoppedReason"] == f"Scaling activity initiated by (deployment {primary['id']})"
    messages = " ".join(event["message"] for event in world.service(name)["events"])
    for part in (
        "registered 1 targets in",
        "has begun draining connections on 1 tasks",
        "deployment completed",
    ):
        assert part in messages


def test_draining_waits_for_the_delay_before_sigterm(world: World, name: str) -> None:
    group = world.target_group(name, delay=600)
    world.create(name, world.definition(name), loadBalancers=world.behind(group))
    world.settled(name)
    [task] = world.tasks(name)
    world.ecs.update_service(cluster="models", service=name, desiredCount=0)

    def look() -> dict[str, Any]:
        return dict(world.ecs.describe_tasks(cluster="models", tasks=[task["taskArn"]])["tasks"][0])

    draining = world.until(look, lambda t: t["lastStatus"] == "DEACTIVATING")
    assert world.predict(task, 1)["output"] == 1, "a draining task must go on answering"
    gone = world.until(look, lambda t: t["lastStatus"] == "STOPPED")
    waited = (gone["executionStoppedAt"] - draining["stoppingAt"]).total_seconds()
    assert waited >= 600 / SCALE
    assert gone["containers"][0]["exitCode"] == 0
    scratch = world.cloud.aws.config.state_dir / "tasks"
    assert not list(scratch.glob(f"*{task['taskArn'].rsplit('/', 1)[1]}*"))


def test_an_image_that_is_not_there_rolls_back_and_names_the_fault(world: World, name: str) -> None:
    good = world.definition(name, REVISION="good")
    world.create(name, good)
    first = world.settled(name)["deployments"][0]["id"]
    bad = world.definition(name, {"image": "local/echo:nope"})
    failed = world.ecs.update_service(cluster="models", service=name, taskDefinition=bad)["service"]
    failed_id = failed["deployments"][0]["id"]
    service = world.until(lambda: world.service(name), lambda s: s["deployments"][0]["id"] == first)
    back = service["deployments"][0]
    assert back["taskDefinition"] == service["taskDefinition"] == good
    settled = world.settled(name)
    assert settled["deployments"][0]["id"] == first
    stopped = [t for t in world.tasks(name, "STOPPED") if t["startedBy"] == failed_id]
    assert len(stopped) == 3
    assert {t["stopCode"] for t in stopped} == {"TaskFailedToStart"}
    assert {t["stoppedReason"] for t in stopped} == {"Task failed to start"}
    assert "CannotPullContainerError" in stopped[0]["containers"][0]["reason"]
    assert (stopped[0]["stoppingAt"] - stopped[0]["createdAt"]).total_seconds() >= 160 / SCALE
    messages = [event["message"] for event in settled["events"]]
    assert f"(service {name}) (deployment {failed_id}) deployment failed: tasks failed to start." in messages
    assert f"(service {name}) rolling back to deployment {first}." in messages
    [entry, *_] = world.ecs.list_service_deployments(cluster="models", service=name)["serviceDeployments"]
    assert entry["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_crash_loop_rolls_back_while_the_old_revision_serves(world: World, name: str) -> None:
    group = world.target_group(name)
    good = world.definition(name, REVISION="good", ROOT_PATH=name)
    world.create(name, good, loadBalancers=world.behind(group))
    world.settled(name)
    bad = world.definition(name, ECHO_FAIL="3", ECHO_FAIL_LINE="cannot load weights")
    with Load(f"http://{world.address}:{world.port}/{name}/predict") as load:
        world.ecs.update_service(cluster="models", service=name, taskDefinition=bad)
        seen = world.until(
            lambda: world.service(name), lambda s: s["deployments"][0]["taskDefinition"] == good
        )
        assert "rolling back to deploymentId" in seen["deployments"][0]["rolloutStateReason"]
        failed = [d for d in seen["deployments"] if d["status"] == "ACTIVE"]
        assert [(d["rolloutState"], d["rolloutStateReason"]) for d in failed] == [
            ("FAILED", "ECS deployment circuit breaker: tasks failed to start.")
        ]
        world.settled(name)
    assert load.failures == []
    assert set(load.answers) == {"good"}
    crashed = [t for t in world.tasks(name, "STOPPED") if t["stopCode"] == "EssentialContainerExited"]
    assert len(crashed) == 3
    assert {t["containers"][0]["exitCode"] for t in crashed} == {3}
    assert {t["stoppedReason"] for t in crashed} == {"Essential container in task exited"}
    world.until(lambda: world.lines(name), lambda lines: lines.count("cannot load weights") >= 3)


def test_with_nothing_to_go_back_to_a_deployment_stays_failed(world: World, name: str) -> None:
    world.create(name, world.definition(name, ECHO_FAIL="1"))
    service = world.settled(name, "FAILED")
    assert service["deployments"][0]["failedTasks"] == 3
    started = len(world.tasks(name, "STOPPED"))
    world.until(lambda: world.service(name)["runningCount"], lambda running: running == 0)
    assert len(world.tasks(name, "STOPPED")) == started == 3
    fixed = world.definition(name, REVISION="fixed")
    world.ecs.update_service(cluster="models", service=name, taskDefinition=fixed)
    assert world.settled(name)["taskDefinition"] == fixed
    states = world.ecs.list_service_deployments(cluster="models", service=name)["serviceDeployments"]
    assert [entry["status"] for entry in states] == ["SUCCESSFUL", "STOPPED"]


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


def test_a_name_is_blocked_while_its_service_drains(world: World, name: str) -> None:
    definition = world.definition(name)
    world.create(name, definition)
    code, message = refusal(lambda: world.create(name, definition))
    assert (code, message) == ("InvalidParameterException", "Creation of service was not idempotent.")
    _, message = refusal(lambda: world.ecs.delete_service(cluster="models", service=name))
    assert message == "The service cannot be stopped while it is scaled above 0."
    world.settled(name)
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


def test_nothing_of_a_cloud_outlives_it(start_cloud: Callable[..., Any]) -> None:
    short = World(start_cloud(time_scale=SCALE))
    short.create("s", short.definition("s"))
    short.settled("s")
    [task] = short.tasks("s")
    assert short.predict(task, 1)["output"] == 1
    short.cloud.run(short.cloud.aws.backend("ecs").stop())
    with pytest.raises(OSError, match="refused"):
        short.predict(task, 1)
