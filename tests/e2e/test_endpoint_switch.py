"""From ecs to sagemaker and back: no request fails, the new runtime serves before the old one goes."""

from __future__ import annotations

from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.endpoints import condition
from tests.e2e.failing import env
from tests.e2e.load import load
from tests.world import Status, World, endpoint_poc, poc, wait_for

pytestmark = pytest.mark.e2e

LINE = "could not read weights.safetensors: no such key"
ON_ECS = ["ListenerRule", "LogGroup", "Route", "Route", "Service", "TargetGroup", "Task", "TaskDefinition"]
ON_SAGEMAKER = [
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
AWAY = ("DeleteRule", "DeleteService", "DeleteTargetGroup", "DeleteEndpoint", "DeleteFunction")
"""Each takes away something without which the runtime that it belongs to answers no more."""


def to_sagemaker(**sagemaker: Any) -> dict[str, Any]:
    return {"ecs": None, "sagemaker": endpoint_poc("any", sagemaker=sagemaker)["spec"]["sagemaker"]}


def to_ecs(**ecs: Any) -> dict[str, Any]:
    wanted = {"env": env("ecs"), **ecs}
    return {"sagemaker": None, "ecs": poc("any", ecs=wanted)["spec"]["ecs"]}


def begun(world: World, name: str, runtime: str = "ecs") -> Status:
    """A Ready POC of that runtime, whose archive lies ready for the other one."""
    world.upload_archive(name, revision="sagemaker")
    world.apply(poc(name, ecs={"env": env("ecs")}) if runtime == "ecs" else endpoint_poc(name))
    return world.ready(name)


def kinds(world: World, name: str) -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, name))


def comes_to(world: World, name: str, wanted: list[str]) -> None:
    assert wait_for(lambda: kinds(world, name) == wanted, 60, 0.5), kinds(world, name)


def told(world: World, since: int) -> list[str]:
    """The operator's writes that AWS carried out, in order."""
    return [c["operation"] for c in world.operator_calls(since) if c["mutating"] and c["carriedOut"]]


def in_order(world: World, since: int) -> None:
    """Both routes turned to the new runtime, and only then anything of the old one taken away."""
    calls = told(world, since)
    turned = [n for n, operation in enumerate(calls) if operation == "UpdateRoute"]
    away = [n for n, operation in enumerate(calls) if operation in AWAY]
    assert len(turned) == 2, calls
    assert away, calls
    assert max(turned) < min(away), calls
    assert {"CreateRoute", "DeleteRoute"}.isdisjoint(calls), calls


def serves(world: World, name: str, runtime: str) -> Status:
    """Ready, and it is that runtime that answers."""
    status = world.until(name, lambda s: s.get("reason") == "Ready" and s.get("runtime") == runtime, 90)
    assert world.predict(name).json()["revision"] == runtime
    return status


@pytest.mark.parametrize("first", ["ecs", "sagemaker"])
def test_there_and_back_fails_no_request(world: World, first: str) -> None:
    name, ways = f"both-{first}", {"ecs": (to_ecs, ON_ECS), "sagemaker": (to_sagemaker, ON_SAGEMAKER)}
    second = next(runtime for runtime in ways if runtime != first)
    before = begun(world, name, first)
    with load(before["predictUrl"], 2) as loaded:
        for runtime in (second, first):
            since, (change, whole) = world.last_call(), ways[runtime]
            world.patch(name, change())
            serves(world, name, runtime)
            comes_to(world, name, whole)
            in_order(world, since)
            loaded.until_sent(loaded.sent + 50)
    assert loaded.failed == {}
    assert set(loaded.revisions) == {"ecs", "sagemaker"}
    assert world.get(name)["status"]["url"] == before["url"]


def test_routes_turn_when_the_endpoint_is_in_service(world: World) -> None:
    """Until then the POC says what it waits for, and the old runtime answers."""
    begun(world, "waits")
    since = world.last_call()
    world.patch("waits", to_sagemaker())
    assert wait_for(lambda: "CreateEndpoint" in told(world, since), 60, 0.02)
    world.local("faults", "PUT", [{"freezeClock": True}])
    try:
        status = world.until("waits", lambda s: "Endpoint" in condition(s, "Ready").get("message", ""), 60)
        assert "UpdateRoute" not in told(world, since)
        assert world.predict("waits").json()["revision"] == "ecs"
        assert condition(status, "Reconciling")["status"] == "True"
    finally:
        world.local("faults", "DELETE")
    serves(world, "waits", "sagemaker")


@pytest.mark.parametrize("after", ["CreateEndpoint", "CreateIntegration", "UpdateRoute", "DeleteService"])
def test_killed_in_mid_switch_to_sagemaker(world: World, after: str) -> None:
    killed(world, after, "ecs", "sagemaker", to_sagemaker(), ON_SAGEMAKER)


@pytest.mark.parametrize("after", ["CreateService", "UpdateRoute", "DeleteEndpoint"])
def test_killed_in_mid_switch_to_ecs(world: World, after: str) -> None:
    killed(world, after, "sagemaker", "ecs", to_ecs(), ON_ECS)


def killed(world: World, after: str, old: str, new: str, change: Any, whole: list[str]) -> None:
    name = f"kill-{new}-{after}".lower()
    before, since = begun(world, name, old), world.last_call()
    world.local("faults", "PUT", [{"principal": "*operator*", "latencyMs": 40}])
    try:
        with load(before["predictUrl"], 2) as loaded:
            world.patch(name, change)
            assert wait_for(lambda: after in told(world, since), 60, 0.01), told(world, since)
            world.stop_operator(kill=True)
            world.local("faults", "DELETE")
            world.start_operator()
            serves(world, name, new)
            comes_to(world, name, whole)
    finally:
        world.local("faults", "DELETE")
    assert loaded.failed == {}
    calls = told(world, since)
    twice = {o for o in calls if o.startswith("Create") and o != "CreateLogGroup" and calls.count(o) > 1}
    assert twice == set(), calls


def test_a_new_endpoint_that_fails_leaves_the_service_serving(world: World) -> None:
    before = begun(world, "bad-endpoint")
    world.upload_archive("bad-endpoint", load_error=LINE)
    with load(before["predictUrl"], 2) as loaded:
        since = world.last_call()
        world.patch("bad-endpoint", to_sagemaker())
        status = world.stalled("bad-endpoint", "EndpointFailed", 90)
        assert LINE in condition(status, "Stalled")["message"]
        assert {"UpdateRoute", *AWAY}.isdisjoint(told(world, since)), told(world, since)
        world.patch("bad-endpoint", to_ecs())
        serves(world, "bad-endpoint", "ecs")
        comes_to(world, "bad-endpoint", ON_ECS)
    assert (loaded.failed, set(loaded.revisions)) == ({}, {"ecs"})


def test_a_new_service_that_fails_leaves_the_endpoint_serving(world: World) -> None:
    before = begun(world, "bad-service", "sagemaker")
    with load(before["predictUrl"], 2) as loaded:
        since = world.last_call()
        world.patch("bad-service", to_ecs(image="local/echo:nowhere"))
        status = world.until("bad-service", lambda s: condition(s, "Stalled")["status"] == "True", 90)
        assert "nowhere" in condition(status, "Stalled")["message"]
        assert {"UpdateRoute", *AWAY}.isdisjoint(told(world, since)), told(world, since)
        world.patch("bad-service", to_sagemaker())
        serves(world, "bad-service", "sagemaker")
        comes_to(world, "bad-service", ON_SAGEMAKER)
    assert (loaded.failed, set(loaded.revisions)) == ({}, {"sagemaker"})


@pytest.mark.parametrize("new", ["sagemaker", "ecs"])
def test_suspended_in_mid_switch(world: World, new: str) -> None:
    name, old = f"stop-{new}", "ecs" if new == "sagemaker" else "sagemaker"
    change, made = (to_sagemaker(), "CreateEndpoint") if new == "sagemaker" else (to_ecs(), "CreateService")
    before, since = begun(world, name, old), world.last_call()
    world.patch(name, change)
    assert wait_for(lambda: made in told(world, since), 60, 0.02)
    world.patch(name, {"suspend": True})
    world.reason(name, "Suspended", 90)
    assert wait_for(lambda: set(kinds(world, name)) == {"LogGroup"}, 60, 0.5), kinds(world, name)
    assert world.ask(f"{before['url']}/health").status == 404
    world.patch(name, {"suspend": False})
    serves(world, name, new)
