"""A whole platform through the engine: built, kept, mended, and taken apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.local.aws.bench import Bench

from modelpoc.aws.authorizer import Authorizer
from modelpoc.aws.cluster import Cluster
from modelpoc.aws.http_api import Cors, HttpApi
from modelpoc.aws.integration import Integration
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.listener import Listener
from modelpoc.aws.load_balancer import LoadBalancer
from modelpoc.aws.stage import Stage
from modelpoc.aws.vpc_link import VpcLink
from modelpoc.reconcile.act import Ages, Engine, Outcome
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.resource import Ref, When

pytestmark = pytest.mark.local

PLATFORM = {
    k: KINDS[k]
    for k in (
        "Cluster", "LoadBalancer", "Listener", "VpcLink", "HttpApi", "Stage", "Integration", "Authorizer",
        "Route", "RouteSettings",
    )
}  # fmt: skip
FRESH = Ages(listing=0.0, settling=0.0)
CREATES = (
    "CreateCluster", "CreateLoadBalancer", "CreateListener", "CreateVpcLink", "CreateApi", "CreateStage",
    "CreateIntegration", "CreateAuthorizer",
)  # fmt: skip


@dataclass
class Platform:
    """One platform, its engine, and what AWS holds of it."""

    bench: Bench
    graph: Graph
    engine: Engine

    async def once(self) -> Outcome:
        return await self.engine.run(self.graph, self.bench.owner.mark, ages=FRESH)

    async def settle(self, seconds: float = 90.0) -> Outcome:
        """Passes until there is nothing more to do."""
        async with asyncio.timeout(seconds):
            while not (outcome := await self.once()).settled:  # noqa: ASYNC110  (AWS tells nobody)
                await asyncio.sleep(0.05)
        return outcome

    def restart(self) -> None:
        """The operator was killed: what it knew is gone."""
        self.bench.inventory = Inventory(doubt_seconds=0.0)
        self.bench.scope.inventory = self.bench.inventory
        self.engine = Engine(PLATFORM, self.bench.scope, self.bench.inventory)

    def there(self) -> dict[str, int]:
        """How many of each AWS has with our mark, asked of AWS itself."""
        return {kind: len(ids) for kind, ids in self.ids().items() if ids}

    def ids(self) -> dict[str, list[str]]:
        gateway, elb, mark = self.bench.client("apigatewayv2"), self.bench.client("elbv2"), self.bench.mark
        apis = [a["ApiId"] for a in gateway.get_apis()["Items"] if mark in a.get("Tags", {}).values()]
        links = [v for v in gateway.get_vpc_links()["Items"] if mark in v.get("Tags", {}).values()]
        lbs = [lb["LoadBalancerArn"] for lb in elb.describe_load_balancers()["LoadBalancers"]]
        lbs = [arn for arn in lbs if self._marked(elb, arn)]
        ecs = self.bench.client("ecs")
        clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"], include=["TAGS"])
        return {
            "HttpApi": apis,
            "VpcLink": [v["VpcLinkId"] for v in links if v["VpcLinkStatus"] != "DELETING"],
            "LoadBalancer": lbs,
            "Cluster": [
                c["clusterArn"]
                for c in clusters["clusters"]
                if mark in str(c.get("tags")) and c["status"] == "ACTIVE"
            ],
            "Listener": [
                li["ListenerArn"]
                for arn in lbs
                for li in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
            ],
            "Stage": [s["StageName"] for a in apis for s in gateway.get_stages(ApiId=a)["Items"]],
            "Integration": [
                i["IntegrationId"] for a in apis for i in gateway.get_integrations(ApiId=a)["Items"]
            ],
            "Authorizer": [
                x["AuthorizerId"] for a in apis for x in gateway.get_authorizers(ApiId=a)["Items"]
            ],
        }

    def _marked(self, elb: Any, arn: str) -> bool:
        found = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return self.bench.mark in str(found)


ONE_OF_EACH = dict.fromkeys(
    ("Authorizer", "Cluster", "HttpApi", "Integration", "Listener", "LoadBalancer", "Stage", "VpcLink"), 1
)


@pytest.fixture
def platform(bench: Bench) -> Platform:
    engine = Engine(PLATFORM, bench.scope, bench.inventory)
    return Platform(bench, Graph(parts(bench, bench.name())), engine)


def parts(bench: Bench, name: str) -> list[Any]:
    net = bench.network
    placed = {"subnets": net.subnets, "security_groups": net.security_groups, "tags": bench.tags}
    api = Ref("HttpApi", name, "id")
    return [
        Cluster(name=name, tags=bench.tags),
        LoadBalancer(name=name, **placed),
        Listener(name=f"{name}:80", load_balancer_arn=Ref("LoadBalancer", name), tags=bench.tags),
        VpcLink(name=name, **placed),
        HttpApi(name=name, cors=Cors(), tags=bench.tags),
        Stage(name=f"{name}/$default", api_id=api, throttle_rate=100.0, throttle_burst=10, tags=bench.tags),
        Integration(
            name=f"{name}/{name}:80",
            api_id=api,
            vpc_link_id=Ref("VpcLink", name, "id", When.SETTLED),
            listener_arn=Ref("Listener", f"{name}:80"),
            mark=bench.mark,
        ),
        Authorizer(
            name=f"{name}/staff", api_id=api, issuer="https://login.example", audience=("a",), mark=bench.mark
        ),
    ]


async def test_from_nothing_to_everything_with_one_write_each(platform: Platform) -> None:
    platform.bench.calls()
    await platform.settle()
    calls = platform.bench.calls()
    assert {op: n for op, n in calls.items() if not op.startswith(("Describe", "Get", "List"))} == (
        dict.fromkeys(CREATES, 1)
    )
    assert platform.there() == ONE_OF_EACH


async def test_an_unchanged_platform_is_only_read(platform: Platform) -> None:
    await platform.settle()
    platform.bench.calls()
    outcome = await platform.once()
    calls = platform.bench.calls()
    assert outcome.settled
    assert all(op.startswith(("Describe", "Get", "List")) for op in calls), calls
    assert calls.total() <= 14


async def test_after_a_restart_it_is_found_again(platform: Platform) -> None:
    await platform.settle()
    platform.restart()
    platform.bench.calls()
    assert (await platform.once()).done == ()
    assert platform.there() == ONE_OF_EACH


@pytest.mark.parametrize("operation", CREATES)
async def test_a_lost_answer_makes_no_second_one(platform: Platform, operation: str) -> None:
    platform.bench.fault(operation=operation, reset="after")
    await platform.settle()
    assert platform.there() == ONE_OF_EACH


@pytest.mark.parametrize("operation", CREATES)
async def test_killed_right_after_a_write_it_goes_on_where_it_was(platform: Platform, operation: str) -> None:
    platform.bench.fault(operation=operation, reset="after")
    async with asyncio.timeout(90):
        while not (await platform.once()).errors:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    platform.restart()
    await platform.settle()
    assert platform.there() == ONE_OF_EACH


@pytest.mark.parametrize("code", ["TooManyRequestsException", "InternalFailure"])
async def test_passing_trouble_passes(platform: Platform, code: str) -> None:
    status = 429 if code.startswith("TooMany") else 500
    platform.bench.fault(service="*", operation="Create*", error=code, status=status, count=4)
    await platform.settle()
    assert platform.there() == ONE_OF_EACH


async def test_an_empty_graph_leaves_nothing(platform: Platform) -> None:
    await platform.settle()
    platform.graph = Graph()
    await platform.settle()
    assert platform.there() == {}


async def test_taking_apart_goes_on_after_a_restart(platform: Platform) -> None:
    await platform.settle()
    platform.graph = Graph()
    await platform.once()
    platform.restart()
    await platform.settle()
    assert platform.there() == {}


def _delete_listener(p: Platform) -> None:
    p.bench.client("elbv2").delete_listener(ListenerArn=p.ids()["Listener"][0])


def _delete_balancer(p: Platform) -> None:
    p.bench.client("elbv2").delete_load_balancer(LoadBalancerArn=p.ids()["LoadBalancer"][0])


def _in_api(operation: str, key: str, kind: str) -> Callable[[Platform], None]:
    def delete(p: Platform) -> None:
        ids = p.ids()
        getattr(p.bench.client("apigatewayv2"), operation)(ApiId=ids["HttpApi"][0], **{key: ids[kind][0]})

    return delete


def _delete_link(p: Platform) -> None:
    """AWS keeps a link as long as an integration leads through it."""
    _in_api("delete_integration", "IntegrationId", "Integration")(p)
    p.bench.client("apigatewayv2").delete_vpc_link(VpcLinkId=p.ids()["VpcLink"][0])


BY_HAND: dict[str, Callable[[Platform], None]] = {
    "Cluster": lambda p: p.bench.client("ecs").delete_cluster(cluster=p.ids()["Cluster"][0]),
    "Listener": _delete_listener,
    "LoadBalancer": _delete_balancer,
    "VpcLink": _delete_link,
    "HttpApi": lambda p: p.bench.client("apigatewayv2").delete_api(ApiId=p.ids()["HttpApi"][0]),
    "Stage": _in_api("delete_stage", "StageName", "Stage"),
    "Integration": _in_api("delete_integration", "IntegrationId", "Integration"),
    "Authorizer": _in_api("delete_authorizer", "AuthorizerId", "Authorizer"),
}


@pytest.mark.parametrize("kind", BY_HAND)
async def test_what_somebody_deletes_comes_back(platform: Platform, kind: str) -> None:
    await platform.settle()
    BY_HAND[kind](platform)
    await platform.settle()
    assert platform.there() == ONE_OF_EACH


async def test_what_somebody_deletes_as_we_begin_to_take_it_apart_is_no_trouble(platform: Platform) -> None:
    await platform.settle()
    for kind in ("Authorizer", "Stage", "HttpApi", "Listener", "LoadBalancer"):
        BY_HAND[kind](platform)
    platform.graph = Graph()
    await platform.settle()
    assert platform.there() == {}


async def test_on_a_given_api_only_what_is_ours_is_made_and_taken_away(platform: Platform) -> None:
    bench, gateway = platform.bench, platform.bench.client("apigatewayv2")
    api_id = gateway.create_api(Name="theirs", ProtocolType="HTTP")["ApiId"]
    name, ref = bench.name(), Ref("HttpApi", api_id, "id")
    staff = Authorizer(
        name=f"{name}/staff", api_id=ref, issuer="https://login.example", audience=("a",), mark=bench.mark
    )
    platform.graph = Graph([HttpApi(name=api_id, given=True), staff])
    await platform.settle()
    platform.restart()
    await platform.settle()
    assert len(gateway.get_authorizers(ApiId=api_id)["Items"]) == 1
    platform.graph = Graph([HttpApi(name=api_id, given=True)])
    await platform.settle()
    assert gateway.get_authorizers(ApiId=api_id)["Items"] == []
    assert gateway.get_api(ApiId=api_id)["Name"] == "theirs"
