"""Telling people what a look found: once for each commit, in the log and as events."""

from __future__ import annotations

import logging
from typing import Any

from modelpoc.kube.cluster import PLATFORM, POC, Cluster
from modelpoc.kube.errors import KubeError
from modelpoc.sync.report import Report, Result, Told

log = logging.getLogger(__name__)

COMPONENT = "modelpoc-sync"
_PLATFORM = "default"
_MOST_EVENTS = 20
"""Of one look; the log has them all."""


class Lines:
    """A line in the log for each look that did something, failed anew, or was the first to work again."""

    def __init__(self) -> None:
        self._error = ""

    def __call__(self, report: Report) -> None:
        if report.error and report.error != self._error:
            log.error("%s: %s", report.source, report.error)
        elif report.result is Result.APPLIED:
            log.info("%s", report.line)
        elif self._error and not report.error:
            log.info("%s answers again: %s", report.source, report.line)
        self._error = report.error


class Teller:
    """Remembers what it said of the present commit."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._commit = ""
        self._said: set[Told] = set()

    async def tell(self, report: Report) -> None:
        """A warning in the log and an event for each new trouble."""
        if report.commit and report.commit != self._commit:
            self._commit, self._said = report.commit, set()
        fresh = [told for told in report.told if told not in self._said]
        corrected = {told for told in report.told if told.reason == "SyncCorrected"}
        # A field that is changed by hand again is told again.
        self._said = (self._said | set(report.told)) - corrected
        for told in fresh:
            log.warning("%s: %s", told.reason, told.message)
        for told in fresh[:_MOST_EVENTS]:
            await self._event(told)

    async def _event(self, told: Told) -> None:
        """On the POC that it is about, else on its platform."""
        try:
            about = await self._involved(told)
            if about is not None:
                await self._cluster.event(about, told.reason, told.message, warning=True, component=COMPONENT)
        except KubeError as error:
            log.debug("an event was not written: %s", error)

    async def _involved(self, told: Told) -> dict[str, Any] | None:
        poc = await self._cluster.get(POC, told.poc, self._namespace) if told.poc else None
        if poc is not None:
            return poc
        platforms = {item["metadata"]["name"]: item for item in await self._cluster.list(PLATFORM)}
        return platforms.get(_PLATFORM) or next(iter(platforms.values()), None)
