"""What the user names is looked at, never owned; what others have is left alone and told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.parts import (
    authorizer,
    cluster,
    http_api,
    integration,
    listener,
    load_balancer,
    route,
    stage,
    vpc_link,
)

from modelpoc.aws import tags
from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import AlreadyThere, NotYet, Stall
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.local

NOWHERE = "arn:aws:elasticloadbalancing:eu-west-1:000000000000"


async def test_each_given_thing_is_found_by_what_the_user_calls_it(bench: Bench) -> None:
    gateway, elb, net = bench.client("apigatewayv2"), bench.client("elbv2"), bench.network
    api = gateway.create_api(Name="theirs", ProtocolType="HTTP")["ApiId"]
    link = gateway.create_vpc_link(Name="theirs", SubnetIds=list(net.subnets))["VpcLinkId"]
    own = bench.client("ecs").create_cluster(clusterName=f"theirs-{api}")["cluster"]["clusterArn"]
    lb = elb.create_load_balancer(
        Name=f"theirs-{api}", Subnets=list(net.subnets), SecurityGroups=list(net.security_groups),
        Scheme="internal",
    )["LoadBalancers"][0]["LoadBalancerArn"]  # fmt: skip
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    front = elb.create_listener(LoadBalancerArn=lb, Protocol="HTTP", Port=80, DefaultActions=[answer])
    port = front["Listeners"][0]["ListenerArn"]
    for kind, name in (
        ("HttpApi", api), ("VpcLink", link), ("Cluster", own), ("Cluster", f"theirs-{api}"),
        ("LoadBalancer", lb), ("Listener", port),
    ):  # fmt: skip
        have = await bench.seen(KINDS[kind], name)
        assert have, f"{kind} {name}"
        assert (have.name, have.owner) == (name, None)
        assert (await bench.listed(KINDS[kind]))[name].id == have.id  # and stays known by it
    assert (await bench.listed(KINDS["Stage"])) == {}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("HttpApi", "nosuch1234"),
        ("VpcLink", "nosuch"),
        ("Cluster", "nosuch"),
        ("LoadBalancer", f"{NOWHERE}:loadbalancer/app/no/50dc6c495c0c9188"),
        ("Listener", f"{NOWHERE}:listener/app/no/50dc6c495c0c9188/0467ef3c8400ae65"),
    ],
)  # fmt: skip
async def test_a_given_thing_that_is_not_there_is_missing_not_an_error(
    bench: Bench, kind: str, name: str
) -> None:
    assert await bench.seen(KINDS[kind], name) is None


async def test_things_of_others_are_not_even_looked_at(bench: Bench) -> None:
    net, elb = bench.network, bench.client("elbv2")
    elb.create_load_balancer(
        Name=bench.name("x")[:12], Subnets=list(net.subnets), SecurityGroups=list(net.security_groups),
        Scheme="internal",
    )  # fmt: skip
    bench.client("ecs").create_cluster(clusterName="theirs")
    bench.client("apigatewayv2").create_api(Name="theirs", ProtocolType="HTTP")
    before = {k: len(await bench.listed(KINDS[k])) for k in ("Cluster", "LoadBalancer", "HttpApi")}
    bench.calls()
    for kind in before:
        assert "theirs" not in await bench.listed(KINDS[kind])
    assert bench.calls()["DescribeTags"] <= 1


async def test_a_route_of_somebody_else_keeps_its_key(bench: Bench) -> None:
    kind, want = KINDS["Route"], await route(bench)
    gateway = bench.client("apigatewayv2")
    theirs = gateway.create_route(ApiId=want.api_id, RouteKey=want.route_key, Target=want.target)
    with pytest.raises(AlreadyThere):
        await kind.create(bench.scope, want)
    have = await bench.seen(kind, want.name)
    assert have
    assert (have.attrs["id"], have.owner) == (theirs["RouteId"], None)
    other = replace(want, mark=str(Owner("fleet", "team-b", "echo").mark))
    assert [c.field for c in kind.diff(other, have)] == ["mark"]


async def test_a_port_of_somebody_else_is_told_by_its_claim(bench: Bench) -> None:
    kind, want = KINDS["Listener"], await listener(bench)
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    theirs = bench.client("elbv2").create_listener(
        LoadBalancerArn=want.load_balancer_arn, Protocol="HTTP", Port=80, DefaultActions=[answer]
    )["Listeners"][0]["ListenerArn"]
    with pytest.raises(AlreadyThere):
        await kind.create(bench.scope, want)
    listed = await bench.listed(kind)
    assert kind.claims(want) <= listed[theirs].claims
    assert listed[theirs].owner is None


@pytest.mark.parametrize("maker", [integration, authorizer])
async def test_what_aws_would_make_twice_is_made_once(bench: Bench, maker: object) -> None:
    want = await maker(bench)  # type: ignore[operator]
    kind = KINDS[want.kind]
    await kind.create(bench.scope, want)
    with pytest.raises(AlreadyThere):
        await kind.create(bench.scope, want)


@pytest.mark.parametrize("maker", [http_api, vpc_link])
async def test_a_double_is_seen_as_a_leftover_and_the_known_one_stays(bench: Bench, maker: object) -> None:
    want = await maker(bench)  # type: ignore[operator]
    kind = KINDS[want.kind]
    await kind.create(bench.scope, want)
    known = await bench.made(kind, want)
    listed = await bench.listed(kind)
    doubles = [o for o in listed.values() if o.owner == bench.owner.mark and o.id != known.id]
    assert listed[want.name].id == known.id
    assert len(doubles) == 1
    assert doubles[0].name == f"{want.name} ({doubles[0].id})"


async def test_a_cluster_of_our_name_that_is_not_ours_is_not_taken(bench: Bench) -> None:
    want = await cluster(bench)
    bench.client("ecs").create_cluster(clusterName=want.name, tags=[{"key": "team", "value": "b"}])
    with pytest.raises(AlreadyThere):
        await KINDS["Cluster"].create(bench.scope, want)


async def test_an_integration_in_use_does_not_go_yet(bench: Bench) -> None:
    want = await route(bench)
    await bench.made(KINDS["Route"], want)
    (way,) = (o for o in bench.inventory.of_kind("Integration") if o.attrs["target"] == want.target)
    with pytest.raises(NotYet):
        await KINDS["Integration"].delete(bench.scope, way)


async def test_the_eleventh_vpc_link_is_a_quota_told(bench: Bench) -> None:
    want = await vpc_link(bench)

    async def eleven() -> None:
        for _ in range(11):
            await KINDS["VpcLink"].create(bench.scope, want)

    with pytest.raises(Stall) as told:
        await eleven()
    assert told.value.reason == "QuotaExceeded"


async def test_subnets_that_are_not_there_are_told(bench: Bench) -> None:
    want = replace(await load_balancer(bench), subnets=("subnet-0123456789abcdef0",))
    with pytest.raises(Stall) as told:
        await KINDS["LoadBalancer"].create(bench.scope, want)
    assert told.value.reason == "InvalidSpec"


async def test_a_stage_and_its_api_go_with_their_owner(bench: Bench) -> None:
    want = await stage(bench)
    made = await bench.made(KINDS["Stage"], want)
    (api,) = bench.inventory.of_kind("HttpApi")
    assert api.id in made.refs  # so the stage goes first
    await KINDS["HttpApi"].delete(bench.scope, api)
    assert await bench.listed(KINDS["HttpApi"]) == {}
    assert await bench.listed(KINDS["Stage"]) == {}


async def test_an_api_that_vanished_takes_its_listings_along(bench: Bench) -> None:
    want = await route(bench)
    await bench.made(KINDS["Route"], want)
    bench.client("apigatewayv2").delete_api(ApiId=want.api_id)
    for kind in ("Route", "Integration", "Authorizer", "Stage", "RouteSettings"):
        assert await bench.listed(KINDS[kind]) == {}


async def test_listing_many_costs_few_calls(bench: Bench) -> None:
    want = await route(bench)
    for number in range(30):
        key = f"ANY /poc/number-{number}"
        await KINDS["Route"].create(bench.scope, replace(want, name=f"{want.api_id}/{key}", route_key=key))
    bench.calls()
    assert len(await bench.listed(KINDS["Route"])) == 30
    assert bench.calls() == {"GetRoutes": 1}


def test_tags_say_whose_they_are(bench: Bench) -> None:
    assert tags.mark_of(bench.tags) == bench.owner.mark
