"""What holds for every part of a platform, whatever it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from modelpoc.aws import tags
from modelpoc.aws.authorizer import Authorizer
from modelpoc.aws.cluster import Cluster
from modelpoc.aws.http_api import Cors, HttpApi
from modelpoc.aws.integration import Integration
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.listener import Listener
from modelpoc.aws.load_balancer import LoadBalancer
from modelpoc.aws.route import Route
from modelpoc.aws.route_settings import RouteSettings
from modelpoc.aws.stage import Stage
from modelpoc.aws.vpc_link import VpcLink
from modelpoc.reconcile.errors import AnswerLost, Gone
from modelpoc.reconcile.resource import Observed, Phase, Resource

if TYPE_CHECKING:
    from conftest import Bench

pytestmark = pytest.mark.local

Maker = Callable[["Bench"], Awaitable[Resource]]


async def cluster(bench: Bench) -> Cluster:
    return Cluster(name=bench.name(), tags=bench.tags)


async def load_balancer(bench: Bench) -> LoadBalancer:
    net = bench.network
    return LoadBalancer(
        name=bench.name(), subnets=net.subnets, security_groups=net.security_groups, tags=bench.tags
    )


async def listener(bench: Bench) -> Listener:
    lb = await bench.made(KINDS["LoadBalancer"], await load_balancer(bench))
    return Listener(name=bench.name(), load_balancer_arn=lb.id, tags=bench.tags)


async def vpc_link(bench: Bench) -> VpcLink:
    net = bench.network
    return VpcLink(
        name=bench.name(), subnets=net.subnets, security_groups=net.security_groups, tags=bench.tags
    )


async def http_api(bench: Bench) -> HttpApi:
    return HttpApi(
        name=bench.name(),
        description="the front",
        cors=Cors(origins=("https://App.example",), methods=("post", "GET"), headers=("X-A",), max_age=60),
        disable_execute_api_endpoint=False,
        tags=bench.tags,
    )


async def stage(bench: Bench) -> Stage:
    api = await bench.made(KINDS["HttpApi"], await http_api(bench))
    return Stage(
        name=f"{api.name}/$default", api_id=api.id, throttle_rate=50.0, throttle_burst=100, tags=bench.tags
    )


async def integration(bench: Bench) -> Integration:
    api = await bench.made(KINDS["HttpApi"], await http_api(bench))
    front = await bench.made(KINDS["Listener"], await listener(bench))
    link = await bench.made(KINDS["VpcLink"], await vpc_link(bench))
    await bench.settled(KINDS["VpcLink"], link.name)
    return Integration(
        name=bench.name(), api_id=api.id, vpc_link_id=link.id, listener_arn=front.id, mark=bench.mark
    )


async def authorizer(bench: Bench) -> Authorizer:
    api = await bench.made(KINDS["HttpApi"], await http_api(bench))
    return Authorizer(
        name=bench.name(),
        api_id=api.id,
        issuer="https://login.example",
        audience=("b", "a"),
        mark=bench.mark,
    )


async def route(bench: Bench) -> Route:
    way = await bench.made(KINDS["Integration"], await integration(bench))
    api_id = way.attrs["api_id"]
    key = "ANY /poc/echo/{proxy+}"
    return Route(
        name=f"{api_id}/{key}", api_id=api_id, route_key=key, target=way.attrs["target"], mark=bench.mark
    )


async def route_settings(bench: Bench) -> RouteSettings:
    wanted = await route(bench)
    api = next(o for o in bench.inventory.of_kind("HttpApi") if o.id == wanted.api_id)
    await bench.made(KINDS["Stage"], Stage(name=f"{api.name}/$default", api_id=api.id, tags=bench.tags))
    await bench.made(KINDS["Route"], wanted)
    return RouteSettings(
        name=wanted.name, api_id=wanted.api_id, route_key=wanted.route_key, rate=5.0, burst=10
    )


MAKERS: tuple[Maker, ...] = (
    cluster, load_balancer, listener, vpc_link, http_api, stage, integration, authorizer, route,
    route_settings,
)  # fmt: skip
CREATES: dict[str, str] = {"RouteSettings": "UpdateStage", "HttpApi": "CreateApi"}
every = pytest.mark.parametrize("maker", MAKERS, ids=lambda m: m.__name__)
taggable = pytest.mark.parametrize(
    "maker", [cluster, load_balancer, listener, vpc_link, http_api, stage], ids=lambda m: m.__name__
)


@every
async def test_creating_is_one_call_and_afterwards_nothing_differs(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    bench.calls()
    created = await bench.made(kind, want)
    assert bench.calls().total() == 1
    assert kind.diff(want, created) == ()
    assert created.owner == bench.owner.mark
    listed = (await bench.listed(kind))[want.name]
    assert (listed.id, listed.owner, listed.refs) == (created.id, created.owner, created.refs)
    assert listed.fields == created.fields
    assert kind.diff(want, listed) == ()
    assert await bench.diff(kind, want) == ()


@every
async def test_a_lost_answer_leaves_one_that_is_found(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    bench.fault(operation=CREATES.get(want.kind, f"Create{want.kind}"), reset="after")
    before = len(await bench.listed(kind))
    with pytest.raises(AnswerLost):
        await kind.create(bench.scope, want)
    listed = await bench.listed(kind)
    assert len(listed) == before + 1
    assert listed[want.name].owner == bench.owner.mark
    assert await bench.diff(kind, want) == ()


@every
async def test_what_was_deleted_is_gone_and_can_be_made_again(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    if want.kind == "VpcLink":
        await bench.settled(kind, want.name)
    remains = await kind.delete(bench.scope, created)
    assert remains is None or remains.state.phase is Phase.GOING
    await bench.gone(kind, want.name)
    assert want.name not in await bench.listed(kind)
    again = await bench.made(kind, want)
    assert kind.diff(want, again) == ()


@every
async def test_deleting_what_is_gone_is_no_trouble(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    await kind.delete(bench.scope, created)
    await bench.gone(kind, want.name)
    with suppress(Gone):
        assert await kind.delete(bench.scope, created) is None


@every
async def test_nothing_is_there_before_it_is_made(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    assert await bench.seen(kind, want.name) is None
    assert want.name not in await bench.listed(kind)


@pytest.mark.parametrize("maker", [m for m in MAKERS if m is not route_settings], ids=lambda m: m.__name__)
async def test_disowned_it_stays_and_is_no_longer_ours(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    await kind.disown(bench.scope, created)
    listed = await bench.listed(kind)
    assert [o for o in listed.values() if o.owner == bench.owner.mark] == []
    assert await kind.delete(bench.scope, created) is None or want.kind == "VpcLink"  # it was there


@taggable
async def test_tags_are_mended_and_those_of_others_stay(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    await bench.settled(kind, want.name)
    tag_by_hand(bench, created, {"team": "other", "backup": "daily"})
    assert await bench.mended(kind, want) == {"tags"}
    have = await bench.seen(kind, want.name)
    assert have
    assert have.fields["tags"] == {**want.tags, "backup": "daily"}


@taggable
async def test_a_tag_no_longer_asked_for_comes_off(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    await bench.made(kind, want)
    await bench.settled(kind, want.name)
    fewer = replace(want, tags=tags.owner_tags(bench.owner, {}))
    assert await bench.mended(kind, fewer) == {"tags"}
    have = await bench.seen(kind, want.name)
    assert have
    assert have.fields["tags"] == fewer.tags


def tag_by_hand(bench: Bench, have: Observed, put: dict[str, str]) -> None:
    """Tags put on by somebody else."""
    match have.kind:
        case "Cluster":
            bench.client("ecs").tag_resource(resourceArn=have.id, tags=tags.to_list(put, "key", "value"))
        case "LoadBalancer" | "Listener":
            bench.client("elbv2").add_tags(ResourceArns=[have.id], Tags=tags.to_list(put))
        case _:
            bench.client("apigatewayv2").tag_resource(ResourceArn=have.attrs["arn"], Tags=put)
