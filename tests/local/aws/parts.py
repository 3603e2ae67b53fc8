"""The parts of a platform, one of each kind, with whatever they stand on made already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.local.aws.bench import Bench

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
from modelpoc.reconcile.resource import Resource

Maker = Callable[[Bench], Awaitable[Resource]]


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
