"""A rollout that fails is told in the container's own words, and is not tried again."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.e2e.failing import CRASH, LINE, env, of_condition, started, tasks_of
from tests.e2e.load import load
from tests.world import Status, World, ask, poc, wait_for

pytestmark = pytest.mark.e2e

RESYNCS = 9.0
"""Seconds: two fast resyncs and a deep one of the tests' operator, and two sweeps."""
CHANGES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "crash": ({"env": CRASH}, ("exited with 3", LINE)),
    "tag": ({"image": "local/echo:nowhere"}, ("CannotPullContainerError", "local/echo:nowhere")),
    "ill": ({"env": [{"name": "ECHO_UNHEALTHY", "value": "1"}]}, ("health",)),
}
"""What each POC is changed to, and the words that tell why it fails."""
SERVED = tuple(CHANGES)
NEW = {"new-crash": "crash", "new-tag": "tag"}
"""POCs that never served, and which of the changes they begin with."""


class Fleet:
    """POCs of which each had a rollout that failed; all of them at the same time."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.apply(*(poc(name, ecs={"env": env("good")}) for name in SERVED))
        self.before = {name: world.ready(name) for name in SERVED}
        with load(self.before["crash"]["predictUrl"]) as self.load:
            for name in SERVED:
                world.patch(name, {"ecs": CHANGES[name][0]})
            world.apply(*(poc(name, ecs=CHANGES[change][0]) for name, change in NEW.items()))
            self.failed, self.told_at = self._failed("crash"), datetime.now(UTC)
            self.failed |= self._failed(*(set(SERVED) - {"crash"}), *NEW)

    def _failed(self, *names: str) -> dict[str, Status]:
        return {name: self.world.stalled(name, "RolloutFailed", 120) for name in names}

    def tasks(self) -> Counter[str]:
        """How many tasks there were of each failed revision."""
        return Counter({n: len(tasks_of(self.world, s["failedRevision"])) for n, s in self.failed.items()})

    def verdicts(self) -> dict[str, Any]:
        return {name: _verdict(self.world.get(name)["status"]) for name in self.failed}


def _verdict(status: Status) -> dict[str, Any]:
    """What must not change from then on; AWS's words do once, when it has rolled back."""
    said = {c["type"]: (c["status"], c["reason"], c["lastTransitionTime"]) for c in status["conditions"]}
    return {"revision": status.get("revision"), "failedRevision": status["failedRevision"], **said}


@pytest.fixture(scope="module")
def fleet(world: World) -> Fleet:
    return Fleet(world)


@pytest.mark.parametrize("name", SERVED)
def test_the_old_revision_serves_and_the_failure_is_told(world: World, fleet: Fleet, name: str) -> None:
    status, before = fleet.failed[name], fleet.before[name]
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    assert {k: conditions[k] for k in ("Ready", "Reconciling", "Stalled", "Routed", "Deployed")} == {
        "Ready": "False",
        "Reconciling": "False",
        "Stalled": "True",
        "Routed": "True",
        "Deployed": "False",
    }
    assert of_condition(status, "Ready")["reason"] == "RolloutFailed"
    for word in CHANGES[name][1]:
        assert word in of_condition(status, "Ready")["message"]
    assert status["revision"] == before["revision"]
    assert status["failedRevision"] not in ("", before["revision"])
    definitions = [r for r in status["resources"] if r["kind"] == "TaskDefinition"]
    serving = next(r for r in definitions if r["id"].endswith(f"/{before['revision']}"))
    assert (serving["state"], len(definitions)) == ("Waiting", 2)
    assert world.predict(name).json()["revision"] == "good"


def test_no_request_fails_while_a_rollout_does(fleet: Fleet) -> None:
    assert fleet.load.sent > 100
    assert fleet.load.failed == {}
    assert set(fleet.load.revisions) == {"good"}


def test_it_is_told_soon_after_the_last_start_that_failed(world: World, fleet: Fleet) -> None:
    last = max(t["stoppedAt"] for t in tasks_of(world, fleet.failed["crash"]["failedRevision"]))
    assert (fleet.told_at - last).total_seconds() < 30
    events = world.kubectl("get", "events", "--field-selector", "involvedObject.name=crash")
    assert LINE in events


@pytest.mark.parametrize("name", NEW)
def test_a_first_rollout_that_fails_routes_nothing(fleet: Fleet, name: str) -> None:
    status = fleet.failed[name]
    assert of_condition(status, "Ready")["status"] == "False"
    assert of_condition(status, "Routed")["status"] == "False"
    assert "revision" not in status
    assert status["failedRevision"]
    for word in CHANGES[NEW[name]][1]:
        assert word in of_condition(status, "Stalled")["message"]
    assert ask(f"{status['url']}/health").status >= 400


@pytest.mark.parametrize("event", ["resyncs", "restart", "kill -9"])
def test_it_is_not_tried_again(world: World, fleet: Fleet, event: str) -> None:
    since, tasks, verdicts = world.last_call(), fleet.tasks(), fleet.verdicts()
    if event != "resyncs":
        world.stop_operator(kill=event == "kill -9")
        world.start_operator()
    time.sleep(RESYNCS)
    assert started(world, since) == {}
    assert fleet.tasks() == tasks
    assert fleet.verdicts() == verdicts
    assert min(tasks.values()) > 0


def test_once_rolled_back_it_is_quiet(world: World, fleet: Fleet) -> None:
    def versions() -> dict[str, str]:
        return {name: world.get(name)["metadata"]["resourceVersion"] for name in fleet.failed}

    def quiet() -> bool:
        before = versions()
        time.sleep(5)
        return versions() == before

    assert wait_for(quiet, 60)


@pytest.mark.parametrize("name", NEW)
def test_a_good_spec_brings_up_what_never_served(world: World, fleet: Fleet, name: str) -> None:
    world.patch(name, {"ecs": {"image": "local/echo:latest", "env": env("good")}})
    after = world.ready(name)
    assert "failedRevision" not in after
    assert after["revision"] != fleet.failed[name]["failedRevision"]
    assert world.predict(name).json()["revision"] == "good"


@pytest.mark.parametrize("what", ["path", "patience"])
def test_what_no_revision_holds_can_be_put_right(world: World, what: str) -> None:
    """A health check's path, or how long a start may take: the task definition stays as it was."""
    checks = {
        "path": ({"path": "/nowhere"}, {"path": "/health"}),
        "patience": ({"gracePeriodSeconds": 10}, {"gracePeriodSeconds": 3600}),
    }
    wrong, right = checks[what]
    slow = [{"name": "ECHO_WARMUP", "value": "12"}] if what == "patience" else []
    check = {"intervalSeconds": 5, "timeoutSeconds": 2, "gracePeriodSeconds": 10}
    world.apply(poc(f"wrong-{what}", ecs={"env": slow, "healthCheck": {**check, **wrong}}))
    failed = world.stalled(f"wrong-{what}", "RolloutFailed", 90)
    world.patch(f"wrong-{what}", {"ecs": {"healthCheck": right}})
    ready = world.ready(f"wrong-{what}", 60)
    assert ready["revision"] == failed["failedRevision"]
    assert "failedRevision" not in ready
