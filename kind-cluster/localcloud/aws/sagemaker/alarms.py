"""What CloudWatch's alarms on SageMaker's metrics come to. Pure: an alarm and samples in, a state out.

moto keeps alarms and does not evaluate them.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence

from localcloud.aws.sagemaker.metrics import NAMESPACE, Samples
from localcloud.aws.sagemaker.records import Document

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


def judged(alarm: Document) -> bool:
    """Whether it is an alarm that we can evaluate: one on a metric of SageMaker's endpoints."""
    return (
        alarm.get("Namespace") == NAMESPACE
        and alarm.get("ComparisonOperator") in _COMPARE
        and any(d["Name"] == "EndpointName" for d in alarm.get("Dimensions") or ())
    )


def state(alarm: Document, samples: Samples, now: float, period: float) -> tuple[str | None, str]:
    """The state an alarm comes to (None: it stays as it is) and the reason; `period` in real seconds."""
    values = _datapoints(alarm, samples, now, period)
    breaching = _COMPARE[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    wanted = int(alarm.get("DatapointsToAlarm") or len(values))
    treatment = alarm.get("TreatMissingData") or "missing"
    seen = [value for value in values if value is not None]
    if not seen and treatment in ("missing", "ignore"):
        return (INSUFFICIENT if treatment == "missing" else None), "no datapoints were received"
    bad = sum(breaching(value, threshold) for value in seen)
    gaps = len(values) - len(seen)
    if treatment == "breaching":
        bad += gaps
    if treatment == "missing" and gaps:
        # AWS looks further back for what is missing; with what there is, fewer datapoints must suffice.
        wanted = min(wanted, len(seen))
    if treatment == "ignore" and bad < wanted <= bad + gaps:
        return None, "too few datapoints were received"
    shown = ", ".join(f"{value:g}" for value in seen) or "missing"
    side = "" if bad >= wanted else "not "
    reason = f"Threshold Crossed: {bad} of {len(values)} datapoints [{shown}] ({side}in ALARM) {threshold:g}"
    return (ALARM if bad >= wanted else OK), reason


def _datapoints(alarm: Document, samples: Samples, now: float, period: float) -> list[float | None]:
    """One value for each period, latest first; None where there is no sample."""
    count = int(alarm["EvaluationPeriods"])
    dimensions = {d["Name"]: d["Value"] for d in alarm.get("Dimensions") or ()}
    buckets: list[list[float]] = [[] for _ in range(count)]
    for sample in samples.between(now - count * period, now):
        value = sample.value(alarm["MetricName"])
        if value is not None and sample.has(dimensions):
            buckets[min(int((now - sample.at) / period), count - 1)].append(value)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    return [statistic_of(statistic, bucket) if bucket else None for bucket in buckets]


def statistic_of(name: str, values: Sequence[float]) -> float | None:
    """A statistic of values (at least one), None if it is not known here."""
    found = _PERCENTILE.fullmatch(name)
    if found:
        return _percentile(sorted(values), float(found[1]) / 100)
    simple: dict[str, Callable[[Sequence[float]], float]] = {
        "Sum": sum,
        "SampleCount": lambda given: float(len(given)),
        "Average": lambda given: sum(given) / len(given),
        "Minimum": min,
        "Maximum": max,
    }
    return simple[name](values) if name in simple else None


def _percentile(ordered: Sequence[float], share: float) -> float:
    position = share * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
