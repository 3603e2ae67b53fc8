"""What alarms come to, and in which steps traffic moves: decided from data alone."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.aws.sagemaker import alarms, checks
from localcloud.aws.sagemaker.metrics import Sample, Samples
from localcloud.aws.sagemaker.rollout import planned

pytestmark = pytest.mark.unit
NOW, PERIOD = 1000.0, 10.0


def samples(*given: tuple[float, int, float]) -> Samples:
    """Each: seconds ago, status, latency."""
    made = Samples()
    for ago, status, latency in sorted(given, reverse=True):
        made.add(Sample(NOW - ago, "e", "v", "c", status, latency))
    return made


def alarm(**more: Any) -> dict[str, Any]:
    dimensions = {"EndpointName": "e", "VariantName": "v", **more.pop("dimensions", {})}
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 2.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        **more,
    }


def state(given: dict[str, Any], of: Samples) -> str | None:
    return alarms.state(given, of, NOW, PERIOD)[0]


@pytest.mark.parametrize(
    ("more", "given", "expected"),
    [
        ({}, [(1, 500, 1), (2, 503, 1)], "ALARM"),
        ({}, [(1, 500, 1), (2, 404, 1)], "OK"),
        ({}, [(1, 500, 1), (12, 500, 1)], "OK"),
        ({"MetricName": "Invocation4XXErrors"}, [(1, 424, 1), (2, 404, 1)], "ALARM"),
        ({"Statistic": "Average", "Threshold": 0.5}, [(1, 500, 1), (2, 200, 1)], "ALARM"),
        ({"Statistic": "Average", "Threshold": 0.5}, [(1, 500, 1), (2, 200, 1), (3, 200, 1)], "OK"),
        (
            {"MetricName": "Invocations", "Statistic": "SampleCount", "Threshold": 3},
            [(1, 200, 1)] * 3,
            "ALARM",
        ),
        ({"MetricName": "ModelLatency", "Statistic": "Maximum", "Threshold": 9}, [(1, 200, 9)], "ALARM"),
        ({"dimensions": {"EndpointName": "other"}}, [(1, 500, 1), (2, 500, 1)], "INSUFFICIENT_DATA"),
        ({"dimensions": {"EndpointConfigName": "c"}}, [(1, 500, 1), (2, 500, 1)], "ALARM"),
        ({"dimensions": {"EndpointConfigName": "d"}}, [(1, 500, 1), (2, 500, 1)], "INSUFFICIENT_DATA"),
    ],
)
def test_one_period(more: dict[str, Any], given: list[Any], expected: str) -> None:
    assert state(alarm(**more), samples(*given)) == expected


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [(None, "INSUFFICIENT_DATA"), ("notBreaching", "OK"), ("breaching", "ALARM"), ("ignore", None)],
)
def test_no_data_at_all(treatment: str | None, expected: str | None) -> None:
    more = {"TreatMissingData": treatment} if treatment else {}
    assert state(alarm(EvaluationPeriods=2, **more), samples()) == expected


def test_so_many_of_so_many_periods() -> None:
    given = alarm(EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=1)
    bad, good = (500, 1.0), (200, 1.0)
    assert state(given, samples((1, *bad), (11, *good), (21, *bad))) == "ALARM"
    assert state(given, samples((1, *bad), (11, *good), (21, *good))) == "OK"
    assert state(given | {"DatapointsToAlarm": 3}, samples((1, *bad), (11, *bad), (21, *good))) == "OK"
    lone = samples((11, *bad))
    assert state(given, lone) == "ALARM", "AWS looks only at what there is"
    assert state(given | {"TreatMissingData": "ignore"}, lone) is None
    assert state(given | {"TreatMissingData": "notBreaching"}, lone) == "OK"


def test_percentiles_lie_between_values() -> None:
    given = alarm(MetricName="ModelLatency", Threshold=90.0)
    del given["Statistic"]
    of = samples(*((1, 200, float(latency)) for latency in range(0, 101, 10)))
    assert state({**given, "ExtendedStatistic": "p90"}, of) == "ALARM"
    assert state({**given, "ExtendedStatistic": "p89"}, of) == "OK"
    assert alarms.statistic_of("p50", [1.0, 2.0]) == 1.5


def test_alarms_on_other_things_are_not_judged() -> None:
    assert alarms.judged(alarm())
    assert not alarms.judged(alarm(Namespace="AWS/ECS"))
    assert not alarms.judged({"AlarmName": "of a metric expression", "Metrics": []})


def test_metrics_go_out_once_and_in_batches() -> None:
    made = samples(*((1, 200, float(latency)) for latency in range(400)))
    data = made.unsent()
    latencies = [d for d in data if d["MetricName"] == "ModelLatency"]
    assert [len(d["Values"]) for d in latencies] == [150, 150, 100]
    [invocations] = [d for d in data if d["MetricName"] == "Invocations"]
    assert (invocations["Values"], invocations["Counts"]) == ([1.0], [400.0])
    assert made.unsent() == []


def blue_green(kind: str, wait: int = 60, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 7}}


def size(kind: str, value: int) -> dict[str, Any]:
    return {"Type": kind, "Value": value}


@pytest.mark.parametrize(
    ("deployment", "instances", "shares"),
    [
        (None, 2, (1.0,)),
        (blue_green("ALL_AT_ONCE"), 2, (1.0,)),
        (blue_green("CANARY", CanarySize=size("INSTANCE_COUNT", 1)), 4, (0.25, 1.0)),
        (blue_green("CANARY", CanarySize=size("CAPACITY_PERCENT", 10)), 4, (0.25, 1.0)),
        (blue_green("LINEAR", LinearStepSize=size("CAPACITY_PERCENT", 50)), 2, (0.5, 1.0)),
        (blue_green("LINEAR", LinearStepSize=size("INSTANCE_COUNT", 2)), 5, (0.4, 0.8, 1.0)),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": size("INSTANCE_COUNT", 1),
                    "WaitIntervalInSeconds": 5,
                }
            },
            2,
            (0.5, 1.0),
        ),
    ],
)
def test_the_steps_of_a_rollout(deployment: Any, instances: int, shares: tuple[float, ...]) -> None:
    assert planned(deployment, instances).shares == pytest.approx(shares)


def test_waits_and_alarms_of_a_rollout() -> None:
    given = blue_green("ALL_AT_ONCE", 33) | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}
    rollout = planned(given, 1)
    assert (rollout.wait, rollout.termination, rollout.alarms) == (33, 7, ("a",))


def test_checks_pass_what_aws_takes() -> None:
    two = [{"VariantName": "v", "InitialInstanceCount": 2}]
    checks.deployment(blue_green("CANARY", CanarySize=size("INSTANCE_COUNT", 1)), two)
    checks.deployment(blue_green("LINEAR", LinearStepSize=size("CAPACITY_PERCENT", 50)), two)
    checks.deployment(blue_green("ALL_AT_ONCE"), [{"VariantName": "v", "ServerlessConfig": {}}])
    checks.same_variants(["a", "b"], ["b", "a"])
