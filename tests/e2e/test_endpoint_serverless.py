"""Serverless endpoints: rollouts that fail, and the ways to instances and back."""

from __future__ import annotations

import pytest
from tests import aws_listing
from tests.e2e.endpoints import (
    collected,
    condition,
    described,
    done_to,
    endpoint_name,
    rolled_to,
)
from tests.e2e.load import load
from tests.world import Status, World, endpoint_poc

pytestmark = pytest.mark.e2e

LINE = "could not read weights.safetensors: no such key"
SERVERLESS = {"memory": 2048, "maxConcurrency": 20}
INSTANCE = {"type": "ml.m5.large", "count": 1}


def test_an_archive_that_does_not_load_is_undone_and_told(world: World) -> None:
    world.upload_archive("less", revision="one")
    world.apply(endpoint_poc("less", sagemaker={"serverless": SERVERLESS}))
    before = world.ready("less")
    endpoint, since = endpoint_name(before), world.last_call()
    with load(before["predictUrl"], 2) as loaded:
        world.upload_archive("less", revision="bad", load_error=LINE)
        status = world.stalled("less", "RolloutFailed", 90)
    assert (loaded.failed, set(loaded.revisions)) == ({}, {"one"})
    message = condition(status, "Ready")["message"]
    assert described(world, endpoint)["FailureReason"].rstrip(".") in message
    assert LINE in message
    assert LINE in world.kubectl("get", "events", "--field-selector", "involvedObject.name=less")
    assert status["revision"] == before["revision"]
    assert done_to(world, endpoint, since) == {"UpdateEndpoint": 1}
    world.upload_archive("less", revision="two")
    rolled_to(world, "less", before)
    collected(world, "less")


def test_from_instances_to_serverless_and_back_fails_no_request(world: World) -> None:
    """AWS turns none into a serverless one: there are two endpoints until the new one answers."""
    world.upload_archive("turns", revision="one")
    world.apply(endpoint_poc("turns", sagemaker={"instance": INSTANCE}))
    before = world.ready("turns")
    with load(before["predictUrl"], 2) as loaded:
        world.patch("turns", {"sagemaker": {"serverless": SERVERLESS, "instance": None}})
        there = rolled_to(world, "turns", before)
        assert variants(world, there) == [None]
        world.patch("turns", {"sagemaker": {"serverless": None, "instance": INSTANCE}})
        back = rolled_to(world, "turns", there)
        assert variants(world, back) == [1]
        loaded.until_sent(loaded.sent + 50)
    assert (loaded.failed, set(loaded.revisions)) == ({}, {"one"})
    assert back["revision"] == before["revision"]
    collected(world, "turns")
    left = aws_listing.owned_by(world.client, "turns")
    assert [f.id for f in left if f.kind == "Endpoint"] == [endpoint_name(back)]


def variants(world: World, status: Status) -> list[int | None]:
    """How many instances each variant of the endpoint has; None for a serverless one."""
    told = described(world, endpoint_name(status))["ProductionVariants"]
    return [v.get("CurrentInstanceCount") for v in told]
