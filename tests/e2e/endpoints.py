"""What tests of endpoints share: what AWS says of one, and what the operator did to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests import aws_listing
from tests.world import Status, World, wait_for

RESYNCS = 9.0
"""Seconds: three fast resyncs and a deep one of the tests' operator, and two sweeps."""
STEPS = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint")
CONTENT = ("EndpointConfig", "Model")


def condition(status: Status, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in status["conditions"] if c["type"] == kind)
    return found


def said(status: Status) -> dict[str, str]:
    """Every condition's status."""
    return {c["type"]: c["status"] for c in status["conditions"]}


def endpoint_name(status: Status) -> str:
    """Of the endpoint that a POC's status lists."""
    return str(next(r["name"] for r in status["resources"] if r["kind"] == "Endpoint"))


def described(world: World, endpoint: str) -> dict[str, Any]:
    """What DescribeEndpoint says; {} when it is not there."""
    sagemaker = world.client("sagemaker")
    try:
        return dict(sagemaker.describe_endpoint(EndpointName=endpoint))
    except sagemaker.exceptions.ClientError:
        return {}


def until_aws(world: World, endpoint: str, *wanted: str, seconds: float = 60) -> dict[str, Any]:
    """What DescribeEndpoint says once its status is one of these; "" for gone."""
    found: dict[str, Any] = {}

    def reached() -> bool:
        nonlocal found
        found = described(world, endpoint)
        return found.get("EndpointStatus", "") in wanted

    assert wait_for(reached, seconds), f"{endpoint} after {seconds} s: {found}"
    return found


def maintain(world: World, endpoint: str, begin: bool) -> None:
    """AWS begins or ends maintenance of the endpoint: SystemUpdating."""
    world.local(f"sagemaker/endpoints/{endpoint}", "PUT", {"maintenance": begin})


def done_to(world: World, endpoint: str, since: int) -> Counter[str]:
    """How often the operator made, updated and deleted the endpoint after call number `since`."""
    calls = (c for c in world.operator_calls(since) if c["operation"] in STEPS)
    return Counter(c["operation"] for c in calls if endpoint in str(c["parameters"]))


def written(world: World, since: int) -> list[str]:
    """All that the operator wrote after call number `since`."""
    return [c["operation"] for c in world.operator_calls(since) if c["mutating"]]


def content(world: World, name: str) -> Counter[str]:
    """How many models and configurations of a POC AWS holds."""
    return Counter(f.kind for f in aws_listing.owned_by(world.client, name) if f.kind in CONTENT)


def collected(world: World, name: str, seconds: float = 30) -> None:
    """Waits until AWS holds one model and one configuration of a POC, not more."""
    one = dict.fromkeys(CONTENT, 1)
    assert wait_for(lambda: content(world, name) == one, seconds, 0.5), content(world, name)


def rolled_to(world: World, name: str, before: Status, seconds: float = 90) -> Status:
    """The status once another revision than before is Ready."""
    return world.until(
        name, lambda s: s.get("reason") == "Ready" and s["revision"] != before["revision"], seconds
    )
