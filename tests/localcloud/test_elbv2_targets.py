"""Targets: health by really asking, draining, and what ECS is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from tests.localcloud.edge_world import Edge, eventually, refused
from tests.world import ask

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def listener(edge: Edge) -> str:
    return edge.listener(edge.balancer())


@pytest.fixture
def group(edge: Edge, listener: str) -> str:
    """A target group that the load balancer uses."""
    arn = edge.group()
    priority = int(arn[-6:], 16) % 50000 + 1
    edge.rule(listener, priority, f"/{priority}", arn)
    return arn


@contextmanager
def frozen(edge: Edge) -> Iterator[None]:
    """What AWS would do by and by, it does not meanwhile."""
    clock = edge.cloud.aws.clock

    async def freeze(now: bool) -> None:
        clock.freeze() if now else clock.thaw()

    edge.cloud.run(freeze(True))
    try:
        yield
    finally:
        edge.cloud.run(freeze(False))


def health(edge: Edge, group: str, **request: Any) -> list[dict[str, Any]]:
    found = edge.elb.describe_target_health(TargetGroupArn=group, **request)["TargetHealthDescriptions"]
    return [one["TargetHealth"] for one in found]


def test_a_target_becomes_healthy_by_answering(edge: Edge, group: str) -> None:
    target = edge.target("a", health=503)
    with frozen(edge):
        edge.register(group, target)
        assert edge.states(group) == ["initial"]
    eventually(lambda: edge.states(group) == ["unhealthy"])
    assert health(edge, group)[0]["Reason"] == "Target.ResponseCodeMismatch"
    assert health(edge, group)[0]["Description"] == "Health checks failed with these codes: [503]"
    target.health = 200
    eventually(lambda: edge.states(group) == ["healthy"])
    assert health(edge, group) == [{"State": "healthy"}]
    assert target.checks > 3
    target.health = 500
    eventually(lambda: edge.states(group) == ["unhealthy"])


def test_nobody_there_is_unhealthy(edge: Edge, group: str) -> None:
    edge.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.70.0.1", "Port": 9}])
    eventually(lambda: edge.states(group) == ["unhealthy"])
    assert health(edge, group)[0]["Reason"] == "Target.FailedHealthChecks"


def test_a_target_of_no_load_balancer_is_not_asked(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    edge.register(group, target)
    assert health(edge, group)[0]["Reason"] == "Target.NotInUse"
    assert target.checks == 0
    rule = edge.rule(listener, 49999, "/used", group)
    eventually(lambda: edge.states(group) == ["healthy"])
    edge.elb.delete_rule(RuleArn=rule)
    assert edge.states(group) == ["unused"]
    edge.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": target.address, "Port": target.port}])
    assert edge.states(group) == []


def test_a_changed_health_check_is_used(edge: Edge, group: str) -> None:
    target = edge.target("a", health=404)
    edge.register(group, target)
    eventually(lambda: edge.states(group) == ["unhealthy"])
    edge.elb.modify_target_group(TargetGroupArn=group, Matcher={"HttpCode": "200,404"})
    eventually(lambda: edge.states(group) == ["healthy"])


def test_a_deregistered_target_drains_and_goes(edge: Edge, group: str) -> None:
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "100"}]
    edge.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    target = edge.target("a")
    edge.healthy(group, target)
    wire = [{"Id": target.address, "Port": target.port}]
    with frozen(edge):
        edge.elb.deregister_targets(TargetGroupArn=group, Targets=wire)
        assert health(edge, group)[0]["Reason"] == "Target.DeregistrationInProgress"
        assert edge.backend.target_state(group, target.address, target.port) == "draining"
    eventually(lambda: edge.states(group) == [])
    assert edge.backend.target_state(group, target.address, target.port) == "gone"
    (asked,) = health(edge, group, Targets=wire)
    assert (asked["State"], asked["Reason"]) == ("unused", "Target.NotRegistered")
    edge.elb.deregister_targets(TargetGroupArn=group, Targets=wire)


def test_a_target_drains_until_its_requests_have_ended(edge: Edge, listener: str, group: str) -> None:
    """Requests take their own time, however fast AWS's clock runs."""
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}]
    edge.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    target = edge.target("slow", delay=5.0)
    edge.rule(listener, 77, "/slow", group)
    edge.healthy(group, target)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, f"{edge.url(listener)}/slow")
        eventually(lambda: bool(target.asked))
        wire = [{"Id": target.address, "Port": target.port}]
        edge.elb.deregister_targets(TargetGroupArn=group, Targets=wire)
        time.sleep(0.3)  # six times as long as the scaled delay
        assert edge.states(group) == ["draining"]
        assert asked.result(timeout=60).status == 200
    eventually(lambda: edge.states(group) == [])


def test_a_target_registered_again_while_it_drains_stays(edge: Edge, group: str) -> None:
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "40"}]
    edge.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    target = edge.target("a")
    edge.healthy(group, target)
    backend, where = edge.backend, (group, target.address, target.port)

    async def again() -> None:
        backend.deregister(*where)
        assert backend.target_state(*where) == "draining"
        backend.register(*where)
        assert backend.target_state(*where) == "initial"

    edge.cloud.run(again())
    eventually(lambda: backend.target_state(*where) == "healthy")
    edge.cloud.run(edge.cloud.aws.clock.sleep(60))
    assert backend.target_state(*where) == "healthy"


def test_what_ecs_is_told(edge: Edge, group: str) -> None:
    backend, target = edge.backend, edge.target("a")

    async def register() -> None:
        backend.register(group, target.address, target.port)

    assert backend.target_state(group, target.address, target.port) == "gone"
    edge.cloud.run(register())
    eventually(lambda: backend.target_state(group, target.address, target.port) == "healthy")
    missing = group[:-16] + "0" * 16
    assert backend.target_state(missing, target.address, target.port) == "gone"
    assert not backend.target_group_exists(missing)
    assert not backend.has_load_balancer(missing)


def test_targets_that_aws_refuses(edge: Edge, group: str) -> None:
    register = edge.elb.register_targets
    refused("ValidationError", "not a valid IPv4", register, TargetGroupArn=group, Targets=[{"Id": "i-1"}])
    missing = group[:-16] + "0" * 16
    refused("TargetGroupNotFound", "", register, TargetGroupArn=missing, Targets=[{"Id": "127.0.0.1"}])
    instances = edge.group(TargetType="instance")
    refused("InvalidTarget", "running state", register, TargetGroupArn=instances, Targets=[{"Id": "i-1"}])


def test_a_frozen_clock_holds_draining(edge: Edge, group: str) -> None:
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "20"}]
    edge.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    target = edge.target("a")
    edge.healthy(group, target)
    wire = [{"Id": target.address, "Port": target.port}]
    with frozen(edge):
        edge.elb.deregister_targets(TargetGroupArn=group, Targets=wire)
        time.sleep(0.4)
        assert edge.states(group) == ["draining"]
    eventually(lambda: edge.states(group) == [])
