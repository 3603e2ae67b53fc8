"""Our side of AWS's request rates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from tests.unit.kube.lease_world import run

from modelpoc.aws import rates
from modelpoc.aws.rates import Bucket, buckets_of, published

pytestmark = pytest.mark.unit


Turns = Callable[[Bucket, int], list[tuple[int, float]]]


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """Who got a turn, and after how many seconds, of so many that ask at once; only waiting takes time."""

    def turns(bucket: Bucket, calls: int) -> list[tuple[int, float]]:
        order: list[tuple[int, float]] = []

        async def one(number: int) -> None:
            await bucket.take()
            order.append((number, asyncio.get_running_loop().time()))

        async def all_of_them() -> None:
            loop = asyncio.get_running_loop()
            monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=loop.time))
            await asyncio.gather(*(one(n) for n in range(calls)))

        run(all_of_them())
        return order

    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 0.0))
    return turns


def test_a_burst_goes_through_at_once(turns: Turns) -> None:
    assert turns(Bucket(20, 1), 20) == [(n, 0.0) for n in range(20)]


def test_what_exceeds_the_burst_goes_at_the_sustained_rate_in_the_order_of_asking(turns: Turns) -> None:
    after = turns(Bucket(5, 50), 15)
    assert [number for number, _ in after] == list(range(15))
    assert [at for _, at in after] == pytest.approx([0.0] * 5 + [n / 50 for n in range(1, 11)])


def test_after_a_refusal_nothing_saved_up_is_left(turns: Turns) -> None:
    bucket = Bucket(20, 50)
    bucket.drain()
    assert [at for _, at in turns(bucket, 5)] == pytest.approx([n / 50 for n in range(1, 6)])


@pytest.mark.parametrize(
    ("call", "buckets"),
    [
        (("elbv2", "CreateRule", True), ["elbv2", "elbv2 writes"]),
        (("elbv2", "DescribeRules", False), ["elbv2"]),
        (("apigatewayv2", "CreateRoute", True), ["apigatewayv2"]),
        (("apigatewayv2", "CreateVpcLink", True), ["apigatewayv2 CreateVpcLink", "apigatewayv2"]),
        (("ecs", "RegisterTaskDefinition", True), ["ecs RegisterTaskDefinition"]),
        (("ecs", "DeregisterTaskDefinition", True), ["ecs RegisterTaskDefinition"]),
        (("ecs", "DeleteTaskDefinitions", True), ["ecs DeleteTaskDefinitions"]),
        (("ecs", "UpdateService", True), ["ecs writes"]),
        (("ecs", "DescribeServices", False), ["ecs reads"]),
        (("lambda", "CreateFunction", True), ["lambda"]),
        (("lambda", "ListTags", False), ["lambda"]),
        (("lambda", "GetFunction", False), ["lambda GetFunction"]),
        (("lambda", "GetPolicy", False), ["lambda GetPolicy"]),
        (("sagemaker", "CreateEndpoint", True), ["sagemaker writes"]),
        (("sagemaker", "ListTags", False), ["sagemaker reads"]),
        (("cloudwatch", "PutMetricAlarm", True), ["cloudwatch writes"]),
        (("cloudwatch", "DescribeAlarms", False), ["cloudwatch reads"]),
        (("s3", "ListObjectsV2", False), []),
    ],
)
def test_each_call_draws_on_the_buckets_that_aws_counts(
    call: tuple[str, str, bool], buckets: list[str]
) -> None:
    assert [b for b in buckets_of(*call) if b in published()] == buckets
