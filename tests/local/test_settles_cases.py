"""Histories that once ended elsewhere than they should, each by name."""

from __future__ import annotations

from typing import Any

import pytest
from tests.local.aws_listing import holdings
from tests.local.engine_world import Operator

from localcloud.aws.faults import Rule

pytestmark = pytest.mark.local

ECHO = {"image": "local/echo:1"}


def the(found: dict[str, Any], kind: str) -> Any:
    (document,) = [document for key, document in found.items() if key.startswith(f"{kind}/")]
    return document


def test_autoscaling_goes_before_a_fixed_count_is_set(operator: Operator) -> None:
    """Otherwise it lifts the count again, to the minimum that holds no more."""
    operator.apply("echo", ecs={**ECHO, "scaling": {"min": 3, "max": 5, "target": {"cpuPercent": 50}}})
    operator.settle("echo")
    since = operator.cloud.last_call
    operator.apply("echo", ecs=ECHO)
    operator.settle("echo")
    operations = [c.operation for c in operator.cloud.calls(since)]
    assert operations.index("DeregisterScalableTarget") < operations.index("UpdateService")
    found = holdings(operator.cloud.client)
    assert the(found, "Service")["desiredCount"] == 1
    assert not any(key.startswith("ScalableTarget/") for key in found)


@pytest.mark.parametrize("fault", [{"reset": "after"}, {"error": "throttle"}], ids=str)
@pytest.mark.parametrize("operation", ["TagResource", "UntagResource"])
def test_tags_are_known_after_a_write_that_broke_off(
    operator: Operator, operation: str, fault: dict[str, Any]
) -> None:
    """Log groups show their tags only when asked for them: what a lost answer did to them must be asked."""
    operator.apply("echo", ecs=ECHO, tags={"first": "1"}, suspend=True)
    operator.settle("echo")
    operator.apply("echo", ecs=ECHO, tags={"second": "2"}, suspend=True)
    operator.cloud.fault(Rule(service="logs", operation=operation, count=1, **fault))
    operator.pass_("echo")
    operator.apply("echo", ecs=ECHO, tags={"first": "1"}, suspend=True)
    operator.settle("echo")
    found = the(holdings(operator.cloud.client), "LogGroup")["tags"]
    assert {key: value for key, value in found.items() if "/" not in key} == {"first": "1"}


def test_limits_that_a_schedule_may_move_are_those_of_the_last_spec(operator: Operator) -> None:
    """Back to earlier limits, and a schedule with them: the limits in AWS are those in between."""

    def limits(least: int, most: int, **more: Any) -> None:
        scaling = {"min": least, "max": most, "target": {"cpuPercent": 50}, **more}
        operator.apply("echo", ecs={**ECHO, "scaling": scaling})
        operator.settle("echo")

    limits(1, 2)
    limits(2, 5)
    limits(1, 2, schedule=[{"name": "am", "min": 1, "cron": "0 8 ? * MON-FRI 2090"}])
    found = the(holdings(operator.cloud.client), "ScalableTarget")
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 2)
