"""New artifacts and changed specs take over on an endpoint while requests go on, and none of them fails."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.endpoints import (
    collected,
    condition,
    described,
    done_to,
    endpoint_name,
    rolled_to,
    said,
)
from tests.e2e.load import Load, load
from tests.world import SM_ECHO, Status, World, endpoint_poc

from localcloud.runtime import images

pytestmark = pytest.mark.e2e

REQUESTS = 300
CANARY: dict[str, Any] = {"type": "Canary", "instances": 1, "waitSeconds": 300}
LINEAR: dict[str, Any] = {"type": "Linear", "percent": 50, "waitSeconds": 200}
SLOW = ("--poll", "0.5", "--fast-resync", "600", "--deep-resync", "600", "--sweep", "600")


def begun(world: World, name: str, **sagemaker: Any) -> Status:
    """A POC whose archive says "one", Ready."""
    world.upload_archive(name, revision="one")
    world.apply(endpoint_poc(name, sagemaker=sagemaker))
    return world.ready(name)


def served(world: World, name: str, loaded: Load, before: Status, answer: str = "two") -> Status:
    """Ready with another revision, which answers; REQUESTS were sent by then, and none failed."""
    status = rolled_to(world, name, before)
    loaded.until_sent(max(REQUESTS, loaded.sent + 30))
    assert loaded.failed == {}
    assert set(loaded.order[-20:]) == {answer}
    assert world.predict(name).json()["revision"] == answer
    return status


def rolling(world: World, name: str) -> Status:
    """The status while a rollout is under way."""
    return world.until(name, lambda s: s.get("reason") == "RollingOut", 60)


def mixed(order: list[str]) -> int:
    """How many answers of the old revision came after the first of the new one."""
    return order[order.index("two") :].count("one")


def test_a_new_artifact_goes_by_canary_and_fails_no_request(world: World) -> None:
    before = begun(world, "canary", rollout=CANARY)
    endpoint, since = endpoint_name(before), world.last_call()
    with load(before["predictUrl"]) as loaded:
        loaded.until_sent(30)
        world.upload_archive("canary", revision="two")
        under_way = rolling(world, "canary")
        after = served(world, "canary", loaded, before)
    assert set(loaded.revisions) == {"one", "two"}
    assert mixed(loaded.order) >= 20
    assert under_way["revision"] == before["revision"]
    assert {k: said(under_way)[k] for k in ("Ready", "Reconciling", "Stalled", "Deployed", "Routed")} == {
        "Ready": "False",
        "Reconciling": "True",
        "Stalled": "False",
        "Deployed": "False",
        "Routed": "True",
    }
    assert set(said(after).values()) == {"True", "False"}
    assert after["artifactVersion"] != before["artifactVersion"]
    assert (after["url"], "failedRevision" in after) == (before["url"], False)
    assert done_to(world, endpoint, since) == {"UpdateEndpoint": 1}
    assert described(world, endpoint)["EndpointConfigName"] == after["revision"]
    collected(world, "canary")


def test_a_linear_rollout_fails_no_request(world: World) -> None:
    before = begun(world, "linear", rollout=LINEAR)
    with load(before["predictUrl"]) as loaded:
        world.upload_archive("linear", revision="two")
        served(world, "linear", loaded, before)
    assert mixed(loaded.order) >= 10
    deployed = described(world, endpoint_name(before))["LastDeploymentConfig"]
    routing = deployed["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert (routing["Type"], routing["LinearStepSize"]["Value"]) == ("LINEAR", 50)
    collected(world, "linear")


def test_a_serverless_endpoint_takes_a_new_artifact_and_fails_no_request(world: World) -> None:
    before = begun(world, "less", serverless={"memory": 2048, "maxConcurrency": 20})
    with load(before["predictUrl"]) as loaded:
        world.upload_archive("less", revision="two")
        served(world, "less", loaded, before)
    collected(world, "less")


@pytest.fixture
def changed_image(world: World, tmp_path: Path) -> str:
    """A second snapshot of the framework image, of another digest."""
    source = tmp_path / "sm-echo"
    shutil.copytree(SM_ECHO, source)
    (source / "code" / "changed.txt").write_text("changed")
    return images.build("sm-echo", source, world.files.images, tag="changed").reference


def test_changes_of_the_spec_roll_out_and_fail_no_request(world: World, changed_image: str) -> None:
    """env, number of instances, image: one after the other, all at once each."""
    before = begun(world, "spec")
    endpoint, sagemaker = endpoint_name(before), world.client("sagemaker")
    with load(before["predictUrl"]) as loaded:
        world.patch("spec", {"sagemaker": {"env": [{"name": "COLOUR", "value": "red"}]}})
        second = served(world, "spec", loaded, before, "one")
        assert world.ask(before["predictUrl"], {"env": "COLOUR"}).json() == {"env": "red"}
        world.patch("spec", {"sagemaker": {"instance": {"count": 1}}})
        third = served(world, "spec", loaded, second, "one")
        assert described(world, endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 1
        world.patch("spec", {"sagemaker": {"image": changed_image}})
        fourth = served(world, "spec", loaded, third, "one")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=fourth["revision"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    assert model["PrimaryContainer"]["Image"] == changed_image
    assert len({s["revision"] for s in (before, second, third, fourth)}) == 4
    collected(world, "spec")


def test_a_change_back_brings_the_first_revision_back(world: World) -> None:
    before = begun(world, "back")
    world.patch("back", {"sagemaker": {"env": [{"name": "COLOUR", "value": "red"}]}})
    changed = rolled_to(world, "back", before)
    world.patch("back", {"sagemaker": {"env": None}})
    after = rolled_to(world, "back", changed)
    assert after["revision"] == before["revision"]
    collected(world, "back")


@pytest.fixture
def patient(world: World) -> Iterator[World]:
    """The operator looks at what is well only when somebody asks for it."""
    world.stop_operator()
    world.start_operator(*SLOW)
    yield world
    world.stop_operator()
    world.start_operator()


def test_reconcile_at_takes_a_new_artifact_at_once(patient: World) -> None:
    before = begun(patient, "asked")
    patient.upload_archive("asked", revision="two")
    patient.annotate("asked", f"modelpoc.dev/reconcile-at={time.time()}")
    after = rolled_to(patient, "asked", before, 60)
    assert patient.predict("asked").json()["revision"] == "two"
    assert condition(after, "Ready")["status"] == "True"
