"""How many calls a SageMaker POC costs, counted by AWS."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.local.engine_world import Operator, creation, writes

pytestmark = pytest.mark.local

COUNTER: dict[str, Any] = {"image": "local/counter:1", "instance": {"type": "ml.m5.large", "count": 2}}
CANARY = {**COUNTER, "rollout": {"type": "Canary", "instances": 1}, "proxy": {"handler": "handler.py"}}
PLAIN = {"image": "local/counter:1", "serverless": {}}


def ready(operator: Operator, name: str = "counter", sagemaker: Any = COUNTER) -> None:
    operator.cloud.upload(f"{name}/model.tar.gz", "one")
    operator.cloud.upload(f"{name}/handler.py", "def lambda_handler(event, context): return {}")
    operator.apply(name, sagemaker=sagemaker)
    operator.settle(name)


@pytest.mark.parametrize(("sagemaker", "most"), [(PLAIN, 12), (COUNTER, 12), (CANARY, 14)])
def test_creating_a_poc_takes_few_writes_and_five_reads_at_most(
    operator: Operator, sagemaker: Any, most: int
) -> None:
    """15 writes are the limit that was set; these are what it takes."""
    since = operator.cloud.last_call
    ready(operator, sagemaker=sagemaker)
    calls = creation(operator.cloud.calls(since))
    told = Counter(c.operation for c in calls)
    assert len(writes(calls)) <= most, told
    assert len(calls) - len(writes(calls)) <= 5, told


def test_so_does_the_second(operator: Operator) -> None:
    """Nothing that the first one read or waited for is hidden in its count."""
    ready(operator)
    since = operator.cloud.last_call
    ready(operator, "other")
    calls = creation(operator.cloud.calls(since))
    told = Counter(c.operation for c in calls)
    assert len(writes(calls)) <= 12, told
    assert len(calls) - len(writes(calls)) <= 5, told


def test_a_pass_over_an_unchanged_one_calls_nobody(operator: Operator) -> None:
    ready(operator, sagemaker=CANARY)
    since = operator.cloud.last_call
    operator.pass_("counter")
    assert operator.cloud.calls(since) == []


def test_looking_at_everything_again_writes_nothing(operator: Operator) -> None:
    ready(operator, sagemaker=CANARY)
    since = operator.cloud.last_call
    operator.resync("counter", deep=True)
    calls = operator.cloud.calls(since)
    assert calls
    assert writes(calls) == []


def test_a_resync_of_many_costs_one_call_for_each_archive(operator: Operator) -> None:
    """Listings are batched and shared; whether an archive changed, S3 tells for one at a time."""

    def resync() -> int:
        since = operator.cloud.last_call
        operator.resync("poc-0")
        for number in range(1, len(operator.pocs)):
            operator.pass_(f"poc-{number}")
        return len(operator.cloud.calls(since))

    ready(operator, "poc-0")
    alone = resync()
    for number in range(1, 6):
        ready(operator, f"poc-{number}")
    assert resync() - alone <= 5 + 2


def test_a_restart_costs_nine_calls_for_each(operator: Operator) -> None:
    """Listings tell neither tags nor contents: tags of five things, and four looks at what they are."""
    names = [f"poc-{number}" for number in range(10)]
    for name in names:
        ready(operator, name)
    since = operator.cloud.last_call
    operator.restart()
    operator.platform_up()
    for name in names:
        operator.settle(name)
    calls = operator.cloud.calls(since)
    told = Counter(c.operation for c in calls)
    each = {operation: n for operation, n in told.items() if n >= len(names)}
    assert writes(calls) == []
    assert sum(each.values()) <= 9 * len(names) + 5, each


def test_a_new_archive_costs_a_model_a_configuration_and_an_update(operator: Operator) -> None:
    ready(operator)
    operator.cloud.upload("counter/model.tar.gz", "two")
    since = operator.cloud.last_call
    operator.resync("counter")
    operator.settle("counter")
    told = [c.operation for c in writes(operator.cloud.calls(since))]
    assert told.count("UpdateEndpoint") == 1
    new, old = ["CreateModel", "CreateEndpointConfig"], ["DeleteModel", "DeleteEndpointConfig"]
    assert sorted(told) == sorted([*new, "AddTags", "UpdateEndpoint", "DeleteTags", *old]), told
