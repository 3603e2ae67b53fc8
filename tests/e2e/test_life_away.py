"""Suspend, resume, delete: afterwards AWS holds exactly what it should, and AWS itself is asked."""

from __future__ import annotations

from typing import Any

import pytest
from tests import aws_listing
from tests.world import Status, World, ask, poc, wait_for

pytestmark = pytest.mark.e2e

RUNNING = [
    "ListenerRule",
    "LogGroup",
    "Route",
    "Route",
    "Secret",
    "Service",
    "TargetGroup",
    "Task",
    "TaskDefinition",
]
WITHOUT_SECRET = [kind for kind in RUNNING if kind != "Secret"]


def _secret(name: str, value: str = "hidden") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default", "labels": {"modelpoc.dev/use": "true"}},
        "stringData": {"token": value},
    }


def _with_secret(name: str, **spec: Any) -> dict[str, Any]:
    """A POC that takes a key of the Secret of its name."""
    ref = {"name": "TOKEN", "secretKeyRef": {"name": name, "key": "token"}}
    return poc(name, ecs={"secrets": [ref]}, **spec)


def _kinds(world: World, name: str, namespace: str = "default") -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, name, namespace))


def _comes_to(world: World, name: str, kinds: list[str], seconds: float = 60) -> None:
    """AWS itself may take a moment to be done with what it was told."""
    assert wait_for(lambda: _kinds(world, name) == kinds, seconds, 0.5), [
        str(f) for f in aws_listing.owned_by(world.client, name)
    ]


def _no_such_poc(world: World, name: str) -> bool:
    return world.kubectl("get", "modelpoc", name, "--ignore-not-found", "-o", "name").strip() == ""


def _suspended(world: World, name: str) -> Status:
    world.patch(name, {"suspend": True})
    return world.reason(name, "Suspended")


def test_suspend_leaves_logs_and_secrets_and_resume_brings_it_back(world: World) -> None:
    world.apply(_secret("rests"), _with_secret("rests"))
    before = world.ready("rests")
    assert _kinds(world, "rests") == RUNNING
    status = _suspended(world, "rests")
    assert _kinds(world, "rests") == ["LogGroup", "Secret"]
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    assert "Ready" not in conditions
    assert (conditions["Reconciling"], conditions["Stalled"]) == ("False", "False")
    assert "revision" not in status
    assert "Suspended" in world.kubectl("get", "modelpoc", "rests")
    assert ask(f"{before['url']}/health").status == 404
    world.patch("rests", {"suspend": False})
    after = world.ready("rests")
    assert after["url"] == before["url"]
    assert _kinds(world, "rests") == RUNNING
    assert world.predict("rests").status == 200


def test_a_suspended_poc_is_left_in_peace(world: World) -> None:
    world.apply(poc("peace"))
    world.ready("peace")
    _suspended(world, "peace")
    _comes_to(world, "peace", ["LogGroup"])
    since, version = world.last_call(), world.get("peace")["metadata"]["resourceVersion"]
    assert not wait_for(lambda: any(c["mutating"] for c in world.operator_calls(since)), 8)
    assert world.get("peace")["metadata"]["resourceVersion"] == version


def test_logs_are_still_there_after_a_suspend(world: World) -> None:
    world.apply(poc("logs", ecs={"env": [{"name": "ECHO_LINES", "value": "3"}]}))
    world.ready("logs")
    _suspended(world, "logs")
    logs = world.client("logs")
    _comes_to(world, "logs", ["LogGroup"])
    [group] = aws_listing.owned_by(world.client, "logs")
    events = logs.filter_log_events(logGroupName=group.id)["events"]
    assert "line 2" in [e["message"].strip() for e in events]


def test_created_suspended_it_never_runs(world: World) -> None:
    since = world.last_call()
    world.apply(poc("never", suspend=True))
    world.reason("never", "Suspended")
    assert _kinds(world, "never") == ["LogGroup"]
    assert "CreateService" not in {c["operation"] for c in world.operator_calls(since)}


def test_a_secret_whose_value_came_anew_while_suspended(world: World) -> None:
    world.apply(_secret("anew", "one"), _with_secret("anew"))
    world.ready("anew")
    _suspended(world, "anew")
    world.apply(_secret("anew", "two"))
    world.patch("anew", {"suspend": False})
    world.ready("anew")
    held = next(f.id for f in aws_listing.owned_by(world.client, "anew") if f.kind == "Secret")
    assert world.client("secretsmanager").get_secret_value(SecretId=held)["SecretString"] == "two"


def test_delete_leaves_nothing(world: World) -> None:
    world.apply(_secret("goes"), _with_secret("goes"))
    status = world.ready("goes")
    world.delete("goes")
    assert _no_such_poc(world, "goes")
    _comes_to(world, "goes", [], 30)
    assert ask(f"{status['url']}/health").status == 404


def test_delete_of_a_suspended_one_leaves_nothing(world: World) -> None:
    world.apply(_secret("rested"), _with_secret("rested"))
    world.ready("rested")
    _suspended(world, "rested")
    world.delete("rested")
    _comes_to(world, "rested", [], 30)


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 5, 6, 7])
def test_deleted_in_the_middle_of_its_creation(world: World, after: int) -> None:
    """After its kth write to AWS."""
    name, since = f"middle-{after}", world.last_call()
    world.apply(poc(name))
    assert wait_for(lambda: _writes(world, since) >= after, 60, 0.01)
    world.delete(name)
    assert _no_such_poc(world, name)
    _comes_to(world, name, [], 30)


def _writes(world: World, since: int) -> int:
    return sum(c["mutating"] and c["outcome"] == "OK" for c in world.operator_calls(since))


def test_deleted_in_the_middle_of_a_rollout(world: World) -> None:
    world.apply(poc("rolls"))
    world.ready("rolls")
    since = world.last_call()
    world.patch("rolls", {"ecs": {"env": [{"name": "REVISION", "value": "two"}]}})
    assert wait_for(
        lambda: "UpdateService" in {c["operation"] for c in world.operator_calls(since)}, 20, 0.01
    )
    world.delete("rolls")
    _comes_to(world, "rolls", [], 30)


def test_deleted_when_its_rollout_failed(world: World) -> None:
    world.apply(poc("failed"))
    world.ready("failed")
    world.patch("failed", {"ecs": {"image": "local/echo:nowhere"}})
    world.stalled("failed", "RolloutFailed", 90)
    world.delete("failed")
    _comes_to(world, "failed", [], 30)


def test_suspended_in_the_middle_of_its_creation(world: World) -> None:
    world.apply(poc("stops"))
    assert wait_for(lambda: "Service" in _kinds(world, "stops"), 60, 0.01)
    _suspended(world, "stops")
    _comes_to(world, "stops", ["LogGroup"], 30)


def _drains(world: World, name: str) -> bool:
    ecs = world.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        found = [a for a in ecs.list_services(cluster=cluster)["serviceArns"] if f"/{name}-" in a]
        told = ecs.describe_services(cluster=cluster, services=found)["services"] if found else []
        if any(s["status"] == "DRAINING" for s in told):
            return True
    return False


def test_applied_again_at_once(world: World) -> None:
    world.apply(poc("again", ecs={"env": [{"name": "REVISION", "value": "old"}]}))
    before = world.ready("again")
    world.delete("again")
    world.apply(poc("again", ecs={"env": [{"name": "REVISION", "value": "new"}]}))
    after = world.ready("again")
    assert after["url"] == before["url"]
    assert world.predict("again").json()["revision"] == "new"
    _comes_to(world, "again", WITHOUT_SECRET)


@pytest.mark.parametrize("how", ["forced", "resumed"])
def test_wanted_back_while_the_old_service_drains(world: World, how: str) -> None:
    """AWS refuses a service of the name of one that drains; here it drains until we have seen ours wait."""
    name = f"drains-{how}"
    world.apply(poc(name, ecs={"env": [{"name": "REVISION", "value": "old"}]}))
    world.ready(name)
    if how == "forced":
        world.kubectl("delete", "modelpoc", name, "--wait=false")
    else:
        world.patch(name, {"suspend": True})
    assert wait_for(lambda: _drains(world, name), 60, 0.01)
    world.local("faults", "PUT", [{"freezeClock": True}])
    try:
        assert _drains(world, name)
        if how == "forced":
            _force_away(world, name)
        world.apply(poc(name, suspend=False, ecs={"env": [{"name": "REVISION", "value": "new"}]}))
        assert wait_for(lambda: "draining" in str(world.condition(name, "Ready").get("message")), 60)
    finally:
        world.local("faults", "DELETE")
    world.until(name, lambda s: s.get("reason") == "Ready", 60)
    assert world.predict(name).json()["revision"] == "new"
    _comes_to(world, name, WITHOUT_SECRET)


def _force_away(world: World, name: str) -> None:
    """What people do with an object that does not go: they take its finalizer off."""
    world.kubectl("patch", "modelpoc", name, "--type=merge", "-p", '{"metadata":{"finalizers":[]}}')


def test_recreated_when_the_object_was_forced_away(world: World) -> None:
    """Somebody took our finalizer off: what was left in AWS is the new one's, and nothing is double."""
    world.apply(poc("forced"))
    world.ready("forced")
    world.stop_operator()
    world.kubectl("delete", "modelpoc", "forced", "--wait=false")
    _force_away(world, "forced")
    world.apply(poc("forced", ecs={"env": [{"name": "REVISION", "value": "new"}]}))
    world.start_operator()
    world.until("forced", lambda s: s.get("reason") == "Ready", 60)
    assert world.predict("forced").json()["revision"] == "new"
    assert wait_for(lambda: set(_kinds(world, "forced")) == set(WITHOUT_SECRET), 60)


def test_what_a_forced_deletion_left_is_swept_away(world: World) -> None:
    world.apply(poc("orphan"))
    world.ready("orphan")
    world.stop_operator()
    world.kubectl("delete", "modelpoc", "orphan", "--wait=false")
    _force_away(world, "orphan")
    assert _no_such_poc(world, "orphan")
    world.start_operator()
    _comes_to(world, "orphan", [], 60)
