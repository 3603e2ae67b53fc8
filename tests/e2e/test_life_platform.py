"""A platform goes only after its POCs, and then with everything that it owned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests import aws_listing
from tests.world import World, poc, wait_for

from localcloud.demo.account import platform_manifest

pytestmark = pytest.mark.e2e

OTHER = "second"


@pytest.fixture(autouse=True)
def _taken_away(world: World) -> Iterator[None]:
    """Whatever a test leaves, the next begins without."""
    yield
    world.kubectl("delete", "modelpoc", "--all", "--timeout=60s")
    world.kubectl("delete", "modelplatform", OTHER, "--ignore-not-found", "--timeout=60s")


@pytest.fixture
def second(world: World) -> str:
    """Another platform in the same account, with shared parts of its own."""
    world.apply(platform_manifest(world.prepared, OTHER))
    world.wait_platform(OTHER)
    return OTHER


def _of_second(name: str, **spec: Any) -> dict[str, Any]:
    return poc(name, platformRef={"name": OTHER}, **spec)


def _waits(world: World) -> bool:
    said = {c["type"]: c for c in world.get_platform(OTHER)["status"]["conditions"]}
    return bool(said["Ready"]["reason"] == "WaitingForPocs")


def _of_fleet(world: World, fleet: str) -> list[str]:
    found = aws_listing.owned_by_platform(world.client, fleet)
    return [str(f) for f in found]


def _there(world: World) -> bool:
    return bool(world.kubectl("get", "modelplatform", OTHER, "--ignore-not-found", "-o", "name"))


def test_it_waits_for_its_pocs_and_leaves_nothing(world: World, second: str) -> None:
    default = _of_fleet(world, "default")
    world.apply(_of_second("user"), _of_second("rests", suspend=True))
    world.ready("user")
    world.reason("rests", "Suspended")
    assert len(_of_fleet(world, OTHER)) > 4
    world.kubectl("delete", "modelplatform", OTHER, "--wait=false")
    assert wait_for(lambda: _waits(world), 60)
    message = world.get_platform(OTHER)["status"]["conditions"][0]["message"]
    assert "user" in message
    assert "rests" in message
    assert world.predict("user").status == 200
    world.apply(_of_second("late"))
    status = world.reason("late", "PlatformNotReady", 60)
    assert "is being deleted" in str(status["conditions"])
    world.delete("user")
    assert wait_for(lambda: "1 POC uses" in str(world.get_platform(OTHER)["status"]), 60)
    assert _waits(world)
    world.delete("rests")
    assert wait_for(lambda: not _there(world), 60)
    world.stalled("late", "PlatformNotFound", 60)
    world.delete("late")
    assert wait_for(lambda: _of_fleet(world, OTHER) == [], 60), _of_fleet(world, OTHER)
    assert _of_fleet(world, "default") == default


def test_made_again_under_the_same_name(world: World, second: str) -> None:
    world.kubectl("delete", "modelplatform", OTHER, "--timeout=60s")
    world.apply(platform_manifest(world.prepared, OTHER))
    world.wait_platform(OTHER)
    world.apply(_of_second("fresh"))
    world.ready("fresh")
    assert world.predict("fresh").status == 200
    world.delete("fresh")


def test_deleted_in_the_middle_of_its_creation(world: World) -> None:
    since = world.last_call()
    world.apply(platform_manifest(world.prepared, OTHER))
    assert wait_for(lambda: sum(c["mutating"] for c in world.operator_calls(since)) >= 3, 60, 0.01)
    world.kubectl("delete", "modelplatform", OTHER, "--timeout=60s")
    assert wait_for(lambda: _of_fleet(world, OTHER) == [], 60), _of_fleet(world, OTHER)


def test_what_was_given_stays(world: World) -> None:
    """A platform on an ECS cluster that someone else made leaves it alone, also when it goes."""
    made = world.client("ecs").create_cluster(clusterName="given", capacityProviders=["FARGATE"])
    made = made["cluster"]["clusterArn"]
    manifest = platform_manifest(world.prepared, OTHER)
    manifest["spec"]["ecs"] |= {"clusterArn": made}
    world.apply(manifest)
    world.wait_platform(OTHER)
    world.apply(_of_second("guest"))
    world.ready("guest")
    services = world.client("ecs").list_services(cluster=made)["serviceArns"]
    assert any("/guest-" in arn for arn in services)
    world.delete("guest")
    world.kubectl("delete", "modelplatform", OTHER, "--timeout=60s")
    assert wait_for(lambda: _of_fleet(world, OTHER) == [], 60), _of_fleet(world, OTHER)
    told = world.client("ecs").describe_clusters(clusters=[made], include=["TAGS"])["clusters"][0]
    assert (told["status"], told.get("tags", [])) == ("ACTIVE", [])


def test_pocs_wait_for_a_platform_that_comes_later(world: World) -> None:
    world.apply(_of_second("early"))
    world.stalled("early", "PlatformNotFound", 60)
    world.apply(platform_manifest(world.prepared, OTHER))
    world.ready("early")
    world.delete("early")
    world.kubectl("delete", "modelplatform", OTHER, "--timeout=60s")
