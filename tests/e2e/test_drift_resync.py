"""Whatever somebody changes by hand in AWS, the running operator begins to repair within one resync.

That each field of each kind is repaired is shown in tests/local/test_drift_*; here, that resyncs come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.world import World, poc, wait_for

pytestmark = pytest.mark.e2e

FAST, DEEP = 3.0, 8.0
"""Seconds: the periods that tests' operators run with (`tests.world.QUICK`)."""
SLACK = 20.0
"""Of a busy machine, and of the listings themselves."""
NAME = "echo-drift"


@pytest.fixture(scope="module", autouse=True)
def serving(world: World) -> None:
    world.apply(poc(NAME))
    world.ready(NAME)


def id_of(world: World, kind: str) -> str:
    resources = world.get(NAME)["status"]["resources"]
    return next(str(r["id"]) for r in resources if r["kind"] == kind)


def repaired(world: World, period: float, by_hand: Callable[[], object], right: Callable[[], bool]) -> None:
    """`by_hand` happens; within the period the operator writes, and soon AWS is `right` again."""
    assert right()
    since = world.last_call()
    by_hand()
    assert not right(), "nothing was changed"
    begun = wait_for(lambda: any(c["mutating"] for c in world.operator_calls(since)), period + SLACK)
    assert begun, "no repair began"
    assert wait_for(right, 60)
    assert wait_for(lambda: world.predict(NAME).status == 200, 60)
    world.ready(NAME)


def test_what_listings_show(world: World) -> None:
    elb, arn = world.client("elbv2"), id_of(world, "ListenerRule")

    def transforms() -> Any:
        return elb.describe_rules(RuleArns=[arn])["Rules"][0].get("Transforms")

    repaired(
        world, FAST, lambda: elb.modify_rule(RuleArn=arn, ResetTransforms=True), lambda: bool(transforms())
    )


def test_what_costs_a_call_each(world: World) -> None:
    elb, arn = world.client("elbv2"), id_of(world, "TargetGroup")
    key = "deregistration_delay.timeout_seconds"

    def delay() -> str:
        found = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
        return next(str(a["Value"]) for a in found if a["Key"] == key)

    changed = [{"Key": key, "Value": "7"}]
    repaired(
        world,
        DEEP,
        lambda: elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=changed),
        lambda: delay() == "30",
    )


def test_what_is_deleted(world: World) -> None:
    gateway = world.client("apigatewayv2")
    api, _, route = id_of(world, "Route").partition("/")

    def keys() -> list[str]:
        found = gateway.get_routes(ApiId=api)["Items"]
        return sorted(r["RouteKey"] for r in found)

    before = keys()
    repaired(world, FAST, lambda: gateway.delete_route(ApiId=api, RouteId=route), lambda: keys() == before)


def test_what_the_platform_owns(world: World) -> None:
    gateway = world.client("apigatewayv2")
    api = id_of(world, "Route").partition("/")[0]

    def auto() -> bool:
        return bool(gateway.get_stage(ApiId=api, StageName="$default")["AutoDeploy"])

    def off() -> None:
        gateway.update_stage(ApiId=api, StageName="$default", AutoDeploy=False)

    repaired(world, FAST, off, auto)
