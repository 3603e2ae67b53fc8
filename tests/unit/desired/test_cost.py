"""What a POC costs a month, at list prices."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.desired.specs import poc, sagemaker_poc

from modelpoc.desired.cost import cost_of, ecs_cost

pytestmark = pytest.mark.unit


def cost(**ecs: Any) -> float:
    spec = poc(ecs).spec.ecs
    assert spec
    amount, currency = ecs_cost(spec).split()
    assert currency == "USD"
    return float(amount)


def test_the_smallest_one() -> None:
    """730 hours of 0.25 vCPU at 0.04048 and 0.5 GB at 0.004445 USD."""
    assert cost() == pytest.approx(730 * (0.25 * 0.04048 + 0.5 * 0.004445), abs=0.01)


def test_it_grows_with_size_and_number() -> None:
    assert cost(scaling={"min": 3, "max": 3}) == pytest.approx(3 * cost(), abs=0.02)
    assert cost(cpu=1024, memory=2048) == pytest.approx(4 * cost(), abs=0.02)


def test_spot_and_arm_are_cheaper() -> None:
    assert cost(capacity="Spot") < cost(architecture="ARM64") < cost()


def test_what_may_sleep_costs_nothing_at_least() -> None:
    wakes = [{"name": "day", "cron": "0 8 ? * MON-FRI *", "min": 1}]
    assert cost(scaling={"min": 0, "max": 1, "schedule": wakes}) == 0


@pytest.mark.parametrize(
    ("sagemaker", "month"),
    [
        ({"instance": {"type": "ml.m5.large", "count": 2}}, f"{2 * 730 * 0.115:.2f} USD"),
        (
            {
                "instance": {
                    "type": "ml.m5.large",
                    "count": 2,
                    "scaling": {"max": 4, "invocationsPerInstance": 9},
                }
            },
            f"{730 * 0.115:.2f} USD",
        ),
        ({"serverless": {}}, "0.00 USD"),
        ({"instance": {"type": "ml.p5.48xlarge"}}, None),
        ({"endpointConfigName": "theirs"}, None),
    ],
)
def test_an_endpoint_costs_by_its_instances(sagemaker: dict[str, Any], month: str | None) -> None:
    assert cost_of(sagemaker_poc(**sagemaker)) == month
