"""HTTP APIs, routes, integrations, stages, links and authorizers as clients see them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.edge_world import SCALE, Edge, eventually, refused

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def edge(start_cloud: Callable[..., Any]) -> Iterator[Edge]:
    edge = Edge(start_cloud(time_scale=SCALE))
    yield edge
    edge.close()


@pytest.fixture
def api(edge: Edge) -> str:
    return str(edge.gateway.create_api(Name=edge.name("api"), ProtocolType="HTTP")["ApiId"])


@pytest.fixture(scope="module")
def listener(edge: Edge) -> str:
    return edge.listener(edge.balancer(wait=False))


@pytest.fixture(scope="module")
def link(edge: Edge) -> str:
    return str(edge.gateway.create_vpc_link(Name="link", SubnetIds=edge.subnets)["VpcLinkId"])


def public(edge: Edge, api: str, **more: Any) -> dict[str, Any]:
    """A public integration."""
    given = {
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": "ANY",
        "IntegrationUri": "http://127.0.0.1:9",
    }
    return dict(edge.gateway.create_integration(ApiId=api, **{**given, **more}))


def test_an_api_has_an_endpoint_and_shows_what_it_was_given(edge: Edge) -> None:
    made = edge.gateway.create_api(Name="a", ProtocolType="HTTP", Description="d", Tags={"k": "v"})
    assert made["ApiEndpoint"].startswith("http://127.0.0.1:")
    got = edge.gateway.get_api(ApiId=made["ApiId"])
    for key in ("Name", "Description", "Tags", "ApiEndpoint", "ProtocolType", "DisableExecuteApiEndpoint"):
        assert got[key] == made[key]
    changed = edge.gateway.update_api(
        ApiId=made["ApiId"], Name="b", CorsConfiguration={"AllowOrigins": ["*"]}
    )
    assert (changed["Name"], changed["Description"]) == ("b", "d")
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert changed["CorsConfiguration"] == {"AllowOrigins": ["*"]}
    edge.gateway.delete_cors_configuration(ApiId=made["ApiId"])
    assert "CorsConfiguration" not in edge.gateway.get_api(ApiId=made["ApiId"])
    edge.gateway.delete_api(ApiId=made["ApiId"])
    refused(
        "NotFoundException",
        f"Invalid API identifier specified 000000000000:{made['ApiId']}",
        edge.gateway.get_api,
        ApiId=made["ApiId"],
    )


def test_apis_that_aws_refuses(edge: Edge, api: str) -> None:
    create = edge.gateway.create_api
    both = {"AllowOrigins": ["*"], "AllowCredentials": True}
    refused(
        "BadRequestException",
        "allowCredentials",
        create,
        Name="a",
        ProtocolType="HTTP",
        CorsConfiguration=both,
    )
    plain = {"AllowOrigins": ["example"]}
    refused("BadRequestException", "origin", create, Name="a", ProtocolType="HTTP", CorsConfiguration=plain)
    refused("BadRequestException", "HTTP only", create, Name="a", ProtocolType="WEBSOCKET")
    refused("BadRequestException", "", create, ProtocolType="HTTP")
    for ask in (edge.gateway.get_routes, edge.gateway.get_stages, edge.gateway.get_integrations):
        refused("NotFoundException", "Invalid API identifier", ask, ApiId="nothing")
    refused("NotFoundException", "", edge.gateway.create_route, ApiId="nothing", RouteKey="ANY /")


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


def test_quotas_and_pages(edge: Edge, api: str) -> None:
    backend = edge.cloud.aws.backend("apigatewayv2")
    made = public(edge, api)
    edge.gateway.create_route(ApiId=api, RouteKey="GET /first")
    state = backend.apis[api]
    # the other 299 of each without 598 calls
    state.integrations.update({f"i{n}": {**made, "IntegrationId": f"i{n}"} for n in range(299)})
    state.routes.update({f"r{n}": {"RouteId": f"r{n}", "RouteKey": f"GET /{n}"} for n in range(299)})
    full = "Maximum number of Routes for this API has been reached"
    refused("TooManyRequestsException", full, edge.gateway.create_route, ApiId=api, RouteKey="GET /more")
    with pytest.raises(ClientError, match="Maximum number of Integrations"):
        public(edge, api)
    pages, token, keys = [], {}, []
    while True:
        page = edge.gateway.get_routes(ApiId=api, MaxResults="120", **token)
        pages.append(len(page["Items"]))
        keys += [route["RouteKey"] for route in page["Items"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages == [120, 120, 60]
    assert len(set(keys)) == 300
    refused("BadRequestException", "nextToken", edge.gateway.get_routes, ApiId=api, NextToken="?")
    refused("BadRequestException", "maxResults", edge.gateway.get_routes, ApiId=api, MaxResults="many")


def test_writes_that_overlap_conflict(edge: Edge, api: str) -> None:
    outcomes: list[str] = []
    messages: set[str] = set()

    def create(number: int) -> None:
        client = edge.cloud.client("apigatewayv2")
        ready.wait()
        try:
            client.create_route(ApiId=api, RouteKey=f"GET /{number}")
            outcomes.append("created")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
            messages.add(error.response["Error"]["Message"])

    # a write takes 20 ms here for as long as this test lasts
    clock = edge.cloud.aws.clock
    scale, clock.scale = clock.scale, 5.0
    ready = threading.Barrier(6)
    threads = [threading.Thread(target=create, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.scale = scale
    assert "ConflictException" in outcomes
    assert messages == {
        "Unable to complete operation due to concurrent modification. Please try again later."
    }
    assert len(edge.gateway.get_routes(ApiId=api)["Items"]) == outcomes.count("created") > 0
    edge.gateway.create_route(ApiId=api, RouteKey="GET /one-at-a-time")


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


def test_tags_of_apis_stages_and_links(edge: Edge, api: str, link: str) -> None:
    edge.gateway.create_stage(ApiId=api, StageName="$default")
    prefix = "arn:aws:apigateway:eu-west-1::"
    for arn in (f"{prefix}/apis/{api}", f"{prefix}/apis/{api}/stages/$default", f"{prefix}/vpclinks/{link}"):
        edge.gateway.tag_resource(ResourceArn=arn, Tags={"owner": "me", "b": "c"})
        edge.gateway.untag_resource(ResourceArn=arn, TagKeys=["b", "never"])
        assert edge.gateway.get_tags(ResourceArn=arn)["Tags"] == {"owner": "me"}
    assert edge.gateway.get_api(ApiId=api)["Tags"] == {"owner": "me"}
    refused("NotFoundException", "", edge.gateway.get_tags, ResourceArn=f"{prefix}/apis/none")


def test_domain_names_map_to_stages(edge: Edge, api: str) -> None:
    edge.gateway.create_stage(ApiId=api, StageName="$default")
    name = "api.example.com"
    edge.gateway.create_domain_name(
        DomainName=name, DomainNameConfigurations=[{"CertificateArn": "arn:aws:acm:x"}]
    )
    refused("ConflictException", "already exists", edge.gateway.create_domain_name, DomainName=name)
    mapping = edge.gateway.create_api_mapping(
        DomainName=name, ApiId=api, Stage="$default", ApiMappingKey="v1"
    )
    assert edge.gateway.get_api_mappings(DomainName=name)["Items"][0]["ApiMappingKey"] == "v1"
    refused(
        "NotFoundException", "", edge.gateway.create_api_mapping, DomainName=name, ApiId=api, Stage="none"
    )
    edge.gateway.delete_api_mapping(DomainName=name, ApiMappingId=mapping["ApiMappingId"])
    edge.gateway.delete_domain_name(DomainName=name)
    refused("NotFoundException", "", edge.gateway.get_domain_name, DomainName=name)
