"""Routes and integrations of an HTTP API as clients see them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.edge_world import Edge, public, refused

pytestmark = pytest.mark.local


@pytest.fixture
def api(edge: Edge) -> str:
    return str(edge.gateway.create_api(Name=edge.name("api"), ProtocolType="HTTP")["ApiId"])


@pytest.fixture(scope="module")
def listener(edge: Edge) -> str:
    return edge.listener(edge.balancer(wait=False))


@pytest.fixture(scope="module")
def link(edge: Edge) -> str:
    return str(edge.gateway.create_vpc_link(Name="link", SubnetIds=edge.subnets)["VpcLinkId"])


def test_routes_are_unique_by_key(edge: Edge, api: str) -> None:
    target = f"integrations/{public(edge, api)['IntegrationId']}"
    route = edge.gateway.create_route(
        ApiId=api, RouteKey="ANY /a/{proxy+}", Target=target, OperationName="o" * 64
    )
    assert (route["AuthorizationType"], route["Target"]) == ("NONE", target)
    create, update = edge.gateway.create_route, edge.gateway.update_route
    refused(
        "ConflictException",
        "Route with key ANY /a/{proxy+} already exists",
        create,
        ApiId=api,
        RouteKey="ANY /a/{proxy+}",
    )
    other = create(ApiId=api, RouteKey="ANY /b")
    refused(
        "ConflictException",
        "already exists",
        update,
        ApiId=api,
        RouteId=other["RouteId"],
        RouteKey="ANY /a/{proxy+}",
    )
    changed = update(ApiId=api, RouteId=other["RouteId"], Target=target)
    assert (changed["RouteKey"], changed["Target"]) == ("ANY /b", target)
    edge.gateway.delete_route(ApiId=api, RouteId=other["RouteId"])
    refused("NotFoundException", "Invalid Route", edge.gateway.get_route, ApiId=api, RouteId=other["RouteId"])
    create(ApiId=api, RouteKey="ANY /b")


@pytest.mark.parametrize(
    ("route", "code", "part"),
    [
        ({"RouteKey": "/a"}, "BadRequestException", "not formatted properly"),
        ({"RouteKey": "FETCH /a"}, "BadRequestException", "not formatted properly"),
        ({"RouteKey": "GET /{proxy+}/a"}, "BadRequestException", "not formatted properly"),
        ({"RouteKey": "GET /a", "Target": "integrations/none"}, "NotFoundException", "Invalid Integration"),
        ({"RouteKey": "GET /a", "Target": "none"}, "BadRequestException", "Invalid target"),
        ({"RouteKey": "GET /a", "OperationName": "o" * 65}, "BadRequestException", ""),
        ({"RouteKey": "GET /a", "AuthorizationType": "JWT"}, "BadRequestException", "AuthorizerId"),
        ({"RouteKey": "GET /a", "AuthorizationType": "MAGIC"}, "BadRequestException", ""),
        ({"RouteKey": "GET /a", "AuthorizerId": "x"}, "BadRequestException", "not allowed"),
        ({"RouteKey": "GET /a", "AuthorizationScopes": ["x"]}, "BadRequestException", "JWT only"),
        ({"RouteKey": "GET /a", "ApiKeyRequired": True}, "BadRequestException", "not supported"),
        ({}, "BadRequestException", ""),
    ],
)
def test_routes_that_aws_refuses(edge: Edge, api: str, route: dict[str, Any], code: str, part: str) -> None:
    refused(code, part, edge.gateway.create_route, ApiId=api, **route)
    assert edge.gateway.get_routes(ApiId=api)["Items"] == []


def test_private_integrations_need_link_and_listener(edge: Edge, api: str, link: str, listener: str) -> None:
    good = {
        "ApiId": api,
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": "ANY",
        "ConnectionType": "VPC_LINK",
        "ConnectionId": link,
        "IntegrationUri": listener,
    }
    create = edge.gateway.create_integration
    made = create(**good)
    assert (made["PayloadFormatVersion"], made["TimeoutInMillis"]) == ("1.0", 30000)
    bad = "BadRequestException"
    refused(
        bad, "ConnectionId is a required", create, **{k: v for k, v in good.items() if k != "ConnectionId"}
    )
    refused(bad, "Invalid VpcLink identifier", create, **{**good, "ConnectionId": "none"})
    refused(bad, "listener", create, **{**good, "IntegrationUri": "http://127.0.0.1"})
    refused(bad, "not found", create, **{**good, "IntegrationUri": listener[:-16] + "0" * 16})
    refused(bad, "", create, **good, TimeoutInMillis=30001)
    delete = edge.gateway.delete_vpc_link
    refused(bad, "is referenced in", delete, VpcLinkId=link)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"IntegrationType": "MOCK"}, "only"),
        ({"IntegrationMethod": "FETCH"}, "Invalid integration method"),
        ({"IntegrationUri": "ftp://a"}, "Invalid HTTP endpoint"),
        ({"PayloadFormatVersion": "2.0"}, "1.0 only"),
        ({"ConnectionId": "abc"}, "VPC_LINK only"),
        ({"RequestParameters": {"overwrite:body": "x"}}, "Invalid mapping expression"),
        ({"RequestParameters": {"overwrite:header.Authorization": "x"}}, "are restricted"),
        (
            {"IntegrationType": "AWS_PROXY", "IntegrationUri": "arn:aws:lambda:x"},
            "PayloadFormatVersion is a required",
        ),
        ({"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}, "Lambda"),
    ],
)
def test_integrations_that_aws_refuses(edge: Edge, api: str, change: dict[str, Any], part: str) -> None:
    with pytest.raises(ClientError) as caught:
        public(edge, api, **change)
    assert caught.value.response["Error"]["Code"] == "BadRequestException"
    assert part in caught.value.response["Error"]["Message"]


def test_an_integration_in_use_stays(edge: Edge, api: str) -> None:
    integration = public(edge, api)["IntegrationId"]
    route = edge.gateway.create_route(ApiId=api, RouteKey="ANY /a", Target=f"integrations/{integration}")
    delete = edge.gateway.delete_integration
    part = f"referenced by the following Routes with Ids: [{route['RouteId']}]"
    refused("ConflictException", part, delete, ApiId=api, IntegrationId=integration)
    edge.gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    delete(ApiId=api, IntegrationId=integration)
    assert edge.gateway.get_integrations(ApiId=api)["Items"] == []


def test_request_parameters_merge(edge: Edge, api: str) -> None:
    made = public(edge, api, RequestParameters={"overwrite:path": "/a", "append:header.x-a": "1"})
    update = edge.gateway.update_integration
    changed = update(ApiId=api, IntegrationId=made["IntegrationId"], RequestParameters={"overwrite:path": ""})
    assert changed["RequestParameters"] == {"append:header.x-a": "1"}
    changed = update(ApiId=api, IntegrationId=made["IntegrationId"], Description="d")
    assert (changed["RequestParameters"], changed["Description"]) == ({"append:header.x-a": "1"}, "d")
