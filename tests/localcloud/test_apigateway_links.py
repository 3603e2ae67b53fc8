"""VPC links and authorizers as clients see them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localcloud.edge_world import Edge, eventually, refused

pytestmark = pytest.mark.local


@pytest.fixture
def api(edge: Edge) -> str:
    return str(edge.gateway.create_api(Name=edge.name("api"), ProtocolType="HTTP")["ApiId"])


def test_vpc_links_come_and_go_in_their_time(edge: Edge) -> None:
    made = edge.gateway.create_vpc_link(
        Name="l", SubnetIds=edge.subnets, SecurityGroupIds=["sg-1"], Tags={"a": "b"}
    )
    named = {"VpcLinkId": made["VpcLinkId"]}
    assert (made["VpcLinkStatus"], made["VpcLinkVersion"]) == ("PENDING", "V2")
    eventually(lambda: edge.gateway.get_vpc_link(**named)["VpcLinkStatus"] == "AVAILABLE")
    assert edge.gateway.update_vpc_link(**named, Name="m")["Name"] == "m"
    edge.gateway.delete_vpc_link(**named)
    assert edge.gateway.get_vpc_link(**named)["VpcLinkStatus"] == "DELETING"
    gone: list[str] = []

    def is_gone() -> bool:
        try:
            edge.gateway.get_vpc_link(**named)
        except edge.gateway.exceptions.NotFoundException:
            gone.append("gone")
        return bool(gone)

    eventually(is_gone)


def test_there_are_ten_vpc_links(edge: Edge) -> None:
    backend = edge.cloud.aws.backend("apigatewayv2")
    names = [edge.name("link") for _ in range(10 - len(backend.links))]
    made = [edge.gateway.create_vpc_link(Name=name, SubnetIds=edge.subnets) for name in names]
    full = "Maximum number of Vpc links"
    refused(
        "TooManyRequestsException", full, edge.gateway.create_vpc_link, Name="more", SubnetIds=edge.subnets
    )
    for one in made:
        edge.gateway.delete_vpc_link(VpcLinkId=one["VpcLinkId"])


JWT = {
    "AuthorizerType": "JWT",
    "IdentitySource": ["$request.header.Authorization"],
    "JwtConfiguration": {"Issuer": "https://issuer.example", "Audience": ["me"]},
}


def test_authorizers(edge: Edge, api: str) -> None:
    made = edge.gateway.create_authorizer(ApiId=api, Name="jwt", **JWT)
    named = {"ApiId": api, "AuthorizerId": made["AuthorizerId"]}
    route = edge.gateway.create_route(
        ApiId=api,
        RouteKey="ANY /a",
        AuthorizationType="JWT",
        AuthorizerId=made["AuthorizerId"],
        AuthorizationScopes=["s"],
    )
    refused("ConflictException", "is referenced in route", edge.gateway.delete_authorizer, **named)
    open_ = edge.gateway.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType="NONE")
    assert "AuthorizerId" not in open_
    assert edge.gateway.update_authorizer(**named, Name="other")["Name"] == "other"
    assert len(edge.gateway.get_authorizers(ApiId=api)["Items"]) == 1
    edge.gateway.delete_authorizer(**named)
    refused("NotFoundException", "Invalid Authorizer", edge.gateway.get_authorizer, **named)


@pytest.mark.parametrize(
    "change",
    [
        {"IdentitySource": ["Authorization"]},
        {"JwtConfiguration": {"Issuer": "https://issuer.example"}},
        {"JwtConfiguration": {"Issuer": "issuer", "Audience": ["a"]}},
        {"AuthorizerType": "REQUEST"},
        {"AuthorizerType": "MAGIC"},
        {"IdentitySource": None},
    ],
)
def test_authorizers_that_aws_refuses(edge: Edge, api: str, change: dict[str, Any]) -> None:
    given = {key: value for key, value in {**JWT, **change}.items() if value is not None}
    refused("BadRequestException", "", edge.gateway.create_authorizer, ApiId=api, Name="a", **given)
