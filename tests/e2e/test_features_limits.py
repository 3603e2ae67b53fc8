"""What a platform allows, and what there must be before a POC can begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.e2e.features import held, looked_again, mark_of, marked, platform_patch, taggable
from tests.world import World, poc, wait_for

from localcloud.demo.account import platform_manifest

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("limits")
    try:
        for name in ("team-a", "team-b"):
            world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield world
    finally:
        world.down()


def message(status: dict[str, Any]) -> str:
    return str(next(c["message"] for c in status["conditions"] if c["type"] == "Ready"))


@contextmanager
def allowing(world: World, **allow: Any) -> Iterator[None]:
    """The platform's `allow` with these fields, until the end."""
    before = world.get_platform()["spec"]["allow"]
    platform_patch(world, {"allow": allow})
    try:
        yield
    finally:
        platform_patch(world, {"allow": {key: before.get(key) for key in allow}})


@pytest.mark.parametrize(
    ("allow", "ecs", "reason", "told"),
    [
        ({"images": ["registry.example/*"]}, {}, "ImageNotAllowed", "registry.example/*"),
        ({"maxCpu": 256}, {"cpu": 512, "memory": 1024}, "SizeNotAllowed", "ecs.cpu 512"),
        ({"maxMemory": 512}, {"memory": 1024}, "SizeNotAllowed", "ecs.memory 1024"),
        (
            {"roleArns": []},
            {"taskRoleArn": "arn:aws:iam::000000000000:role/modelpoc-execution"},
            "RoleNotAllowed",
            "allow.roleArns",
        ),
    ],
    ids=["image", "cpu", "memory", "role"],
)
def test_what_is_not_allowed_is_refused_what_runs_goes_on_and_a_change_counts_at_once(
    world: World, allow: dict[str, Any], ecs: dict[str, Any], reason: str, told: str
) -> None:
    runs, comes = f"runs-{next(iter(allow)).lower()}", f"comes-{next(iter(allow)).lower()}"
    with allowing(world, roleArns=["arn:aws:iam::*:role/*"]):
        world.apply(poc(runs, ecs=ecs))
        world.ready(runs)
        with allowing(world, **allow):
            world.apply(poc(comes, ecs=ecs))
            status = world.stalled(comes, reason)
            assert told in message(status)
            assert not held(world, comes)
            world.stalled(runs, reason)
            assert world.predict(runs).status == 200
        world.ready(comes, 60)
        world.ready(runs, 60)
    world.delete(runs)
    world.delete(comes)


def test_the_oldest_stay_when_a_platform_is_full(world: World) -> None:
    world.apply(poc("oldest"))
    world.ready("oldest")
    with allowing(world, pocsPerPlatform=1):
        world.apply(poc("too-many"))
        status = world.stalled("too-many", "LimitReached")
        assert "the platform carries 1 POCs" in message(status)
        assert "spec.allow.pocsPerPlatform" in message(status)
        world.ready("oldest")
        world.delete("oldest")
        world.ready("too-many", 60)
    world.delete("too-many")


def test_the_oldest_stay_when_a_namespace_is_full(world: World) -> None:
    with allowing(world, pocsPerNamespace=1):
        world.apply(poc("one", namespace="team-a"))
        world.ready("one", namespace="team-a")
        world.apply(poc("two", namespace="team-a"), poc("three", namespace="team-b"))
        status = world.stalled("two", "LimitReached", namespace="team-a")
        assert "namespace team-a may have 1 POCs" in message(status)
        world.ready("three", namespace="team-b")
        world.ready("one", namespace="team-a")
    world.ready("two", 30, namespace="team-a")
    with allowing(world, namespaces=["team-b"]):
        status = world.stalled("two", "NamespaceNotAllowed", namespace="team-a")
        assert "serves the namespaces team-b, not team-a" in message(status)
        world.ready("three", namespace="team-b")
        url = world.get("two", "team-a")["status"]["predictUrl"]
        assert world.ask(url, {"input": 1}).status == 200
    world.ready("two", 30, namespace="team-a")
    for name, namespace in (("one", "team-a"), ("two", "team-a"), ("three", "team-b")):
        world.delete(name, namespace=namespace)


def test_a_platform_that_comes_later_is_used_at_once(world: World) -> None:
    world.apply(poc("early", platformRef={"name": "later"}))
    status = world.stalled("early", "PlatformNotFound")
    assert "there is no ModelPlatform later: create it, or correct spec.platformRef.name" in message(status)
    later(world)
    world.ready("early")
    first, second = (
        world.get_platform()["status"]["baseUrl"],
        world.get_platform("later")["status"]["baseUrl"],
    )
    assert first != second


def later(world: World) -> None:
    """A second platform, of another owner."""
    world.apply(platform_manifest(world.prepared, "later", ownerId="second-fleet"))


def test_two_platforms_in_one_account_keep_out_of_each_others_way(world: World) -> None:
    """Same account, same cluster, one name twice: everything is told apart by ownerId."""
    later(world)
    world.apply(poc("both"), poc("both", namespace="team-a", platformRef={"name": "later"}))
    first = world.ready("both")
    second = world.ready("both", namespace="team-a")
    assert world.ask(first["predictUrl"], {"input": 1}).status == 200
    assert world.ask(second["predictUrl"], {"input": 1}).status == 200
    fleets = {t.get("modelpoc.dev/owner-id") for t in taggable(world).values()} - {None}
    assert fleets == {"default", "second-fleet"}
    mark = mark_of(world, "both", "team-a")
    before = marked(world, mark)
    looked_again(world, times=4)
    assert marked(world, mark) == before
    assert {c["reason"] for c in world.get("both")["status"]["conditions"]} == {"Ready"}
    world.delete("both", namespace="team-a")
    assert not marked(world, mark)
    assert world.ask(first["predictUrl"], {"input": 1}).status == 200
    world.delete("both")
    world.delete("early")
    world.kubectl("delete", "modelplatform", "later", "--timeout=60s")
    left = {a for a, t in taggable(world).items() if t.get("modelpoc.dev/owner-id") == "second-fleet"}
    assert wait_for(lambda: not _of_fleet(world, "second-fleet"), 60), left


def _of_fleet(world: World, fleet: str) -> set[str]:
    tagged = {a: t for a, t in taggable(world).items() if t.get("modelpoc.dev/owner-id") == fleet}
    return {a for a in tagged if ":task-definition/" not in a}


def test_nothing_is_done_in_another_account_than_the_platforms(world: World) -> None:
    other = platform_manifest(world.prepared, "elsewhere", accountId="111111111111")
    since = world.last_call()
    world.apply(other, poc("lost", platformRef={"name": "elsewhere"}))

    def told() -> bool:
        return bool(world.get_platform("elsewhere").get("status", {}).get("reason") == "WrongAccount")

    assert wait_for(told, 60), world.get_platform("elsewhere").get("status")
    status = world.get_platform("elsewhere")["status"]
    assert "the credentials belong to account 000000000000" in message(status)
    stalled = next(c for c in status["conditions"] if c["type"] == "Stalled")
    assert stalled["status"] == "True"
    status = world.until("lost", lambda s: "111111111111" in json.dumps(s))
    assert status["reason"] in ("PlatformNotReady", "WrongAccount")
    world.kubectl("delete", "modelpoc", "lost", "--wait=false")
    world.kubectl("delete", "modelplatform", "elsewhere", "--wait=false")
    looked_again(world, times=2)
    asked = {c["operation"] for c in world.operator_calls(since) if c["mutating"]}
    assert not asked
    for kind, name in (("modelpoc", "lost"), ("modelplatform", "elsewhere")):
        world.kubectl("annotate", kind, name, "modelpoc.dev/orphan=true", check=False)
    assert wait_for(lambda: not json.loads(world.kubectl("get", "poc", "-o", "json"))["items"], 60)
    gone = lambda: "NotFound" in world.kubectl("get", "modelplatform", "elsewhere", check=False)  # noqa: E731
    assert wait_for(gone, 60)
