"""SageMaker's lists and tags, and records that are not seen at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.localcloud.sagemaker_world import ARN, SCALE, World, refusal

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


def test_lists_are_filtered_sorted_and_paged(world: World) -> None:
    for number in range(5):
        world.config(f"paged-{number}")
    world.endpoint("paged", "paged-0")
    names: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = world.sm.list_models(
            NameContains="PAGED", MaxResults=2, SortBy="Name", SortOrder="Ascending", **more
        )
        names += [model["ModelName"] for model in page["Models"]]
        if "NextToken" not in page:
            break
        assert len(page["Models"]) == 2
        more = {"NextToken": page["NextToken"]}
    assert names == [f"paged-{number}" for number in range(5)]
    newest = world.sm.list_endpoint_configs(NameContains="paged")["EndpointConfigs"]
    assert [config["EndpointConfigName"] for config in newest] == names[::-1]
    assert "pagination token" in refusal(lambda: world.sm.list_models(NextToken="nonsense"))

    def found(**filters: Any) -> list[str]:
        listed = world.sm.list_endpoints(NameContains="paged", **filters)["Endpoints"]
        return [endpoint["EndpointName"] for endpoint in listed]

    moment = datetime.now(UTC) + timedelta(seconds=60)
    assert found(StatusEquals="InService") == ["paged"]
    assert found(StatusEquals="Failed") == []
    assert found(LastModifiedTimeAfter=moment) == []
    assert found(LastModifiedTimeBefore=moment) == ["paged"]


def test_tags_of_all_three(world: World) -> None:
    world.config("tagged")
    given = {"EndpointName": "tagged", "EndpointConfigName": "tagged"}
    world.sm.create_endpoint(**given, Tags=[{"Key": "a", "Value": "1"}])
    for kind in ("model", "endpoint-config", "endpoint"):
        arn = f"{ARN}{kind}/tagged"
        world.sm.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}])
        world.sm.delete_tags(ResourceArn=arn, TagKeys=["c", "not there"])
        tags = {tag["Key"]: tag["Value"] for tag in world.sm.list_tags(ResourceArn=arn)["Tags"]}
        assert tags == ({"a": "1"} if kind == "endpoint" else {}) | {"b": "2"}
    refusal(lambda: world.sm.list_tags(ResourceArn=f"{ARN}model/nope"))
    tag = {"Key": "aws:x", "Value": "1"}
    refusal(lambda: world.sm.add_tags(ResourceArn=f"{ARN}model/tagged", Tags=[tag]))


def test_a_fresh_configuration_may_not_be_seen_yet(world: World) -> None:
    world.config("fresh")
    message = f'Could not find endpoint configuration "{ARN}endpoint-config/fresh".'
    rule = {"operation": "CreateEndpoint", "error": "ValidationException", "message": message, "count": 1}
    world.cloud.local("faults", "PUT", [rule])
    given = {"EndpointName": "fresh", "EndpointConfigName": "fresh"}
    assert refusal(lambda: world.sm.create_endpoint(**given)) == message
    world.sm.create_endpoint(**given)
    world.cloud.local("faults", "DELETE")
    world.settled("fresh")
