"""Alarms: the request, and whatever of it somebody changes by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.alarm import Alarm, AlarmKind, observed, put_request
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "counter")
KIND = AlarmKind()
WANT = Alarm(
    name="5xx-counter-0123456789",
    metric="Invocation5XXErrors",
    dimensions={"EndpointName": "counter-0123456789", "VariantName": "model"},
    statistic="Average",
    threshold=0.05,
    comparison="GreaterThanThreshold",
    description="more than 5 % of requests fail",
    tags=tags.owner_tags(OWNER, {}),
)
LATENCY = replace(WANT, metric="ModelLatency", statistic="p90", threshold=5_000_000)


def answer(want: Alarm = WANT, **by_hand: Any) -> dict[str, Any]:
    return {**put_request(want), "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:1:alarm:{want.name}", **by_hand}


def changed(want: Alarm, found: dict[str, Any]) -> list[str]:
    return [c.field for c in KIND.diff(want, observed(found, want.tags))]


@pytest.mark.parametrize("want", [WANT, LATENCY])
def test_what_was_just_made_shows_no_difference(want: Alarm) -> None:
    have = observed(answer(want), want.tags)
    assert KIND.diff(want, have) == ()
    assert (have.name, have.owner) == (want.name, OWNER.mark)
    assert KIND.fast | KIND.deep == have.fields.keys()


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"MetricName": "Invocations"}, "metric"),
        ({"Namespace": "Mine"}, "namespace"),
        ({"Dimensions": [{"Name": "EndpointName", "Value": "other"}]}, "dimensions"),
        ({"Dimensions": []}, "dimensions"),
        ({"Statistic": "Sum"}, "statistic"),
        ({"Statistic": None, "ExtendedStatistic": "p50"}, "statistic"),
        ({"Period": 300}, "period"),
        ({"EvaluationPeriods": 3}, "evaluation_periods"),
        ({"Threshold": 0.5}, "threshold"),
        ({"ComparisonOperator": "LessThanThreshold"}, "comparison"),
        ({"TreatMissingData": "breaching"}, "missing_data"),
        ({"TreatMissingData": None}, "missing_data"),
        ({"AlarmDescription": ""}, "description"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, Any], field: str) -> None:
    assert changed(WANT, answer(**by_hand)) == [field]


def test_the_order_of_dimensions_does_not_matter() -> None:
    assert changed(WANT, answer(Dimensions=answer()["Dimensions"][::-1])) == []


def test_a_percentile_is_an_extended_statistic() -> None:
    assert put_request(LATENCY)["ExtendedStatistic"] == "p90"
    assert "Statistic" not in put_request(LATENCY)
    assert "ExtendedStatistic" not in put_request(WANT)


def test_an_endpoint_that_nobody_asks_is_well_and_nobody_is_woken() -> None:
    request = put_request(WANT)
    assert (request["TreatMissingData"], request["ActionsEnabled"]) == ("notBreaching", False)
