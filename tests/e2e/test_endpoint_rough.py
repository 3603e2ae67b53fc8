"""Rollouts of endpoints that meet trouble on their way: rollbacks that fail, crashes, lost answers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.e2e.endpoints import (
    RESYNCS,
    collected,
    condition,
    described,
    done_to,
    endpoint_name,
    rolled_to,
    until_aws,
    written,
)
from tests.e2e.load import load
from tests.localcloud.sagemaker_world import archive
from tests.world import Status, World, endpoint_poc, wait_for

pytestmark = pytest.mark.e2e

LINE = "could not read weights.safetensors: no such key"
GOOD = {revision: archive(revision=revision) for revision in ("one", "two", "three")}
BAD = archive(revision="bad", load_error=LINE)


def put(world: World, name: str, content: bytes) -> None:
    world.upload(f"{name}/model.tar.gz", content)


def begun(world: World, name: str) -> tuple[Status, str]:
    """A Ready POC, and its endpoint's name."""
    put(world, name, GOOD["one"])
    world.apply(endpoint_poc(name, sagemaker={"instance": {"type": "ml.m5.large", "count": 1}}))
    status = world.ready(name)
    return status, endpoint_name(status)


@pytest.fixture
def faults(world: World) -> Iterator[World]:
    yield world
    world.local("faults", "DELETE")


@pytest.mark.parametrize("way", ["one", "two"])
def test_a_rollback_that_fails_is_told_and_mended_by_content(world: World, way: str) -> None:
    """By the earlier content, and by another."""
    name = f"half-{way}"
    before, endpoint = begun(world, name)
    world.local(f"sagemaker/endpoints/{endpoint}", "PUT", {"rollbackFails": True})
    put(world, name, BAD)
    until_aws(world, endpoint, "UpdateRollbackFailed")
    status = world.stalled(name, "RolloutFailed")
    assert "could neither finish the last rollout nor undo it" in condition(status, "Stalled")["message"]
    since = world.last_call()
    time.sleep(RESYNCS)
    assert written(world, since) == []
    put(world, name, GOOD[way])
    after = world.ready(name)
    assert world.predict(name).json()["revision"] == way
    assert described(world, endpoint)["EndpointStatus"] == "InService"
    assert (after["revision"] == before["revision"]) == (way == "one")
    assert done_to(world, endpoint, since) == {"UpdateEndpoint": 1}
    collected(world, name)


def test_a_change_of_mind_in_mid_rollout_ends_at_the_last(world: World) -> None:
    before, endpoint = begun(world, "mind")
    with load(before["predictUrl"], 2) as loaded:
        put(world, "mind", GOOD["two"])
        until_aws(world, endpoint, "Updating")
        put(world, "mind", GOOD["three"])
        status = rolled_to(world, "mind", before)
        assert wait_for(lambda: world.predict("mind").json()["revision"] == "three", 60)
        status = rolled_to(world, "mind", before)
        put(world, "mind", BAD)
        until_aws(world, endpoint, "Updating")
        put(world, "mind", GOOD["three"])
        until_aws(world, endpoint, "InService")
        again = world.ready("mind")
    assert loaded.failed == {}
    assert again["revision"] == status["revision"]
    assert "failedRevision" not in again
    collected(world, "mind")


def test_a_crash_in_mid_rollout_fails_no_request(world: World) -> None:
    before, endpoint = begun(world, "crash")
    since = world.last_call()
    with load(before["predictUrl"], 2) as loaded:
        put(world, "crash", GOOD["two"])
        until_aws(world, endpoint, "Updating")
        world.stop_operator(kill=True)
        world.start_operator()
        rolled_to(world, "crash", before)
    assert loaded.failed == {}
    assert done_to(world, endpoint, since) == {"UpdateEndpoint": 1}
    collected(world, "crash")


def test_an_update_whose_answer_is_lost_is_not_asked_for_twice(faults: World) -> None:
    before, endpoint = begun(faults, "answer")
    since = faults.last_call()
    faults.local("faults", "PUT", [{"operation": "UpdateEndpoint", "reset": "after", "count": 1}])
    put(faults, "answer", GOOD["two"])
    rolled_to(faults, "answer", before)
    assert done_to(faults, endpoint, since) == {"UpdateEndpoint": 1}


def test_a_bad_update_whose_answer_is_lost_is_not_tried_twice(faults: World) -> None:
    before, endpoint = begun(faults, "worse")
    since = faults.last_call()
    faults.local("faults", "PUT", [{"operation": "UpdateEndpoint", "reset": "after", "count": 1}])
    put(faults, "worse", BAD)
    status = faults.stalled("worse", "RolloutFailed")
    assert (status["revision"], done_to(faults, endpoint, since)) == (
        before["revision"],
        {"UpdateEndpoint": 1},
    )
