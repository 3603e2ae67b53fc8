"""HTTP APIs as clients see them: themselves, their tags, quotas, pages and domain names."""

from __future__ import annotations

import threading

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.edge_world import Edge, public, refused

pytestmark = pytest.mark.local


@pytest.fixture
def api(edge: Edge) -> str:
    return str(edge.gateway.create_api(Name=edge.name("api"), ProtocolType="HTTP")["ApiId"])


@pytest.fixture(scope="module")
def link(edge: Edge) -> str:
    return str(edge.gateway.create_vpc_link(Name="link", SubnetIds=edge.subnets)["VpcLinkId"])


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
