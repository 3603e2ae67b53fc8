"""Our side of AWS's request rates."""

from __future__ import annotations

import asyncio
import time

import pytest

from modelpoc.aws.rates import Bucket, buckets_of, published

pytestmark = pytest.mark.unit


async def seconds(bucket: Bucket, calls: int) -> float:
    began = time.monotonic()
    await asyncio.gather(*(bucket.take() for _ in range(calls)))
    return time.monotonic() - began


async def test_a_burst_goes_through_at_once() -> None:
    assert await seconds(Bucket(20, 1), 20) < 0.2


async def test_what_exceeds_the_burst_goes_at_the_sustained_rate() -> None:
    assert 0.15 <= await seconds(Bucket(5, 50), 15) < 0.6


async def test_turns_come_in_the_order_of_asking() -> None:
    bucket, order = Bucket(1, 200), list[int]()

    async def one(number: int) -> None:
        await bucket.take()
        order.append(number)

    await asyncio.gather(*(one(n) for n in range(8)))
    assert order == list(range(8))


async def test_after_a_refusal_nothing_saved_up_is_left() -> None:
    bucket = Bucket(20, 50)
    bucket.drain()
    assert await seconds(bucket, 5) >= 0.08


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
