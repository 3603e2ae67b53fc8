"""The scope's calls: counted, never repeated, told for what they are."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.local.aws.bench import Bench

from modelpoc.aws.permission import OWNER_ID
from modelpoc.aws.rates import Bucket, published
from modelpoc.reconcile.errors import AnswerLost, Retry, Stall

pytestmark = pytest.mark.local


async def test_a_lost_answer_is_not_asked_for_again(bench: Bench) -> None:
    bench.fault(operation="CreateCluster", reset="after")
    ours = [{"key": OWNER_ID, "value": "a"}]
    with pytest.raises(AnswerLost):
        await bench.scope.call("ecs", "CreateCluster", clusterName=bench.name(), tags=ours)
    assert bench.calls()["CreateCluster"] == 1


async def test_a_read_without_an_answer_may_be_tried_again(bench: Bench) -> None:
    bench.fault(operation="ListClusters", reset="before")
    with pytest.raises(Retry) as told:
        await bench.scope.call("ecs", "ListClusters")
    assert not isinstance(told.value, AnswerLost)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("ecs", "ListClusters", {}),
        ("elbv2", "DescribeRules", {"RuleArns": []}),
        ("apigatewayv2", "GetApis", {}),
    ],
)
async def test_a_throttle_of_each_service_is_a_retry(
    bench: Bench, service: str, operation: str, parameters: dict[str, object]
) -> None:
    bench.fault(operation=operation, error="throttle")
    with pytest.raises(Retry):
        await bench.scope.call(service, operation, **parameters)


async def test_after_a_throttle_the_next_calls_wait(bench: Bench) -> None:
    bucket = Bucket(20, 10)
    scope = bench.cloud.new_scope(limits={"ecs reads": bucket})
    bench.fault(operation="ListClusters", error="throttle")
    with pytest.raises(Retry):
        await scope.call("ecs", "ListClusters")
    began = time.monotonic()
    await asyncio.gather(*(scope.call("ecs", "ListClusters") for _ in range(4)))
    assert time.monotonic() - began >= 0.2
    scope.close()


async def test_every_call_is_told_with_its_outcome_and_time(bench: Bench) -> None:
    told = list[tuple[str, str, str]]()
    scope = bench.cloud.new_scope(on_call=lambda s, o, outcome, _: told.append((s, o, outcome)))
    await scope.call("ecs", "ListClusters")
    with pytest.raises(Stall):
        await scope.call("ecs", "CreateCluster", clusterName="not a name")
    assert told[0] == ("ecs", "ListClusters", "ok")
    assert told[1][:2] == ("ecs", "CreateCluster")
    assert told[1][2] not in ("ok", "")
    scope.close()


async def test_all_pages_come_one_after_the_other(bench: Bench) -> None:
    gateway = bench.client("apigatewayv2")
    names = {bench.name() for _ in range(7)}
    for name in names:
        gateway.create_api(Name=name, ProtocolType="HTTP")
    bench.calls()
    pages = [page async for page in bench.scope.pages("apigatewayv2", "GetApis", MaxResults="3")]
    assert {api["Name"] for page in pages for api in page["Items"]} >= names
    assert bench.calls()["GetApis"] == len(pages) >= 3


async def test_the_right_account_is_no_news(bench: Bench) -> None:
    await bench.scope.check_account()


async def test_another_account_is_refused_with_both_numbers(bench: Bench) -> None:
    scope = bench.cloud.new_scope()
    scope._account = "999999999999"
    with pytest.raises(Stall, match="999999999999") as told:
        await scope.check_account()
    assert told.value.reason == "WrongAccount"
    assert bench.scope.account in str(told.value)
    scope.close()


async def test_writers_of_one_api_take_turns_and_none_meets_another(bench: Bench) -> None:
    ours = {"Name": bench.name(), "ProtocolType": "HTTP", "Tags": {OWNER_ID: "a"}}
    api_id = bench.client("apigatewayv2").create_api(**ours)["ApiId"]

    async def rename(number: int) -> None:
        async with bench.scope.writer(f"apigateway/{api_id}"):
            await bench.scope.call("apigatewayv2", "UpdateApi", ApiId=api_id, Description=str(number))

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(rename(number))
    assert bench.calls()["UpdateApi"] == 8


async def test_side_by_side_calls_really_are(bench: Bench) -> None:
    bench.fault(operation="ListClusters", latency_ms=1_000, count=None)
    began = time.monotonic()
    await asyncio.gather(*(bench.scope.call("ecs", "ListClusters") for _ in range(8)))
    assert time.monotonic() - began < 6  # one after the other: 8 s


@pytest.mark.parametrize(
    ("service", "operation", "calls"),
    [("elbv2", "DescribeLoadBalancers", 50), ("apigatewayv2", "GetApis", 50), ("ecs", "ListClusters", 110)],
)
async def test_within_our_own_rates_aws_never_refuses(
    bench: Bench, service: str, operation: str, calls: int
) -> None:
    scope = bench.cloud.new_scope(limits=published())
    bench.fault(published_rates=True, count=None)
    await asyncio.gather(*(scope.call(service, operation) for _ in range(calls)))
    assert bench.calls()[operation] == calls
    scope.close()
