"""kill -9 at any moment of an endpoint's life: one of everything, nothing left over, nothing done twice.

What a rollout does when it is killed is shown in test_endpoint_rough, switches in test_endpoint_switch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests import aws_listing
from tests.world import World, endpoint_poc, wait_for

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
OPERATOR = {"principal": "*operator*"}
CREATING = (
    "CreateModel",
    "CreateEndpointConfig",
    "CreateEndpoint",
    "CreateFunction",
    "AddPermission",
    "CreateIntegration",
)


@contextmanager
def slow(world: World) -> Iterator[None]:
    """Each call of the operator takes a while, so that one can be told from the next."""
    world.local("faults", "PUT", [{**OPERATOR, "latencyMs": 100}])
    try:
        yield
    finally:
        world.local("faults", "DELETE")


def done(world: World, since: int) -> Counter[str]:
    """The writes that AWS carried out after call number `since`."""
    calls = world.operator_calls(since)
    return Counter(c["operation"] for c in calls if c["mutating"] and c["carriedOut"])


def killed_after(world: World, writes: int, since: int) -> None:
    assert wait_for(lambda: done(world, since).total() >= writes, 60, 0.005)
    world.stop_operator(kill=True)


def kinds(world: World, name: str) -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, name))


def comes_to(world: World, name: str, wanted: list[str]) -> None:
    assert wait_for(lambda: kinds(world, name) == wanted, 60, 0.5), [
        str(f) for f in aws_listing.owned_by(world.client, name)
    ]


def born(world: World, *names: str) -> None:
    for name in names:
        world.upload_archive(name, revision="one")
    world.apply(*(endpoint_poc(name) for name in names))


def whole(world: World, *names: str) -> None:
    for name in names:
        world.ready(name, 90)
        assert world.predict(name).json()["revision"] == "one"
        comes_to(world, name, WHOLE)


@pytest.mark.parametrize("writes", [1, 4, 8, 11])
def test_during_creation(world: World, writes: int) -> None:
    name, since = f"born-{writes}", world.last_call()
    with slow(world):
        born(world, name)
        killed_after(world, writes, since)
    world.start_operator()
    whole(world, name)
    made = done(world, since)
    assert {made[o] for o in CREATING} == {1}, made


def test_when_calls_were_carried_out_and_their_answers_are_lost(world: World) -> None:
    """Each of these once, with whichever POC it happens; the operator dies before it can look again."""
    names, since = ["lost-a", "lost-b"], world.last_call()
    lost = [{**OPERATOR, "operation": o, "reset": "after", "count": 1} for o in CREATING]
    world.local("faults", "PUT", [*lost, {**OPERATOR, "latencyMs": 40}])
    try:
        born(world, *names)
        assert wait_for(lambda: unanswered(world, since) == set(CREATING), 60, 0.005), unanswered(
            world, since
        )
        world.stop_operator(kill=True)
    finally:
        world.local("faults", "DELETE")
    world.start_operator()
    whole(world, *names)
    made = done(world, since)
    assert {made[o] for o in CREATING} == {len(names)}, made


def unanswered(world: World, since: int) -> set[str]:
    calls = world.operator_calls(since)
    return {c["operation"] for c in calls if c["carriedOut"] and c["outcome"] != "OK"} & set(CREATING)


@pytest.mark.parametrize("writes", [1, 3])
def test_during_a_rollout(world: World, writes: int) -> None:
    name = f"rolls-{writes}"
    born(world, name)
    before, since = world.ready(name, 90), world.last_call()
    with slow(world):
        world.upload_archive(name, revision="two")
        killed_after(world, writes, since)
    world.start_operator()
    world.until(name, lambda s: s.get("reason") == "Ready" and s["revision"] != before["revision"], 90)
    assert world.predict(name).json()["revision"] == "two"
    comes_to(world, name, WHOLE)
    made = done(world, since)
    assert {made[o] for o in ("CreateModel", "CreateEndpointConfig", "UpdateEndpoint")} == {1}, made


def test_again_and_again_during_deletion(world: World) -> None:
    names = ["dies-a", "dies-b"]
    born(world, *names)
    whole(world, *names)
    for writes in (2, 5, 4):
        since = world.last_call()
        with slow(world):
            if writes == 2:
                world.kubectl("delete", "modelpoc", *names, "--wait=false")
            killed_after(world, writes, since)
        world.start_operator()
    world.kubectl("wait", "--for=delete", *(f"modelpoc/{name}" for name in names), "--timeout=60s")
    for name in names:
        comes_to(world, name, [])


def test_afterwards_nothing_belongs_to_nobody(world: World) -> None:
    """What all of the above left in AWS is the platform's, or of a POC that there is."""
    pocs = json.loads(world.kubectl("get", "modelpocs", "-A", "-o", "json"))["items"]
    known = {aws_listing.owner_hash(p["metadata"]["namespace"], p["metadata"]["name"]) for p in pocs}
    known.add(aws_listing.owner_hash("", ""))
    found = aws_listing.everything(world.client)
    assert [str(f) for f in found if f.owner not in known and f.kind != "Stage"] == []


@pytest.mark.parametrize("kill", [False, True], ids=["restart", "kill -9"])
def test_a_restart_with_everything_ready_writes_nothing(world: World, kill: bool) -> None:
    born(world, "calm")
    world.ready("calm", 90)
    assert wait_for(lambda: not changes(world), 60), "it does not come to rest"
    before, since = objects(world), world.last_call()
    world.stop_operator(kill=kill)
    world.start_operator()
    assert wait_for(lambda: listings(world, since) >= 3, 60), "it does not look"
    assert done(world, since) == {}
    assert objects(world) == before


def listings(world: World, since: int) -> int:
    return sum(c["operation"] == "ListEndpoints" for c in world.operator_calls(since))


def objects(world: World) -> dict[str, str]:
    """Versions of all that the operator writes to in Kubernetes, events among them."""
    items = json.loads(world.kubectl("get", "modelpocs,modelplatforms,events", "-A", "-o", "json"))["items"]
    return {f"{i['kind']} {i['metadata']['name']}": i["metadata"]["resourceVersion"] for i in items}


def changes(world: World) -> bool:
    """Whether anything is written to AWS or Kubernetes within five seconds."""
    before, since = objects(world), world.last_call()
    wait_for(lambda: done(world, since).total() > 0, 5)
    return objects(world) != before or done(world, since).total() > 0
