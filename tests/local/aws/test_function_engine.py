"""A function, the way to it and its route through the engine: made, changed, held together, taken away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.function_parts import Packed, role
from tests.local.aws.parts import http_api

from modelpoc.aws import function, gateway, tags
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.function import Function
from modelpoc.aws.function_state import observed
from modelpoc.aws.integration import Integration
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.log_group import LogGroup
from modelpoc.aws.route import Route
from modelpoc.reconcile.act import Ages, Engine, Outcome
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.plan import Verb
from modelpoc.reconcile.resource import Observed, Ref

pytestmark = pytest.mark.local

IN_PLACE = {k: KINDS[k] for k in ("HttpApi", "Artifact", "LogGroup", "Function", "Integration", "Route")}
FRESH = Ages(listing=0.0, settling=0.0)
WARM = Ages(settling=0.0)


@dataclass
class Poc:
    bench: Bench
    engine: Engine
    graph: Graph

    async def once(self, graph: Graph | None = None, ages: Ages = FRESH) -> Outcome:
        wanted = self.graph if graph is None else graph
        return await self.engine.run(wanted, self.bench.owner.mark, ages=ages)

    async def settle(self, graph: Graph | None = None) -> None:
        async with asyncio.timeout(90):
            while not (await self.once(graph)).settled:  # noqa: ASYNC110  (AWS tells nobody)
                await asyncio.sleep(0.05)

    def wanted(self, kind: str) -> Any:
        return next(r for r in self.graph if r.kind == kind)

    def change(self, **fields: Any) -> None:
        """Other fields for the function."""
        self.graph = Graph(replace(r, **fields) if isinstance(r, Function) else r for r in self.graph)

    def restart(self) -> None:
        """An operator that knows nothing."""
        self.bench.inventory = self.bench.scope.inventory = Inventory(doubt_seconds=0.0)
        self.engine = Engine(IN_PLACE, self.bench.scope, self.bench.inventory)

    def answers(self) -> Any:
        name = self.wanted("Function").name
        return json.loads(self.bench.client("lambda").invoke(FunctionName=name)["Payload"].read())


def stored(bench: Bench) -> str:
    s3, bucket = bench.client("s3"), bench.name("bucket")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": bench.scope.region})
    s3.put_object(Bucket=bucket, Key="counter/handler.py", Body=b"ANSWER = 1\n")
    return f"{bucket}/counter/handler.py"


@pytest.fixture
async def poc(bench: Bench) -> Poc:
    front = replace(await http_api(bench), tags=tags.owner_tags(Owner("fleet"), {}))
    api = await bench.made(KINDS["HttpApi"], front)
    source = Artifact(name=stored(bench), given=True)
    logs = LogGroup(name=f"/modelpoc/fleet/team-a/{bench.name()}", retention_days=14, tags=bench.tags)
    answering = Function(
        name=bench.name(),
        role_arn=role(bench),
        package=Packed(),
        own_source=source.name,
        versions={"proxy": "one", source.name: Ref("Artifact", source.name, "version")},
        environment={"ENDPOINT_NAME": "counter"},
        log_group=Ref("LogGroup", logs.name, "name"),
        invoked_from=gateway.execute_arn(bench.scope, f"{api.id}/*/*"),
        tags=bench.tags,
    )
    way = Integration(
        name=f"{api.id}/{answering.name}",
        api_id=api.id,
        function_arn=Ref("Function", answering.name),
        mark=bench.mark,
    )
    route = Route(
        name=f"{api.id}/ANY /counter",
        api_id=api.id,
        route_key="ANY /counter",
        target=Ref("Integration", way.name, "target"),
        mark=bench.mark,
    )
    engine = Engine(IN_PLACE, bench.scope, bench.inventory)
    return Poc(bench, engine, Graph((source, logs, answering, way, route)))


async def test_all_is_made_with_few_calls_and_then_left_alone(poc: Poc) -> None:
    await poc.once(Graph())
    poc.bench.calls()
    await poc.once(ages=WARM)
    assert poc.bench.calls() == {
        "CreateLogGroup": 1, "PutRetentionPolicy": 1, "CreateFunction": 1, "AddPermission": 1,
        "CreateIntegration": 1, "CreateRoute": 1,
        "ListObjectsV2": 1, "GetObject": 1, "GetIntegrations": 1,
    }  # fmt: skip
    await poc.settle()
    assert poc.answers() == "one"
    poc.bench.calls()
    assert (await poc.once()).done == ()
    assert not {c for c in poc.bench.calls() if not c.startswith(("List", "Get", "Describe"))}


async def test_other_code_and_configuration_take_a_write_each_and_a_tag(poc: Poc) -> None:
    await poc.settle()
    poc.change(memory=512, package=Packed("two"), versions={"proxy": "two"})
    poc.bench.calls()
    await poc.settle()
    calls = poc.bench.calls()
    writes = {c: n for c, n in calls.items() if not c.startswith(("List", "Get", "Describe"))}
    assert writes == {"UpdateFunctionConfiguration": 1, "TagResource": 1, "UpdateFunctionCode": 1}
    assert poc.answers() == "two"


async def test_another_handler_at_the_same_place_is_packed_in(poc: Poc) -> None:
    await poc.settle()
    bucket, _, key = poc.wanted("Function").own_source.partition("/")
    poc.bench.client("s3").put_object(Bucket=bucket, Key=key, Body=b"ANSWER = 2\n")
    poc.bench.calls()
    await poc.settle()
    assert poc.bench.calls()["UpdateFunctionCode"] == 1


async def test_without_the_handler_nothing_is_begun(poc: Poc) -> None:
    bucket, _, key = poc.wanted("Function").own_source.partition("/")
    poc.bench.client("s3").delete_object(Bucket=bucket, Key=key)
    outcome = await poc.once()
    assert [(s.verb, s.kind) for s in outcome.plan.of(Verb.MISSING)] == [(Verb.MISSING, "Artifact")]
    assert outcome.done == ()


async def test_it_goes_in_the_order_in_which_it_is_held(poc: Poc) -> None:
    await poc.settle()
    since = poc.bench.cloud.aws.calls.last
    await poc.settle(Graph())
    entries = poc.bench.cloud.aws.calls.entries(since, poc.bench.cloud.aws.operator.principal)
    gone = [e.operation for e in entries if e.operation.startswith("Delete")]
    assert gone == ["DeleteRoute", "DeleteIntegration", "DeleteFunction", "DeleteLogGroup"]
    assert poc.bench.inventory.owned(poc.bench.owner.mark) == []


@pytest.mark.parametrize("operation", ["CreateFunction", "AddPermission", "CreateIntegration", "CreateRoute"])
@pytest.mark.parametrize("known", [True, False])
async def test_a_lost_answer_makes_nothing_twice(poc: Poc, operation: str, known: bool) -> None:
    poc.bench.fault(operation=operation, reset="after")
    await poc.once()
    if not known:
        poc.restart()
    await poc.settle()
    api = poc.wanted("Integration").api_id
    assert len(poc.bench.client("apigatewayv2").get_integrations(ApiId=api)["Items"]) == 1
    assert poc.answers() == "one"


@pytest.mark.parametrize("operation", ["UpdateFunctionConfiguration", "UpdateFunctionCode", "TagResource"])
@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_change_cut_short_is_finished_by_an_operator_that_knows_nothing(
    poc: Poc, operation: str, reset: str
) -> None:
    await poc.settle()
    poc.change(memory=512, package=Packed("two"), versions={"proxy": "two"})
    poc.bench.fault(operation=operation, reset=reset)
    await poc.once()
    poc.restart()
    await poc.settle()
    assert poc.answers() == "two"


async def test_a_function_deleted_by_hand_comes_back_behind_the_same_integration(poc: Poc) -> None:
    await poc.settle()
    before = poc.bench.client("apigatewayv2").get_routes(ApiId=poc.wanted("Route").api_id)["Items"]
    poc.bench.client("lambda").delete_function(FunctionName=poc.wanted("Function").name)
    await poc.settle()
    after = poc.bench.client("apigatewayv2").get_routes(ApiId=poc.wanted("Route").api_id)["Items"]
    assert after == before
    assert poc.answers() == "one"


async def test_an_update_that_lambda_gave_up_on_is_told_and_not_tried_again(
    poc: Poc, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poc.settle()
    poc.change(package=Packed("two"), versions={"proxy": "two"})
    monkeypatch.setattr(function, "observed", gave_up)
    await poc.once()
    await asyncio.sleep(0.3)
    poc.bench.calls()
    for _ in range(3):
        outcome = await poc.once()
    assert poc.bench.calls()["UpdateFunctionCode"] == 0
    assert [(s.kind, s.reason) for s in outcome.plan.of(Verb.BROKEN)] == [("Function", "FunctionFailed")]
    monkeypatch.undo()
    poc.change(package=Packed("three"), versions={"proxy": "three"})
    await poc.settle()
    assert poc.answers() == "three"


def gave_up(item: Mapping[str, Any], found: Mapping[str, str]) -> Observed:
    """What Lambda tells of a function whose last update failed: the old code serves."""
    failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no room", "CodeSha256": "old"}
    if item.get("LastUpdateStatus") == "InProgress":
        return observed(item, found)
    return observed({**item, **failed}, found)
