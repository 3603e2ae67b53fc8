"""An endpoint that was never in service: why is told, nothing loops, and a change makes it anew."""

from __future__ import annotations

import time

import pytest
from tests.e2e.endpoints import (
    RESYNCS,
    collected,
    condition,
    described,
    done_to,
    endpoint_name,
    said,
    until_aws,
    written,
)
from tests.world import Status, World, endpoint_poc

pytestmark = pytest.mark.e2e

LINE = "could not read weights.safetensors: no such key"
FAILED = ("changed", "mended", "asked", "moved")
"""POCs whose first endpoint fails, each with its own way out."""


class Fleet:
    """POCs whose first endpoint failed; all of them at the same time."""

    def __init__(self, world: World) -> None:
        for name in FAILED:
            world.upload_archive(name, load_error=LINE)
        self.since = world.last_call()
        one = {"instance": {"type": "ml.m5.large", "count": 1}}
        world.apply(*(endpoint_poc(name, sagemaker=one) for name in FAILED))
        self.failed: dict[str, Status] = {n: world.stalled(n, "EndpointFailed", 120) for n in FAILED}
        self.endpoints = {name: endpoint_name(status) for name, status in self.failed.items()}


@pytest.fixture(scope="module")
def fleet(world: World) -> Fleet:
    return Fleet(world)


def test_why_it_failed_is_told(world: World, fleet: Fleet) -> None:
    status = fleet.failed["changed"]
    assert {k: said(status)[k] for k in ("Ready", "Reconciling", "Stalled", "Routed", "Deployed")} == {
        "Ready": "False",
        "Reconciling": "False",
        "Stalled": "True",
        "Routed": "False",
        "Deployed": "False",
    }
    reason = described(world, fleet.endpoints["changed"])["FailureReason"]
    for kind in ("Ready", "Stalled", "Deployed"):
        message = condition(status, kind)["message"]
        assert (reason.rstrip(".") in message, LINE in message) == (True, True), message
    assert "revision" not in status
    assert status["failedRevision"]
    assert world.ask(f"{status['url']}/health").status == 503


@pytest.mark.parametrize("event", ["resyncs", "kill -9"])
def test_nothing_loops(world: World, fleet: Fleet, event: str) -> None:
    since = world.last_call()
    if event == "kill -9":
        world.stop_operator(kill=True)
        world.start_operator()
    time.sleep(RESYNCS)
    assert written(world, since) == []
    assert world.operator_calls(since), "it has not looked"
    tries = {name: done_to(world, e, fleet.since) for name, e in fleet.endpoints.items()}
    assert tries == {name: {"CreateEndpoint": 1} for name in FAILED}


def recovered(world: World, fleet: Fleet, name: str, answer: str) -> None:
    """Ready with an endpoint of the same name, made once more, and only that."""
    status = world.ready(name)
    assert endpoint_name(status) == fleet.endpoints[name]
    assert done_to(world, fleet.endpoints[name], fleet.since) == {"CreateEndpoint": 2, "DeleteEndpoint": 1}
    assert "failedRevision" not in status
    assert said(status) | {"Ready": "True", "Deployed": "True", "Routed": "True"} == said(status)
    assert world.predict(name).json()["output"] == answer
    collected(world, name)


def test_a_change_of_the_spec_makes_it_anew(world: World, fleet: Fleet) -> None:
    """`modelDataUrl` of a good archive."""
    world.upload_archive("elsewhere", revision="two")
    url = f"s3://{world.prepared.bucket}/elsewhere/model.tar.gz"
    world.patch("moved", {"sagemaker": {"modelDataUrl": url}})
    recovered(world, fleet, "moved", "hello")


def test_another_artifact_makes_it_anew(world: World, fleet: Fleet) -> None:
    world.upload_archive("mended", revision="two")
    recovered(world, fleet, "mended", "hello")


def test_reconcile_at_makes_it_anew(world: World, fleet: Fleet) -> None:
    """Once for each time that somebody asks; here it fails again, of course."""
    since, endpoint = world.last_call(), fleet.endpoints["asked"]
    world.annotate("asked", f"modelpoc.dev/reconcile-at={time.time()}")
    until_aws(world, endpoint, "Creating", seconds=30)
    until_aws(world, endpoint, "Failed")
    status = world.stalled("asked", "EndpointFailed")
    time.sleep(RESYNCS)
    assert done_to(world, endpoint, since) == {"CreateEndpoint": 1, "DeleteEndpoint": 1}
    assert LINE in condition(status, "Stalled")["message"]
    assert world.get("asked")["status"]["reason"] == "EndpointFailed"


def test_a_failed_one_can_be_deleted(world: World, fleet: Fleet) -> None:
    world.delete("changed")
    assert described(world, fleet.endpoints["changed"]) == {}


def test_an_endpoint_that_breaks_later_is_told_and_made_anew_on_request(world: World) -> None:
    world.upload_archive("breaks", revision="one")
    world.apply(endpoint_poc("breaks"))
    endpoint = endpoint_name(world.ready("breaks"))
    since = world.last_call()
    words = "The execution role was deleted."
    world.local(f"sagemaker/endpoints/{endpoint}", "PUT", {"failed": words})
    status = world.stalled("breaks", "EndpointFailed")
    assert words.rstrip(".") in condition(status, "Ready")["message"]
    assert said(status)["Routed"] == "False"
    assert done_to(world, endpoint, since) == {}
    world.annotate("breaks", f"modelpoc.dev/reconcile-at={time.time()}")
    world.ready("breaks")
    assert done_to(world, endpoint, since) == {"CreateEndpoint": 1, "DeleteEndpoint": 1}
