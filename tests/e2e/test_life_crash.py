"""kill -9 at any moment, and start again: one of everything, nothing left over, nothing done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests import aws_listing
from tests.e2e.failing import env
from tests.world import World, poc, wait_for

pytestmark = pytest.mark.e2e

WHOLE = ["ListenerRule", "LogGroup", "Route", "Route", "Service", "TargetGroup", "Task", "TaskDefinition"]
OPERATOR = {"principal": "*operator*"}


@contextmanager
def _slow(world: World) -> Iterator[None]:
    """Each call of the operator takes a while, so that one can be told from the next."""
    world.local("faults", "PUT", [{**OPERATOR, "latencyMs": 100}])
    try:
        yield
    finally:
        world.local("faults", "DELETE")


def _writes(world: World, since: int) -> int:
    return sum(c["mutating"] for c in world.operator_calls(since))


def _killed_after(world: World, writes: int, since: int) -> None:
    """The operator, as soon as it has made so many writes since call number `since`."""
    assert wait_for(lambda: _writes(world, since) >= writes, 60, 0.005)
    world.stop_operator(kill=True)


def _kinds(world: World, name: str) -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, name))


def _comes_to(world: World, name: str, kinds: list[str]) -> None:
    assert wait_for(lambda: _kinds(world, name) == kinds, 60, 0.5), [
        str(f) for f in aws_listing.owned_by(world.client, name)
    ]


@pytest.mark.parametrize("writes", [1, 4, 8, 12, 17, 22])
def test_during_creation(world: World, writes: int) -> None:
    """Of three at once, which are then at different points; they make 27 writes in all."""
    names, since = [f"born-{writes}-{letter}" for letter in "abc"], world.last_call()
    with _slow(world):
        world.apply(*(poc(name, ecs={"env": env("one")}) for name in names))
        _killed_after(world, writes, since)
    assert not all(_kinds(world, name) == WHOLE for name in names), "killed too late to tell"
    world.start_operator()
    for name in names:
        world.ready(name)
        assert world.predict(name).json()["revision"] == "one"
        _comes_to(world, name, WHOLE)


CREATING = ("CreateTargetGroup", "CreateRule", "RegisterTaskDefinition", "CreateService", "CreateRoute")


def test_when_calls_were_carried_out_and_their_answers_are_lost(world: World) -> None:
    """Each of these once, with whichever POC it happens; the operator dies before it can look again."""
    names, since = [f"lost-{letter}" for letter in "abc"], world.last_call()
    lost = [{**OPERATOR, "operation": o, "reset": "after", "count": 1} for o in CREATING]
    world.local("faults", "PUT", [*lost, {**OPERATOR, "latencyMs": 40}])
    try:
        world.apply(*(poc(name) for name in names))
        assert wait_for(lambda: _lost(world, since) == set(CREATING), 60, 0.005)
        world.stop_operator(kill=True)
    finally:
        world.local("faults", "DELETE")
    world.start_operator()
    for name in names:
        world.ready(name)
        _comes_to(world, name, WHOLE)


def _lost(world: World, since: int) -> set[str]:
    calls = world.operator_calls(since)
    return {c["operation"] for c in calls if c["carriedOut"] and c["outcome"] != "OK"} & set(CREATING)


@pytest.mark.parametrize("writes", [1, 3])
def test_during_a_rollout(world: World, writes: int) -> None:
    names = [f"rolls-{writes}-{letter}" for letter in "ab"]
    world.apply(*(poc(name, ecs={"env": env("one")}) for name in names))
    before, since = {name: world.ready(name) for name in names}, world.last_call()
    with _slow(world):
        for name in names:
            world.patch(name, {"ecs": {"env": env("two")}})
        _killed_after(world, writes, since)
    world.start_operator()
    for name in names:
        old = before[name]["revision"]
        world.until(name, lambda s, old=old: s.get("reason") == "Ready" and s["revision"] != old)
        assert world.predict(name).json()["revision"] == "two"
    made = [c["operation"] for c in world.operator_calls(since)]
    assert (made.count("RegisterTaskDefinition"), made.count("UpdateService")) == (2, 2)


def test_again_and_again_during_deletion(world: World) -> None:
    names = [f"dies-{letter}" for letter in "abc"]
    world.apply(*(poc(name) for name in names))
    for name in names:
        world.ready(name)
    for writes in (2, 5, 4):
        since = world.last_call()
        with _slow(world):
            if writes == 2:
                world.kubectl("delete", "modelpoc", *names, "--wait=false")
            _killed_after(world, writes, since)
        world.start_operator()
    world.kubectl("wait", "--for=delete", *(f"modelpoc/{name}" for name in names), "--timeout=60s")
    for name in names:
        _comes_to(world, name, [])


def test_afterwards_nothing_belongs_to_nobody(world: World) -> None:
    """What all of the above left in AWS is the platform's, or of a POC that there is."""
    pocs = json.loads(world.kubectl("get", "modelpocs", "-A", "-o", "json"))["items"]
    known = {aws_listing.owner_hash(p["metadata"]["namespace"], p["metadata"]["name"]) for p in pocs}
    known.add(aws_listing.owner_hash("", ""))
    found = aws_listing.everything(world.client)
    strangers = [str(f) for f in found if f.owner not in known and f.kind != "Stage"]
    assert strangers == []


@pytest.mark.parametrize("kill", [False, True], ids=["restart", "kill -9"])
def test_a_restart_with_everything_ready_writes_nothing(world: World, kill: bool) -> None:
    names = [f"calm-{n}" for n in range(3)]
    world.apply(*(poc(name) for name in names), poc("calm-asleep", suspend=True))
    for name in names:
        world.ready(name)
    world.reason("calm-asleep", "Suspended")
    assert wait_for(lambda: not _changes(world, 5), 90), "it does not come to rest"
    before, since = _objects(world), world.last_call()
    world.stop_operator(kill=kill)
    world.start_operator()
    assert wait_for(lambda: _listings(world, since) >= 3, 60), "it does not look"
    assert [c["operation"] for c in world.operator_calls(since) if c["mutating"]] == []
    assert _objects(world) == before


def test_a_restart_while_aws_is_away_takes_nothing_back(world: World) -> None:
    world.apply(poc("bears"))
    before = world.ready("bears")
    since = world.last_call()
    world.stop_operator(kill=True)
    world.local("faults", "PUT", [{**OPERATOR, "error": "InternalFailure", "status": 500}])
    try:
        world.start_operator()
        assert wait_for(lambda: len(world.operator_calls(since)) >= 5, 60)
        time.sleep(3)
        status = world.get("bears")["status"]
        ready = [c for c in status["conditions"] if c["type"] == "Ready"]
        assert ready == [c for c in before["conditions"] if c["type"] == "Ready"]
        assert status["revision"] == before["revision"]
        world.apply(poc("meanwhile"))
    finally:
        world.local("faults", "DELETE")
    world.ready("meanwhile", 90)
    world.ready("bears")
    assert "bears" not in str([c for c in world.operator_calls(since) if c["mutating"]])


def _listings(world: World, since: int) -> int:
    return sum(c["operation"] == "DescribeTargetGroups" for c in world.operator_calls(since))


def _objects(world: World) -> dict[str, str]:
    """Versions of all that the operator writes to in Kubernetes, events among them."""
    listed = world.kubectl("get", "modelpocs,modelplatforms,events", "-A", "-o", "json")
    items = json.loads(listed)["items"]
    return {f"{i['kind']} {i['metadata']['name']}": i["metadata"]["resourceVersion"] for i in items}


def _changes(world: World, seconds: float) -> bool:
    """Whether anything is written to AWS or Kubernetes within so many seconds."""
    before, since = _objects(world), world.last_call()
    time.sleep(seconds)
    return _objects(world) != before or _writes(world, since) > 0
