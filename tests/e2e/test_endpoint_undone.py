"""A rollout of an endpoint that fails is undone by AWS, told in AWS's words, and not tried again."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from tests.e2e.endpoints import (
    RESYNCS,
    collected,
    condition,
    described,
    done_to,
    endpoint_name,
    rolled_to,
    said,
    until_aws,
    written,
)
from tests.e2e.load import load
from tests.localcloud.sagemaker_world import archive
from tests.world import Status, World, endpoint_poc, wait_for

pytestmark = pytest.mark.e2e

LINE = "could not read weights.safetensors: no such key"
CANARY: dict[str, Any] = {"type": "Canary", "instances": 1, "waitSeconds": 400}
PROXY = {"timeoutSeconds": 4}
"""The latency alarm goes off at half of it."""
BAD: dict[str, dict[str, Any]] = {
    "load": {"load_error": LINE},
    "fails": {"fail": "no such layer"},
    "slow": {"sleep": 2.4},
}
"""What is wrong with the second archive of each POC."""
WORDS = {
    "load": ("did not pass the ping health check", LINE),
    "fails": ("CloudWatch alarms went into ALARM", "5xx-"),
    "slow": ("CloudWatch alarms went into ALARM", "latency-"),
}


class Fleet:
    """POCs of which each had a rollout that was undone; all of them at the same time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.good = {name: archive(revision="one", of=name) for name in BAD}
        for name in BAD:
            world.upload(f"{name}/model.tar.gz", self.good[name])
        world.apply(*(endpoint_poc(name, sagemaker={"rollout": CANARY, "proxy": PROXY}) for name in BAD))
        self.before = {name: world.ready(name) for name in BAD}
        self.endpoints = {name: endpoint_name(status) for name, status in self.before.items()}
        self.since = world.last_call()
        urls = {name: status["predictUrl"] for name, status in self.before.items()}
        with load(urls["load"], 2) as self.load, load(urls["fails"], 2) as fails, load(urls["slow"], 4):
            for name, settings in BAD.items():
                world.upload_archive(name, revision="bad", **settings)
            self.failed = {name: world.stalled(name, "RolloutFailed", 120) for name in BAD}
            fails.outcomes.clear()
            fails.until_sent(50)
            self.after = Counter(fails.outcomes)

    def tries(self) -> dict[str, Counter[str]]:
        """What was done to each endpoint since all were well."""
        return {name: done_to(self.world, e, self.since) for name, e in self.endpoints.items()}

    def verdicts(self) -> dict[str, Any]:
        return {name: _verdict(self.world.get(name)["status"]) for name in BAD}


def _verdict(status: Status) -> dict[str, Any]:
    conditions = {c["type"]: c for c in status["conditions"]}
    return {k: status.get(k) for k in ("revision", "failedRevision", "reason")} | conditions


@pytest.fixture(scope="module")
def fleet(world: World) -> Fleet:
    return Fleet(world)


@pytest.mark.parametrize("name", BAD)
def test_the_old_revision_serves_and_the_failure_is_told(world: World, fleet: Fleet, name: str) -> None:
    status, before = fleet.failed[name], fleet.before[name]
    assert {k: said(status)[k] for k in ("Ready", "Reconciling", "Stalled", "Routed", "Deployed")} == {
        "Ready": "False",
        "Reconciling": "False",
        "Stalled": "True",
        "Routed": "True",
        "Deployed": "False",
    }
    for kind in ("Ready", "Stalled", "Deployed"):
        assert condition(status, kind)["reason"] == "RolloutFailed"
        for word in WORDS[name]:
            assert word in condition(status, kind)["message"]
    assert status["revision"] == before["revision"]
    assert status["failedRevision"] not in ("", before["revision"])
    aws = described(world, fleet.endpoints[name])
    assert (aws["EndpointStatus"], aws["EndpointConfigName"]) == ("InService", before["revision"])
    assert aws["FailureReason"].rstrip(".") in condition(status, "Stalled")["message"]
    assert world.predict(name).json()["revision"] == "one"


def test_no_request_fails_while_a_fleet_does_not_come_up(fleet: Fleet) -> None:
    assert fleet.load.sent > 100
    assert fleet.load.failed == {}
    assert set(fleet.load.revisions) == {"one"}


def test_after_an_alarm_requests_succeed_again(fleet: Fleet) -> None:
    assert set(fleet.after) == {"200"}


@pytest.mark.parametrize("event", ["resyncs", "restart", "kill -9"])
def test_it_is_not_tried_again(world: World, fleet: Fleet, event: str) -> None:
    since, verdicts = world.last_call(), fleet.verdicts()
    if event != "resyncs":
        world.stop_operator(kill=event == "kill -9")
        world.start_operator()
    time.sleep(RESYNCS)
    assert written(world, since) == []
    assert world.operator_calls(since), "it has not looked"
    assert fleet.verdicts() == verdicts
    assert fleet.tries() == {name: {"UpdateEndpoint": 1} for name in BAD}


def test_reconcile_at_tries_once_more(world: World, fleet: Fleet) -> None:
    since = world.last_call()
    world.annotate("load", f"modelpoc.dev/reconcile-at={time.time()}")
    assert wait_for(lambda: bool(done_to(world, fleet.endpoints["load"], since)), 60)
    world.reason("load", "RollingOut")
    status = world.stalled("load", "RolloutFailed")
    time.sleep(RESYNCS)
    assert done_to(world, fleet.endpoints["load"], since) == {"UpdateEndpoint": 1}
    assert status["failedRevision"] == fleet.failed["load"]["failedRevision"]
    assert LINE in condition(status, "Stalled")["message"]


def test_the_earlier_content_ends_ready_without_a_rollout(world: World, fleet: Fleet) -> None:
    since = world.last_call()
    world.upload("slow/model.tar.gz", fleet.good["slow"])
    status = world.ready("slow")
    assert status["revision"] == fleet.before["slow"]["revision"]
    assert status["artifactVersion"] == fleet.before["slow"]["artifactVersion"]
    assert "failedRevision" not in status
    assert done_to(world, fleet.endpoints["slow"], since) == {}
    collected(world, "slow")


@pytest.mark.parametrize("name", ["load", "fails"])
def test_a_good_artifact_recovers(world: World, fleet: Fleet, name: str) -> None:
    world.upload_archive(name, revision="two")
    with load(fleet.before[name]["predictUrl"], 2) as loaded:
        status = rolled_to(world, name, fleet.before[name])
        loaded.until_sent(loaded.sent + 20)
    assert loaded.failed == {}
    assert "failedRevision" not in status
    assert said(status) | {"Ready": "True", "Deployed": "True", "Routed": "True"} == said(status)
    assert world.predict(name).json()["revision"] == "two"
    collected(world, name)


def test_killed_in_mid_rollout_it_does_not_try_again(world: World) -> None:
    world.upload_archive("killed", revision="one")
    world.apply(endpoint_poc("killed"))
    before = world.ready("killed")
    endpoint, since = endpoint_name(before), world.last_call()
    world.upload_archive("killed", revision="bad", load_error=LINE)
    until_aws(world, endpoint, "Updating")
    world.stop_operator(kill=True)
    until_aws(world, endpoint, "InService")
    assert described(world, endpoint)["EndpointConfigName"] == before["revision"]
    world.start_operator()
    status = world.stalled("killed", "RolloutFailed")
    time.sleep(RESYNCS)
    assert done_to(world, endpoint, since) == {"UpdateEndpoint": 1}
    assert status["failedRevision"] != before["revision"] == status["revision"]
    assert LINE in condition(status, "Stalled")["message"]
    assert world.predict("killed").json()["revision"] == "one"
