"""Suspend, expire, delete, retain, observe: AWS holds of a SageMaker POC exactly what it should."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.endpoints import condition, endpoint_name, maintain, until_aws, written
from tests.world import Status, World, endpoint_poc, wait_for

pytestmark = pytest.mark.e2e

WHOLE = [
    "Endpoint",
    "EndpointConfig",
    "Function",
    "Integration",
    "LogGroup",
    "LogGroup",
    "Model",
    "Route",
    "Route",
]
LOGS = ["LogGroup", "LogGroup"]


def begun(world: World, name: str, **spec: Any) -> Status:
    world.upload_archive(name, revision="one")
    world.apply(endpoint_poc(name, **spec))
    return world.ready(name, 90)


def kinds(world: World, name: str) -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, name))


def comes_to(world: World, name: str, wanted: list[str], seconds: float = 60) -> None:
    assert wait_for(lambda: kinds(world, name) == wanted, seconds, 0.5), kinds(world, name)


def gone(world: World, name: str) -> None:
    """No object, no finalizer that holds one, nothing in AWS."""
    assert world.kubectl("get", "modelpoc", name, "--ignore-not-found", "-o", "name").strip() == ""
    comes_to(world, name, [], 30)


def test_creating_takes_few_calls_and_tells_what_it_waits_for(world: World) -> None:
    begun(world, "warms")
    world.upload_archive("counts", revision="one")
    since = world.last_call()
    world.apply(endpoint_poc("counts"))
    until = wait_for(lambda: "CreateEndpoint" in written(world, since), 60, 0.02)
    assert until
    world.local("faults", "PUT", [{"freezeClock": True}])
    try:
        status = world.until("counts", lambda s: "ndpoint" in condition(s, "Ready").get("message", ""), 60)
    finally:
        world.local("faults", "DELETE")
    assert condition(status, "Reconciling")["status"] == "True"
    assert condition(status, "Deployed")["status"] == "False"
    status = world.ready("counts", 90)
    calls = world.operator_calls(since)
    last = max(c["seq"] for c in calls if c["mutating"])
    creation = Counter((c["operation"], c["mutating"]) for c in calls if c["seq"] <= last)
    assert sum(n for (_, mutating), n in creation.items() if mutating) <= 15, creation
    shown(world, "counts", status)


def shown(world: World, name: str, status: Status) -> None:
    """What kubectl shows of it: its configuration is its revision, and it costs money."""
    config = next(f.id for f in aws_listing.owned_by(world.client, name) if f.kind == "EndpointConfig")
    assert status["revision"] == config
    row = world.kubectl("get", "modelpocs", name, "-o", "wide").splitlines()[1]
    for part in ("sagemaker", "True", "Ready", status["url"], config, "USD"):
        assert part in row
    told = world.kubectl("describe", "modelpoc", name)
    assert "Events:" in told
    assert endpoint_name(status) in told


def test_suspend_leaves_logs_alone_and_resume_brings_it_back(world: World) -> None:
    before = begun(world, "rests")
    comes_to(world, "rests", WHOLE)
    world.patch("rests", {"suspend": True})
    status = world.reason("rests", "Suspended", 90)
    comes_to(world, "rests", LOGS, 30)
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    assert "Ready" not in conditions
    assert (conditions["Reconciling"], conditions["Stalled"]) == ("False", "False")
    assert "revision" not in status
    assert world.ask(f"{before['url']}/health").status == 404
    since = world.last_call()
    assert not wait_for(lambda: written(world, since) != [], 8)
    world.patch("rests", {"suspend": False})
    after = world.ready("rests", 90)
    assert (after["url"], after["revision"]) == (before["url"], before["revision"])
    comes_to(world, "rests", WHOLE)
    assert world.predict("rests").status == 200


def test_it_expires_and_comes_back_with_more_time(world: World) -> None:
    begun(world, "short", ttl="1m")
    then = (datetime.now(UTC) - timedelta(seconds=60)).isoformat(timespec="seconds")
    body = json.dumps({"status": {"resumedAt": then}})
    world.kubectl("patch", "modelpoc", "short", "--subresource=status", "--type=merge", "-p", body)
    world.reason("short", "Expired", 90)
    comes_to(world, "short", LOGS, 30)
    world.patch("short", {"ttl": "1h"})
    world.ready("short", 90)
    assert world.predict("short").status == 200


def test_delete_leaves_nothing(world: World) -> None:
    status = begun(world, "goes")
    world.delete("goes")
    gone(world, "goes")
    assert world.ask(f"{status['url']}/health").status == 404


@pytest.mark.parametrize("after", ["CreateModel", "CreateEndpoint", "CreateFunction", "CreateRoute"])
def test_deleted_while_it_is_created(world: World, after: str) -> None:
    name, since = f"early-{after}".lower(), world.last_call()
    world.upload_archive(name, revision="one")
    world.apply(endpoint_poc(name))
    assert wait_for(lambda: after in written(world, since), 60, 0.01)
    world.delete(name, 90)
    gone(world, name)


@pytest.mark.parametrize("how", ["deleted", "suspended"])
def test_ended_while_it_is_updating(world: World, how: str) -> None:
    endpoint = endpoint_name(begun(world, how))
    world.upload_archive(how, revision="two")
    until_aws(world, endpoint, "Updating")
    if how == "deleted":
        world.delete(how, 90)
        gone(world, how)
    else:
        world.patch(how, {"suspend": True})
        world.reason(how, "Suspended", 90)
        comes_to(world, how, LOGS, 30)


def test_deleted_while_aws_maintains_it(world: World) -> None:
    endpoint = endpoint_name(begun(world, "maintained"))
    maintain(world, endpoint, True)
    until_aws(world, endpoint, "SystemUpdating")
    world.kubectl("delete", "modelpoc", "maintained", "--wait=false")
    time.sleep(3)
    maintain(world, endpoint, False)
    world.delete("maintained", 90)
    gone(world, "maintained")


def test_retain_leaves_all_serving_and_unowned_until_it_is_adopted(world: World) -> None:
    before = begun(world, "kept", deletionPolicy="Retain")
    had = {f.id for f in aws_listing.owned_by(world.client, "kept") if f.kind not in ("Integration",)}
    world.delete("kept")
    unmarked = {f.id for f in aws_listing.everything(world.client) if f.kind not in ("Alarm",)}
    assert had <= unmarked
    assert tagged(world, before) == []
    assert world.ask(before["predictUrl"], {"input": 1}).json()["revision"] == "one"
    world.apply(endpoint_poc("kept"))
    world.stalled("kept", "OwnedByOther", 60)
    assert world.ask(before["predictUrl"], {"input": 1}).status == 200
    world.annotate("kept", "modelpoc.dev/adopt=true")
    after = world.ready("kept", 90)
    assert after["revision"] == before["revision"]
    assert kinds(world, "kept") == WHOLE, "said Ready before all was its own again"
    world.delete("kept", 90)
    gone(world, "kept")


def tagged(world: World, status: Status) -> list[str]:
    """What still carries tags of ours among what a status lists of SageMaker."""
    sagemaker = world.client("sagemaker")
    arns = [r["id"] for r in status["resources"] if r["kind"] in ("Model", "EndpointConfig", "Endpoint")]
    assert len(arns) == 3
    tags = {arn: sagemaker.list_tags(ResourceArn=arn)["Tags"] for arn in arns}
    return [arn for arn, some in tags.items() if any(t["Key"].startswith("modelpoc.dev/") for t in some)]


def test_observed_it_tells_its_plan_and_touches_nothing(world: World) -> None:
    world.upload_archive("watched", revision="one")
    watched = endpoint_poc("watched")
    watched["metadata"]["annotations"] = {"modelpoc.dev/mode": "observe"}
    world.apply(watched)
    status = world.reason("watched", "Observing")
    assert "Endpoint" in json.dumps(status["plan"])
    assert kinds(world, "watched") == []
    world.annotate("watched", "modelpoc.dev/mode-")
    assert not world.ready("watched", 90).get("plan")
