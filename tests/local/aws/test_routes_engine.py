"""A POC's routes through the engine: throttled, mended, fought over, taken away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.parts import integration

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.route import Route
from modelpoc.aws.route_settings import RouteSettings
from modelpoc.aws.stage import Stage
from modelpoc.reconcile.act import Ages, Engine, Outcome
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.plan import Verb
from modelpoc.reconcile.resource import Ref

pytestmark = pytest.mark.local

IN_API = {k: KINDS[k] for k in ("HttpApi", "Stage", "Integration", "Authorizer", "Route", "RouteSettings")}
FRESH = Ages(listing=0.0, settling=0.0)
KEYS = ("ANY /poc/echo", "ANY /poc/echo/{proxy+}")


@dataclass
class Poc:
    bench: Bench
    api_id: str
    target: str
    owner: Owner
    engine: Engine

    @property
    def graph(self) -> Graph:
        return Graph(part for key in KEYS for part in self.parts(key))

    def parts(self, key: str) -> tuple[Route, RouteSettings]:
        name = f"{self.api_id}/{key}"
        at = {"name": name, "api_id": self.api_id, "route_key": key}
        needs = (Ref("Route", name, "id"),)
        return (
            Route(**at, target=self.target, mark=str(self.owner.mark)),
            RouteSettings(**at, rate=5.0, burst=10, needs=needs),
        )

    async def once(self, graph: Graph | None = None) -> Outcome:
        wanted = self.graph if graph is None else graph
        return await self.engine.run(wanted, self.owner.mark, ages=FRESH)

    async def settle(self, graph: Graph | None = None) -> None:
        async with asyncio.timeout(90):
            while not (await self.once(graph)).settled:  # noqa: ASYNC110  (AWS tells nobody)
                await asyncio.sleep(0.05)

    def routes(self) -> dict[str, Any]:
        """As AWS has them, by key."""
        return {r["RouteKey"]: r for r in self.gateway.get_routes(ApiId=self.api_id)["Items"]}

    def settings(self) -> dict[str, Any]:
        (stage,) = self.gateway.get_stages(ApiId=self.api_id)["Items"]
        return dict(stage.get("RouteSettings", {}))

    @property
    def gateway(self) -> Any:
        return self.bench.client("apigatewayv2")


@pytest.fixture
async def poc(bench: Bench) -> Poc:
    way = await bench.made(KINDS["Integration"], await integration(bench))
    (api,) = (o for o in bench.inventory.of_kind("HttpApi") if o.id == way.attrs["api_id"])
    await bench.made(KINDS["Stage"], Stage(name=f"{api.name}/$default", api_id=api.id, tags=bench.tags))
    engine = Engine(IN_API, bench.scope, bench.inventory)
    return Poc(bench, api.id, way.attrs["target"], Owner("fleet", "team-a", "echo"), engine)


async def test_two_routes_and_their_throttle_take_a_write_each(poc: Poc) -> None:
    await poc.once(Graph())
    poc.bench.calls()
    await poc.settle()
    calls = poc.bench.calls()
    assert (calls["CreateRoute"], calls["UpdateStage"]) == (2, 2)
    assert set(poc.routes()) == set(KEYS) == set(poc.settings())
    assert (await poc.once()).done == ()


@pytest.mark.parametrize("key", KEYS)
async def test_a_route_deleted_by_hand_comes_back_with_its_throttle(poc: Poc, key: str) -> None:
    await poc.settle()
    poc.gateway.delete_route_settings(ApiId=poc.api_id, StageName="$default", RouteKey=key)
    poc.gateway.delete_route(ApiId=poc.api_id, RouteId=poc.routes()[key]["RouteId"])
    await poc.settle()
    assert set(poc.routes()) == set(KEYS) == set(poc.settings())


@pytest.mark.parametrize("operation", ["CreateRoute", "UpdateStage"])
async def test_a_lost_answer_makes_nothing_twice(poc: Poc, operation: str) -> None:
    poc.bench.fault(operation=operation, reset="after")
    await poc.settle()
    assert set(poc.routes()) == set(KEYS) == set(poc.settings())


async def test_the_throttle_goes_before_its_route_and_both_go(poc: Poc) -> None:
    await poc.settle()
    await poc.settle(Graph())
    assert poc.routes() == {}
    assert poc.settings() == {}


async def test_the_second_of_two_owners_of_a_path_is_told_and_touches_nothing(poc: Poc) -> None:
    await poc.settle()
    before = poc.routes()
    second = replace(poc, owner=Owner("fleet", "team-b", "echo"))
    outcome = await second.once()
    conflicts = outcome.plan.of(Verb.CONFLICT)
    assert {step.reason for step in conflicts} == {"RouteConflict"}
    assert outcome.done == ()
    assert poc.routes() == before


async def test_writes_of_others_meeting_ours_are_tried_again(poc: Poc) -> None:
    words = "Unable to complete operation due to concurrent modification. Please try again later."
    poc.bench.fault(operation="CreateRoute", error="ConflictException", message=words, status=409, count=2)
    await poc.settle()
    assert set(poc.routes()) == set(KEYS)


async def test_a_switch_of_target_is_one_update_of_each_route(poc: Poc) -> None:
    await poc.settle()
    other = poc.gateway.create_integration(
        ApiId=poc.api_id, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", PayloadFormatVersion="1.0",
        IntegrationUri="https://elsewhere.example",
    )  # fmt: skip
    poc.target = f"integrations/{other['IntegrationId']}"
    poc.bench.calls()
    await poc.settle()
    calls = poc.bench.calls()
    assert (calls["UpdateRoute"], calls["CreateRoute"], calls["DeleteRoute"]) == (2, 0, 0)
    assert {r["Target"] for r in poc.routes().values()} == {poc.target}
