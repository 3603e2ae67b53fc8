"""Every field of every part of a platform, changed by somebody else, is told and put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.parts import (
    Maker,
    authorizer,
    cluster,
    http_api,
    integration,
    listener,
    load_balancer,
    route,
    route_settings,
    stage,
    vpc_link,
)

from modelpoc.aws.http_api import Cors
from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import Gone, Stall
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.local


@dataclass(frozen=True)
class Drift:
    maker: Maker
    field: str
    by_hand: Callable[[Any, Observed], Any]
    """What somebody does, with a client of `service` and the thing."""
    service: str = "apigatewayv2"

    def __str__(self) -> str:
        return f"{self.maker.__name__}.{self.field}"


def _api(have: Observed) -> dict[str, str]:
    return {"ApiId": have.id.split("/")[0]}


def _route(have: Observed) -> dict[str, str]:
    return {**_api(have), "RouteId": have.attrs["id"]}


def _integration(have: Observed) -> dict[str, str]:
    return {**_api(have), "IntegrationId": have.attrs["id"]}


def _stage(have: Observed) -> dict[str, str]:
    return {**_api(have), "StageName": "$default"}


def _authorizer(have: Observed) -> dict[str, str]:
    return {**_api(have), "AuthorizerId": have.attrs["id"]}


def _own_target(gateway: Any, have: Observed) -> str:
    made = gateway.create_integration(
        **_api(have), IntegrationType="HTTP_PROXY", IntegrationMethod="GET", PayloadFormatVersion="1.0",
        IntegrationUri="https://elsewhere.example",
    )  # fmt: skip
    return f"integrations/{made['IntegrationId']}"


def _jwt(issuer: str = "https://login.example", audience: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    return {"JwtConfiguration": {"Issuer": issuer, "Audience": list(audience)}}


def _default(**settings: float) -> dict[str, Any]:
    return {"DefaultRouteSettings": settings}


def _other_answer(elb: Any, have: Observed) -> None:
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    elb.modify_listener(ListenerArn=have.id, DefaultActions=[answer])


DRIFTS = (
    Drift(
        cluster, "capacity_providers",
        lambda ecs, have: ecs.put_cluster_capacity_providers(
            cluster=have.id, capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        ),
        "ecs",
    ),
    Drift(
        load_balancer, "subnets",
        lambda elb, have: elb.set_subnets(
            LoadBalancerArn=have.id, Subnets=list(have.fields["subnets"][:2])
        ),
        "elbv2",
    ),
    Drift(listener, "port", lambda elb, have: elb.modify_listener(ListenerArn=have.id, Port=8081), "elbv2"),
    Drift(listener, "default_answer", _other_answer, "elbv2"),
    Drift(http_api, "title", lambda g, have: g.update_api(**_api(have), Name="renamed")),
    Drift(http_api, "description", lambda g, have: g.update_api(**_api(have), Description="renamed")),
    Drift(
        http_api, "disable_execute_api_endpoint",
        lambda g, have: g.update_api(**_api(have), DisableExecuteApiEndpoint=True),
    ),
    Drift(http_api, "cors", lambda g, have: g.delete_cors_configuration(**_api(have))),
    Drift(
        http_api, "cors",
        lambda g, have: g.update_api(**_api(have), CorsConfiguration={"AllowOrigins": ["*"]}),
    ),
    Drift(vpc_link, "title", lambda g, have: g.update_vpc_link(VpcLinkId=have.id, Name="renamed")),
    Drift(stage, "auto_deploy", lambda g, have: g.update_stage(**_stage(have), AutoDeploy=False)),
    Drift(
        stage, "throttle_rate",
        lambda g, have: g.update_stage(**_stage(have), **_default(ThrottlingRateLimit=1.0)),
    ),
    Drift(
        stage, "throttle_burst",
        lambda g, have: g.update_stage(**_stage(have), **_default(ThrottlingBurstLimit=1)),
    ),
    Drift(
        integration, "timeout_ms",
        lambda g, have: g.update_integration(**_integration(have), TimeoutInMillis=1_000),
    ),
    Drift(
        integration, "method",
        lambda g, have: g.update_integration(**_integration(have), IntegrationMethod="GET"),
    ),
    Drift(
        authorizer, "issuer",
        lambda g, have: g.update_authorizer(**_authorizer(have), **_jwt(issuer="https://other.example")),
    ),
    Drift(
        authorizer, "audience",
        lambda g, have: g.update_authorizer(**_authorizer(have), **_jwt(audience=("everyone",))),
    ),
    Drift(
        authorizer, "identity_source",
        lambda g, have: g.update_authorizer(
            **_authorizer(have), IdentitySource=["$request.querystring.token"]
        ),
    ),
    Drift(route, "target", lambda g, have: g.update_route(**_route(have), Target=_own_target(g, have))),
    Drift(route, "auth_type", lambda g, have: g.update_route(**_route(have), AuthorizationType="AWS_IAM")),
    Drift(
        route_settings, "rate",
        lambda g, have: g.update_stage(
            **_api(have), StageName="$default",
            RouteSettings={have.attrs["route_key"]: {"ThrottlingRateLimit": 1.0, "ThrottlingBurstLimit": 10}},
        ),
    ),
    Drift(
        route_settings, "burst",
        lambda g, have: g.update_stage(
            **_api(have), StageName="$default",
            RouteSettings={have.attrs["route_key"]: {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 1}},
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("drift", DRIFTS, ids=str)
async def test_a_field_changed_by_hand_is_put_back(bench: Bench, drift: Drift) -> None:
    want = await drift.maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    drift.by_hand(bench.client(drift.service), created)
    assert drift.field in (kind.fast if drift.field not in kind.deep else kind.deep)
    assert await bench.mended(kind, want) == {drift.field}


@pytest.mark.parametrize("drift", [d for d in DRIFTS if d.field != "title"], ids=str)
async def test_a_listing_alone_shows_it(bench: Bench, drift: Drift) -> None:
    want = await drift.maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    drift.by_hand(bench.client(drift.service), created)
    have = (await bench.listed(kind))[want.name]
    assert [c.field for c in kind.diff(want, have)] == [drift.field]


async def test_security_groups_changed_by_hand_are_put_back(bench: Bench) -> None:
    want = await load_balancer(bench)
    created = await bench.made(KINDS["LoadBalancer"], want)
    await bench.settled(KINDS["LoadBalancer"], want.name)
    other = bench.client("ec2").create_security_group(
        GroupName=bench.name("sg"), Description="another", VpcId=bench.network.vpc_id
    )["GroupId"]
    bench.client("elbv2").set_security_groups(LoadBalancerArn=created.id, SecurityGroups=[other])
    assert await bench.mended(KINDS["LoadBalancer"], want) == {"security_groups"}


async def test_another_link_and_listener_are_put_into_the_integration(bench: Bench) -> None:
    want = await integration(bench)
    await bench.made(KINDS["Integration"], want)
    front = await bench.made(KINDS["Listener"], await listener(bench))
    link = await bench.made(KINDS["VpcLink"], await vpc_link(bench))
    await bench.settled(KINDS["VpcLink"], link.name)
    moved = replace(want, vpc_link_id=link.id, listener_arn=front.id)
    assert await bench.mended(KINDS["Integration"], moved) == {"vpc_link_id", "listener_arn"}
    have = await bench.seen(KINDS["Integration"], want.name)
    assert have
    assert have.refs >= {link.id, front.id}


async def test_request_parameters_are_added_changed_and_taken_away(bench: Bench) -> None:
    kind, want = KINDS["Integration"], await integration(bench)
    first = replace(want, request_parameters={"append:header.a": "'1'", "append:header.b": "'2'"})
    await bench.made(kind, first)
    second = replace(want, request_parameters={"append:header.b": "'3'"})
    assert await bench.mended(kind, second) == {"request_parameters"}
    assert await bench.mended(kind, replace(want, request_parameters={})) == {"request_parameters"}


async def test_an_integration_is_not_moved_to_another_api(bench: Bench) -> None:
    kind, want = KINDS["Integration"], await integration(bench)
    have = await bench.made(kind, want)
    other = await bench.made(KINDS["HttpApi"], await http_api(bench))
    elsewhere = replace(want, api_id=other.id)
    with pytest.raises(Gone):
        await kind.update(bench.scope, elsewhere, have, kind.diff(elsewhere, have))


async def test_a_route_gets_a_lock_another_lock_and_none(bench: Bench) -> None:
    kind, open_to_all = KINDS["Route"], await route(bench)
    await bench.made(kind, open_to_all)
    api_id = open_to_all.api_id
    guards = [
        await bench.made(KINDS["Authorizer"], replace(await authorizer(bench), api_id=api_id))
        for _ in range(2)
    ]
    for guard in guards:
        locked = replace(open_to_all, auth_type="JWT", authorizer_id=guard.attrs["id"])
        assert await bench.mended(kind, locked) <= {"auth_type", "authorizer_id"}
        have = await bench.seen(kind, locked.name)
        assert have
        assert guard.id in have.refs
    assert await bench.mended(kind, open_to_all) == {"auth_type"}


async def test_cors_can_be_turned_off_and_on(bench: Bench) -> None:
    kind, want = KINDS["HttpApi"], await http_api(bench)
    await bench.made(kind, want)
    assert await bench.mended(kind, replace(want, cors=Cors())) == {"cors"}
    assert await bench.mended(kind, want) == {"cors"}


async def test_a_capacity_provider_that_somebody_added_stays(bench: Bench) -> None:
    kind, want = KINDS["Cluster"], await cluster(bench)
    await bench.made(kind, want)
    assert await bench.mended(kind, replace(want, capacity_providers=("FARGATE",))) == set()
    have = await bench.seen(kind, want.name)
    assert have
    assert have.fields["capacity_providers"] == ("FARGATE", "FARGATE_SPOT")


async def test_settings_of_other_routes_stay(bench: Bench) -> None:
    kind, want = KINDS["RouteSettings"], await route_settings(bench)
    first = await bench.made(kind, want)
    other_key = "ANY /poc/other"
    other = await bench.made(
        KINDS["Route"],
        replace(await _route_like(bench, want.name), name=f"{want.api_id}/{other_key}", route_key=other_key),
    )
    second = replace(want, name=other.name, route_key=other_key, rate=7.0)
    await bench.made(kind, second)
    assert await bench.diff(kind, want) == ()
    await kind.delete(bench.scope, first)
    assert await bench.diff(kind, second) == ()


async def _route_like(bench: Bench, name: str) -> Any:
    from modelpoc.aws.route import Route

    have = await bench.seen(KINDS["Route"], name)
    assert have
    api_id, _, key = name.partition("/")
    return Route(
        name=name, api_id=api_id, route_key=key, target=have.fields["target"], mark=have.fields["mark"]
    )


async def test_what_aws_never_changes_is_told_with_the_way_out(bench: Bench) -> None:
    kind, want = KINDS["LoadBalancer"], await load_balancer(bench)
    have = await bench.made(kind, want)
    public = replace(want, scheme="internet-facing")
    with pytest.raises(Stall):
        await kind.update(bench.scope, public, have, kind.diff(public, have))
