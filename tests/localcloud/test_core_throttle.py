"""Published rates: bursts pass, more is refused, time refills."""

from __future__ import annotations

import pytest

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.throttle import Rate, Throttle

pytestmark = pytest.mark.unit


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def call(service: str, operation: str) -> Call:
    return Call(service, operation, "000000000000", "eu-west-1", "p", "r")


def passed(throttle: Throttle, asked: Call, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            throttle.take(asked)
            count += 1
        except AwsError:
            pass
    return count


def test_a_burst_passes_and_time_refills() -> None:
    time = Time()
    throttle = Throttle((Rate("ecs", ("*",), 5, 2),), time)
    assert passed(throttle, call("ecs", "DescribeServices"), 8) == 5
    time.now = 1.5
    assert passed(throttle, call("ecs", "DescribeServices"), 8) == 3


def test_writes_take_from_both_buckets_of_elastic_load_balancing() -> None:
    throttle = Throttle(now=Time())
    assert passed(throttle, call("elbv2", "CreateRule"), 30) == 20
    assert passed(throttle, call("elbv2", "DescribeRules"), 30) == 20
    assert passed(throttle, call("elbv2", "DescribeRules"), 1) == 0


def test_task_definitions_have_the_smallest_bucket() -> None:
    time = Time()
    throttle = Throttle(now=time)
    assert passed(throttle, call("ecs", "RegisterTaskDefinition"), 25) == 20
    time.now = 2.0
    assert passed(throttle, call("ecs", "DeregisterTaskDefinition"), 25) == 2


def test_one_vpc_link_every_fifteen_seconds() -> None:
    time = Time()
    throttle = Throttle(now=time)
    assert passed(throttle, call("apigatewayv2", "CreateVpcLink"), 2) == 1
    time.now = 15.0
    assert passed(throttle, call("apigatewayv2", "CreateVpcLink"), 2) == 1
