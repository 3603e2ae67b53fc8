"""What invocations leave behind: samples, kept for alarms and handed to CloudWatch in batches.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE = "AWS/SageMaker"
_KEPT = 100_000  # samples; the oldest go first


@dataclass(frozen=True)
class Sample:
    """One invocation. `at` is a moment of `time.monotonic`; `latency` in µs, None if none was seen."""

    at: float
    endpoint: str
    variant: str
    config: str
    status: int
    latency: float | None

    def value(self, metric: str) -> float | None:
        """What this invocation adds to a metric: each error metric is 0 or 1 for every invocation."""
        match metric:
            case "Invocations":
                return 1.0
            case "Invocation4XXErrors":
                return float(400 <= self.status < 500)
            case "Invocation5XXErrors" | "InvocationModelErrors":
                return float(self.status >= 500 or (metric == "InvocationModelErrors" and self.status >= 400))
            case "ModelLatency":
                return self.latency
        return None

    def has(self, dimensions: Mapping[str, str]) -> bool:
        """Whether it counts for a metric of exactly these dimensions."""
        own = {
            "EndpointName": self.endpoint,
            "VariantName": self.variant,
            "EndpointConfigName": self.config,
        }
        known = ({"EndpointName", "VariantName"}, {"EndpointName", "VariantName", "EndpointConfigName"})
        return set(dimensions) in known and all(own[key] == value for key, value in dimensions.items())


METRICS = {
    "Invocations": "None",
    "Invocation4XXErrors": "None",
    "Invocation5XXErrors": "None",
    "ModelLatency": "Microseconds",
}


class Samples:
    """All invocations of late."""

    def __init__(self) -> None:
        self._kept: deque[Sample] = deque(maxlen=_KEPT)
        self._unsent: list[Sample] = []

    @property
    def last(self) -> float:
        """When the last one was (`time.monotonic`); minus infinity if there was none."""
        return self._kept[-1].at if self._kept else float("-inf")

    def add(self, sample: Sample) -> None:
        """One more."""
        self._kept.append(sample)
        self._unsent.append(sample)

    def between(self, begin: float, end: float) -> Iterable[Sample]:
        """Those within (begin, end], latest first."""
        for sample in reversed(self._kept):
            if sample.at <= begin:
                return
            if sample.at <= end:
                yield sample

    def unsent(self) -> list[dict[str, Any]]:
        """What CloudWatch has not got yet, as `MetricData`; it counts as handed over."""
        taken, self._unsent = self._unsent, []
        found: dict[tuple[str, str, str], Counter[float]] = {}
        for sample in taken:
            for metric in METRICS:
                value = sample.value(metric)
                if value is not None:
                    key = (metric, sample.endpoint, sample.variant)
                    found.setdefault(key, Counter())[round(value)] += 1
        return [
            datum
            for (metric, endpoint, variant), values in found.items()
            for datum in _data(metric, endpoint, variant, values)
        ]


def _data(metric: str, endpoint: str, variant: str, values: Counter[float]) -> Iterable[dict[str, Any]]:
    """At most 150 different values each, as PutMetricData takes them."""
    items = sorted(values.items())
    for start in range(0, len(items), 150):
        part = items[start : start + 150]
        yield {
            "MetricName": metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            "Values": [float(value) for value, _ in part],
            "Counts": [float(count) for _, count in part],
            "Unit": METRICS[metric],
        }


def now() -> float:
    """The present moment, as samples have it."""
    return time.monotonic()
