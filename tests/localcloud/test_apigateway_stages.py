"""Stages and deployments of an HTTP API as clients see them."""

from __future__ import annotations

import pytest
from tests.localcloud.edge_world import Edge, eventually, public, refused

pytestmark = pytest.mark.local


@pytest.fixture
def api(edge: Edge) -> str:
    return str(edge.gateway.create_api(Name=edge.name("api"), ProtocolType="HTTP")["ApiId"])


def test_auto_deploy_takes_effect_a_little_later(edge: Edge, api: str) -> None:
    stage = edge.gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert "DeploymentId" not in stage

    def message() -> str:
        got = edge.gateway.get_stage(ApiId=api, StageName="$default")
        return str(got.get("LastDeploymentStatusMessage", ""))

    eventually(lambda: "no routes exist" in message())
    target = f"integrations/{public(edge, api)['IntegrationId']}"
    edge.gateway.create_route(ApiId=api, RouteKey="ANY /a", Target=target)
    eventually(lambda: message().startswith("Successfully deployed stage with deployment ID"))
    (deployment,) = edge.gateway.get_deployments(ApiId=api)["Items"]
    assert (deployment["AutoDeployed"], deployment["DeploymentStatus"]) == (True, "DEPLOYED")


def test_deployments_by_hand(edge: Edge, api: str) -> None:
    create = edge.gateway.create_deployment
    refused("BadRequestException", "no routes exist in this API", create, ApiId=api)
    edge.gateway.create_route(ApiId=api, RouteKey="ANY /a")
    edge.gateway.create_stage(ApiId=api, StageName="prod")
    made = create(ApiId=api, StageName="prod", Description="first")
    assert edge.gateway.get_stage(ApiId=api, StageName="prod")["DeploymentId"] == made["DeploymentId"]
    delete = edge.gateway.delete_deployment
    refused("BadRequestException", "Active stages", delete, ApiId=api, DeploymentId=made["DeploymentId"])
    edge.gateway.delete_stage(ApiId=api, StageName="prod")
    delete(ApiId=api, DeploymentId=made["DeploymentId"])


def test_stages_merge_and_settings_need_their_route(edge: Edge, api: str) -> None:
    create, update = edge.gateway.create_stage, edge.gateway.update_stage
    route = edge.gateway.create_route(ApiId=api, RouteKey="ANY /a")
    missing = {"GET /b": {"ThrottlingRateLimit": 1}}
    part = "Unable to find Route by key GET /b within the provided RouteSettings"
    refused("NotFoundException", part, create, ApiId=api, StageName="$default", RouteSettings=missing)
    create(ApiId=api, StageName="$default", AutoDeploy=True, StageVariables={"a": "1"})
    refused("ConflictException", "already exists", create, ApiId=api, StageName="$default")
    refused("BadRequestException", "Stage name", create, ApiId=api, StageName="a b")
    named = {"ApiId": api, "StageName": "$default"}
    update(**named, RouteSettings={"ANY /a": {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 3}})
    update(**named, DefaultRouteSettings={"ThrottlingRateLimit": 9.5}, StageVariables={"b": "2"})
    got = update(**named, RouteSettings={"ANY /a": {"ThrottlingBurstLimit": 4}}, Description="d")
    assert got["RouteSettings"]["ANY /a"] == {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 4}
    assert got["DefaultRouteSettings"]["ThrottlingRateLimit"] == 9.5
    assert got["StageVariables"] == {"a": "1", "b": "2"}
    refused("NotFoundException", part, update, **named, RouteSettings=missing)
    refused("BadRequestException", "AutoDeploy", update, **named, DeploymentId="x")
    refused(
        "BadRequestException", "negative", update, **named, DefaultRouteSettings={"ThrottlingBurstLimit": -1}
    )
    edge.gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    refused("NotFoundException", "Unable to find Route by key ANY /a", update, **named, Description="e")
    edge.gateway.delete_route_settings(**named, RouteKey="ANY /a")
    assert update(**named, Description="e")["RouteSettings"] == {}
    refused("NotFoundException", "", edge.gateway.delete_route_settings, **named, RouteKey="ANY /a")
