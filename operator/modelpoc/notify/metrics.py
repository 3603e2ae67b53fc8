"""What is counted of news. Names are part of the public surface: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class NewsMetrics:
    """In the operator's registry."""

    def __init__(self, registry: CollectorRegistry, waiting: Callable[[], float]) -> None:
        self._sent = Counter(
            "modelpoc_notifications_total",
            "News that were sent or not, by where they went.",
            ("sink", "event", "result"),
            registry=registry,
        )
        gauge = Gauge("modelpoc_notifications_waiting", "News that wait to be sent.", registry=registry)
        gauge.set_function(waiting)

    def settled(self, sink: str, event: str, result: str) -> None:
        self._sent.labels(sink, event, result).inc()
