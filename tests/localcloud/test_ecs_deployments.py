"""Deployments with tasks that really run: they lose no request, and roll back when they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.localcloud.ecs_world import SCALE, World, load, name_of

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


@pytest.fixture
def name(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    yield from name_of(world, request.node.name)


def test_a_rollout_loses_no_request_and_both_revisions_serve(world: World, name: str) -> None:
    group = world.target_group(name)
    old, new = (world.definition(name, REVISION=revision, ROOT_PATH=name) for revision in ("old", "new"))
    world.create(name, old, loadBalancers=world.behind(group))
    world.settled(name)
    with load(world, name) as asked:
        updated = world.ecs.update_service(cluster="models", service=name, taskDefinition=new)["service"]
        primary, active = updated["deployments"]
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
    assert asked.failures == []
    assert set(asked.answers) == {"old", "new"}
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
    with load(world, name) as asked:
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
    assert asked.failures == []
    assert set(asked.answers) == {"good"}
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
