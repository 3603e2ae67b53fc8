"""What the operator counts. Names are part of its public surface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class Metrics:
    """All metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "modelpoc_aws_calls_total",
            "AWS calls.",
            ("service", "operation", "outcome"),
            registry=self.registry,
        )
        self._latency = Histogram(
            "modelpoc_aws_call_seconds", "Time to AWS's answer.", ("service",), registry=self.registry
        )
        self._passes = Counter(
            "modelpoc_passes_total", "Passes, by how they ended.", ("kind", "result"), registry=self.registry
        )
        self._pass_time = Histogram(
            "modelpoc_pass_seconds", "Time of one pass.", ("kind",), registry=self.registry
        )
        self._writes = Counter(
            "modelpoc_kubernetes_writes_total", "Writes to Kubernetes.", ("what",), registry=self.registry
        )
        self.time_to_ready = Histogram(
            "modelpoc_time_to_ready_seconds",
            "From the first pass of a generation to Ready.",
            buckets=(5, 15, 30, 60, 120, 300, 600, 1200),
            registry=self.registry,
        )

    def aws_call(self, service: str, operation: str, outcome: str, seconds: float) -> None:
        self._calls.labels(service, operation, outcome).inc()
        self._latency.labels(service).observe(seconds)

    def passed(self, kind: str, result: str, seconds: float) -> None:
        self._passes.labels(kind, result).inc()
        self._pass_time.labels(kind).observe(seconds)

    def wrote(self, what: str) -> None:
        self._writes.labels(what).inc()

    def queue(self, depth: Callable[[], float]) -> None:
        gauge = Gauge("modelpoc_queue_depth", "Objects waiting for a pass.", registry=self.registry)
        gauge.set_function(depth)

    def leader(self, leads: Callable[[], bool]) -> None:
        gauge = Gauge(
            "modelpoc_leader", "1 in the process that works, 0 in one that waits.", registry=self.registry
        )
        gauge.set_function(lambda: float(leads()))

    def pocs(self, by_reason: Callable[[], Mapping[str, int]]) -> None:
        """`by_reason` is asked at each scrape."""
        self.registry.register(_Pocs(by_reason))


class _Pocs(Collector):
    def __init__(self, by_reason: Callable[[], Mapping[str, int]]) -> None:
        self._by_reason = by_reason

    def collect(self) -> Iterable[Metric]:
        pocs = GaugeMetricFamily("modelpoc_pocs", "POCs, by the reason of their state.", labels=["reason"])
        for reason, count in self._by_reason().items():
            pocs.add_metric([reason], count)
        yield pocs
