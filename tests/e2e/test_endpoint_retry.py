"""Another try of a rollout that failed, when somebody asks for it with `modelpoc.dev/reconcile-at`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.e2e.endpoints import (
    RESYNCS,
    described,
    done_to,
    endpoint_name,
    said,
    written,
)
from tests.localcloud.sagemaker_world import archive
from tests.world import Status, World, endpoint_poc, wait_for

pytestmark = pytest.mark.e2e

GOOD = archive(revision="one")
BAD = archive(revision="bad", load_error="could not read weights.safetensors: no such key")


def put(world: World, name: str, content: bytes) -> None:
    world.upload(f"{name}/model.tar.gz", content)


def begun(world: World, name: str) -> tuple[Status, str]:
    """A Ready POC, and its endpoint's name."""
    put(world, name, GOOD)
    world.apply(endpoint_poc(name, sagemaker={"instance": {"type": "ml.m5.large", "count": 1}}))
    status = world.ready(name)
    return status, endpoint_name(status)


def ask_for_a_pass(world: World, name: str) -> None:
    world.annotate(name, f"modelpoc.dev/reconcile-at={time.time()}")


@pytest.fixture
def faults(world: World) -> Iterator[World]:
    yield world
    world.local("faults", "DELETE")


def test_another_try_that_meets_trouble_is_not_forgotten(faults: World) -> None:
    """AWS throttles it: nothing else than that somebody asked tells that it is to be tried."""
    _, endpoint = begun(faults, "again")
    put(faults, "again", BAD)
    faults.stalled("again", "RolloutFailed")
    since = faults.last_call()
    faults.local("faults", "PUT", [{"operation": "UpdateEndpoint", "error": "throttle", "count": 3}])
    ask_for_a_pass(faults, "again")
    assert wait_for(lambda: described(faults, endpoint)["EndpointStatus"] == "Updating", 60)
    faults.stalled("again", "RolloutFailed")
    time.sleep(RESYNCS)
    good = [c for c in faults.operator_calls(since) if c["operation"] == "UpdateEndpoint" and c["carriedOut"]]
    assert len(good) == 1


def test_another_try_during_maintenance_comes_after_it(world: World) -> None:
    _, endpoint = begun(world, "later")
    put(world, "later", BAD)
    world.stalled("later", "RolloutFailed")
    world.local(f"sagemaker/endpoints/{endpoint}", "PUT", {"maintenance": True})
    since = world.last_call()
    ask_for_a_pass(world, "later")
    time.sleep(RESYNCS)
    assert done_to(world, endpoint, since) == {}
    world.local(f"sagemaker/endpoints/{endpoint}", "PUT", {"maintenance": False})
    assert wait_for(lambda: done_to(world, endpoint, since) == {"UpdateEndpoint": 1}, 60)
    world.stalled("later", "RolloutFailed")


def test_a_pass_that_somebody_asks_for_writes_nothing_when_all_is_well(world: World) -> None:
    before, _ = begun(world, "well")
    since = world.last_call()
    ask_for_a_pass(world, "well")
    time.sleep(RESYNCS)
    assert world.operator_calls(since)
    assert written(world, since) == []
    status = world.get("well")["status"]
    assert (status["revision"], said(status)["Ready"]) == (before["revision"], "True")
