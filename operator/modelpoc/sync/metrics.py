"""What sync counts. Names are part of its public surface."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge

from modelpoc.sync.report import Report, Result


class Metrics:
    """Of one source, in the registry given."""

    def __init__(self, registry: CollectorRegistry, source: str) -> None:
        looks = Counter(
            "modelpoc_sync_looks",
            "Looks at the branch, by how they ended.",
            ("source", "result"),
            registry=registry,
        )
        writes = Counter(
            "modelpoc_sync_writes", "POCs applied and pruned.", ("source", "what"), registry=registry
        )
        self._looks = {result: looks.labels(source, result.value) for result in Result}
        self._applied, self._pruned = writes.labels(source, "applied"), writes.labels(source, "pruned")
        self._pocs = _gauge(registry, "modelpoc_sync_pocs", "POCs that the commit asks for.", source)
        self._held = _gauge(
            registry, "modelpoc_sync_prune_held", "POCs that left Git and wait for a say-so.", source
        )
        self._broken = _gauge(
            registry, "modelpoc_sync_broken", "1 while the commit changes nothing because it is bad.", source
        )
        self._at = _gauge(
            registry,
            "modelpoc_sync_last_success_timestamp_seconds",
            "When the cluster was last seen to be as Git asks.",
            source,
        )

    def looked(self, report: Report) -> None:
        self._looks[report.result].inc()
        self._applied.inc(len(report.written))
        self._pruned.inc(len(report.pruned))
        if report.result is Result.FAILED:
            return
        self._broken.set(report.result in (Result.BROKEN, Result.REFUSED))
        self._held.set(len(report.held))
        if report.result in (Result.APPLIED, Result.UNCHANGED):
            self._pocs.set(len(report.written) + len(report.unchanged))
        if report.ok:
            self._at.set(time.time())


def _gauge(registry: CollectorRegistry, name: str, about: str, source: str) -> Gauge:
    return Gauge(name, about, ("source",), registry=registry).labels(source)
