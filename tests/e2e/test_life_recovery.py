"""Ways out of a rollout that failed, and what does not count as one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.failing import CRASH, LINE, env, of_condition, started, tasks_of
from tests.world import Status, World, poc, wait_for

pytestmark = pytest.mark.e2e

_Broken = tuple[str, Status, Status]
"""Name, its status while it served well, its status once the change had failed."""


@pytest.fixture
def serving(world: World, request: pytest.FixtureRequest) -> Iterator[tuple[str, Status]]:
    """A POC that serves, named after the test."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    world.apply(poc(name, ecs={"env": env("good")}))
    yield name, world.ready(name)
    world.kubectl("delete", "modelpoc", name, "--wait=false")


def _fail(world: World, name: str, **ecs: Any) -> Status:
    world.patch(name, {"ecs": ecs})
    return world.stalled(name, "RolloutFailed", 90)


@pytest.fixture
def broken(world: World, serving: tuple[str, Status]) -> _Broken:
    """…whose change to a model that crashes has failed."""
    return *serving, _fail(world, serving[0], env=CRASH)


def _serves_on(world: World, name: str, status: Status, before: Status) -> None:
    assert of_condition(status, "Routed")["status"] == "True"
    assert status["revision"] == before["revision"]
    assert world.predict(name).json()["revision"] == "good"


def test_a_good_spec(world: World, broken: _Broken) -> None:
    name, before, failed = broken
    world.patch(name, {"ecs": {"env": env("better")}})
    after = world.ready(name)
    assert "failedRevision" not in after
    assert after["revision"] not in (before["revision"], failed["failedRevision"])
    assert world.predict(name).json()["revision"] == "better"


def test_undoing_the_change(world: World, broken: _Broken) -> None:
    name, before, _ = broken
    world.patch(name, {"ecs": {"env": env("good")}})
    after = world.ready(name)
    assert "failedRevision" not in after
    assert after["revision"] == before["revision"]


def test_undoing_the_change_and_making_it_again(world: World, broken: _Broken) -> None:
    """The spec changed twice: it may be tried once more, and is told again."""
    name, before, _ = broken
    world.patch(name, {"ecs": {"env": env("good")}})
    world.ready(name)
    status = _fail(world, name, env=CRASH)
    _serves_on(world, name, status, before)


def test_a_change_that_is_no_rollout_tries_nothing(world: World, broken: _Broken) -> None:
    name, before, failed = broken
    tried = len(tasks_of(world, failed["failedRevision"]))
    world.patch(name, {"tags": {"team": "blue"}})
    status = world.stalled(name, "RolloutFailed")
    _serves_on(world, name, status, before)
    assert status["failedRevision"] == failed["failedRevision"]
    assert len(tasks_of(world, status["failedRevision"])) == tried


def test_another_broken_change(world: World, broken: _Broken) -> None:
    name, before, failed = broken
    status = _fail(world, name, image="local/echo:nowhere")
    assert status["failedRevision"] != failed["failedRevision"]
    assert "CannotPullContainerError" in of_condition(status, "Ready")["message"]
    _serves_on(world, name, status, before)


def test_reconcile_at_tries_again_once(world: World, broken: _Broken) -> None:
    name, before, failed = broken
    since, tried = world.last_call(), len(tasks_of(world, failed["failedRevision"]))
    world.annotate(name, "modelpoc.dev/reconcile-at=2026-11-22T12:00:00Z")
    assert wait_for(lambda: len(tasks_of(world, failed["failedRevision"])) > tried, 60)
    status = world.stalled(name, "RolloutFailed", 90)
    time.sleep(4)
    assert started(world, since) == {"UpdateService": 1}
    _serves_on(world, name, status, before)


def test_a_tag_that_was_pushed_at_last(world: World, serving: tuple[str, Status]) -> None:
    name, _ = serving
    _fail(world, name, image=f"local/echo:{name}")
    world.build_echo(name)
    world.annotate(name, "modelpoc.dev/reconcile-at=2026-11-22T12:00:00Z")
    after = world.until(name, lambda s: s.get("reason") == "Ready", 60)
    assert "failedRevision" not in after


def test_suspend_and_resume_try_again(world: World, broken: _Broken) -> None:
    name, _, _ = broken
    world.patch(name, {"suspend": True})
    world.reason(name, "Suspended")
    world.patch(name, {"suspend": False, "ecs": {"env": env("again")}})
    assert "failedRevision" not in world.ready(name)


def test_a_failure_while_the_operator_was_away(world: World, serving: tuple[str, Status]) -> None:
    name, before = serving
    since = world.last_call()
    world.patch(name, {"ecs": {"env": CRASH}})
    assert wait_for(lambda: started(world, since)["UpdateService"] > 0, 60)
    world.stop_operator(kill=True)
    bad = f"{before['revision'].rpartition(':')[0]}:2"
    try:
        assert wait_for(lambda: _rolled_back(world, name, before["revision"]), 60)
        tried = len(tasks_of(world, bad))
    finally:
        world.start_operator()
    status = world.stalled(name, "RolloutFailed", 60)
    assert status["failedRevision"] == bad
    _serves_on(world, name, status, before)
    assert wait_for(lambda: LINE in world.condition(name, "Stalled")["message"], 60)
    time.sleep(4)
    assert len(tasks_of(world, bad)) == tried
    assert started(world, since) == {"RegisterTaskDefinition": 1, "UpdateService": 1}


def _rolled_back(world: World, name: str, revision: str) -> bool:
    ecs = world.client("ecs")
    cluster = ecs.list_clusters()["clusterArns"][0]
    found = [a for a in ecs.list_services(cluster=cluster)["serviceArns"] if f"/{name}-" in a]
    told = ecs.describe_services(cluster=cluster, services=found)["services"][0]["deployments"]
    only = told[0]
    return (
        len(told) == 1
        and only["rolloutState"] == "COMPLETED"
        and only["taskDefinition"].endswith(f"/{revision}")
    )
