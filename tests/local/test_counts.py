"""How many calls things cost, counted by AWS."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.local.engine_world import Operator, creation, writes

pytestmark = pytest.mark.local

ECHO = {"image": "local/echo:1"}


def test_creating_a_poc_takes_ten_writes_and_four_reads_at_most(operator: Operator) -> None:
    since = operator.cloud.last_call
    operator.apply("echo", ecs=ECHO)
    operator.settle("echo")
    calls = creation(operator.cloud.calls(since))
    told = Counter(c.operation for c in calls)
    assert len(writes(calls)) <= 10, told
    assert len(calls) - len(writes(calls)) <= 4, told


def test_so_does_the_second(operator: Operator) -> None:
    """Nothing that the first one read or waited for is hidden in its count."""
    operator.apply("echo", ecs=ECHO)
    operator.settle("echo")
    since = operator.cloud.last_call
    operator.apply("other", ecs=ECHO)
    operator.settle("other")
    calls = creation(operator.cloud.calls(since))
    assert len(writes(calls)) <= 10
    assert len(calls) - len(writes(calls)) <= 4


def test_a_pass_over_an_unchanged_one_calls_nobody(operator: Operator) -> None:
    operator.apply("echo", ecs=ECHO)
    operator.settle("echo")
    since = operator.cloud.last_call
    operator.pass_("echo")
    assert operator.cloud.calls(since) == []


def test_looking_at_everything_again_writes_nothing(operator: Operator) -> None:
    operator.apply("echo", ecs=ECHO)
    operator.settle("echo")
    since = operator.cloud.last_call
    operator.resync("echo", deep=True)
    calls = operator.cloud.calls(since)
    assert calls
    assert writes(calls) == []


def test_a_resync_of_many_costs_little_more_than_of_one(operator: Operator) -> None:
    """Listings are batched and shared: they do not grow with the fleet."""

    def resync() -> int:
        since = operator.cloud.last_call
        operator.resync("poc-0")
        for number in range(1, len(operator.pocs)):
            operator.pass_(f"poc-{number}")
        return len(operator.cloud.calls(since))

    operator.apply("poc-0", ecs=ECHO)
    operator.settle("poc-0")
    alone = resync()
    for number in range(1, 10):
        operator.apply(f"poc-{number}", ecs=ECHO)
        operator.settle(f"poc-{number}")
    assert resync() - alone <= 3


def test_a_restart_costs_seven_calls_a_poc_at_most(operator: Operator) -> None:
    """The figure of the best neighbour known to us is 7.0 calls for each of its objects.

    Listings are paid once; for each POC, one look at its task definition and the tags of its log group.
    """
    for number in range(10):
        operator.apply(f"poc-{number}", ecs=ECHO)
        operator.settle(f"poc-{number}")
    since = operator.cloud.last_call
    operator.restart()
    operator.platform_up()
    for name in operator.pocs:
        operator.settle(name)
    calls = operator.cloud.calls(since)
    told = Counter(c.operation for c in calls)
    assert writes(calls) == []
    assert len(calls) <= 7 * 10, told
    assert max(told.values()) <= 10 + 5, "something is read more than once for each POC"


def test_a_change_of_one_field_is_one_write(operator: Operator) -> None:
    operator.apply("echo", ecs=ECHO)
    operator.settle("echo")
    since = operator.cloud.last_call
    operator.apply("echo", ecs={**ECHO, "healthCheck": {"path": "/"}})
    operator.settle("echo")
    assert [c.operation for c in writes(operator.cloud.calls(since))] == ["ModifyTargetGroup"]
