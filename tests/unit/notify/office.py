"""A notifier at work: a platform, its Secret, POCs whose status moves, and what status is left with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry
from tests.unit.controller.held import PLATFORM, poc
from tests.unit.notify.fake_slack import TOKEN, FakeSlack
from tests.waiting import until

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC, ModelPOCStatus
from modelpoc.api.platform_policy import PlatformNotifications
from modelpoc.controller.remedies import cure_of
from modelpoc.notify.http import Http, session
from modelpoc.notify.lane import Pace
from modelpoc.notify.notifier import Done, Notifier

QUICK = Pace(spacing=0.02, refill=0.3, first_retry=0.05, longest_retry=0.2, refused_retry=30, give_up=60)
"""The same as in earnest, only sooner."""
EVENTS = ["Success", "Failure", "Recovery", "Expiry", "Suspended"]
REF = {"namespace": "ops", "name": "news"}


class Office:
    """`sees` is one pass over one POC, with what the operator does around it."""

    def __init__(self, slack: FakeSlack, pace: Pace = QUICK, **told: Any) -> None:
        self.told = {"slackWebhook": REF, "events": EVENTS, **told}
        self.secret: dict[str, bytes] | None = {
            "url": slack.webhook.encode(),
            "token": TOKEN.encode(),
            "events": slack.events.encode(),
            "bearer": b"bearer-secret",
            "signing": b"signing-secret",
        }
        self.pocs: dict[str, ModelPOC] = {}
        self.writes = 0
        self.changes: list[str] = []
        self.again: list[tuple[str, float]] = []
        self.registry = CollectorRegistry()
        self.dead_kubernetes = False
        self.notifier = self._notifier(pace)

    def _notifier(self, pace: Pace) -> Notifier:
        return Notifier(
            lambda _: self.platform,
            lambda namespace, name: self.secret if (namespace, name) == ("ops", "news") else None,
            cure_of,
            self.registry,
            changed=self.changes.append,
            again=lambda poc, seconds: self.again.append((poc.metadata.name, seconds)),
            pace=pace,
        )

    def restarted(self, pace: Pace = QUICK) -> None:
        """Another process: nothing is known but what stands in Kubernetes."""
        self.registry = CollectorRegistry()
        self.notifier = self._notifier(pace)

    @property
    def platform(self) -> ModelPlatform:
        told = PlatformNotifications.model_validate({k: v for k, v in self.told.items() if v is not None})
        return PLATFORM.model_copy(update={"spec": PLATFORM.spec.model_copy(update={"notifications": told})})

    @asynccontextmanager
    async def at_work(self, seconds: float = 1.0) -> AsyncIterator[Office]:
        async with session() as own:
            task = asyncio.create_task(self.notifier.run(Http(own, seconds), self.acknowledge))
            try:
                yield self
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def acknowledge(self, done: Done) -> None:
        if self.dead_kubernetes:
            raise OSError("no route to host")
        mine = self.pocs[done.story.name]
        status = done.after(mine.status)
        assert status is not mine.status
        self.writes += 1
        self._put(mine, status)

    def sees(self, new: ModelPOCStatus, name: str = "iris") -> None:
        before = self.pocs.get(name) or _poc(name)
        noted = self.notifier.noted(before, new.model_copy(update={"notified": before.status.notified}))
        self._put(before, noted)
        self.notifier.offer(self.pocs[name])

    def _put(self, before: ModelPOC, status: ModelPOCStatus) -> None:
        self.pocs[before.metadata.name] = before.model_copy(update={"status": status})

    def unsent(self) -> list[str]:
        """What status still has to be sent."""
        told = [p.status.notified for p in self.pocs.values()]
        return [n.event for notified in told if notified for n in notified.pending]

    async def quiet(self, seconds: float = 10.0) -> None:
        """Until all is sent or given up."""
        await until(lambda: not self.unsent(), seconds)

    async def quiet_for(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def count(self, **labels: str) -> float:
        """modelpoc_notifications_total, summed over all other labels."""
        samples = [s for m in self.registry.collect() for s in m.samples if s.name.endswith("s_total")]
        fitting = [s for s in samples if labels.items() <= s.labels.items()]
        return sum(s.value for s in fitting)


def _poc(name: str) -> ModelPOC:
    made = poc(name)
    meta = made.metadata.model_copy(update={"uid": f"uid-of-{name}"})
    return made.model_copy(update={"metadata": meta})


def just_now(status: ModelPOCStatus) -> ModelPOCStatus:
    """As if Ready had changed just now."""
    now = datetime.now(UTC).replace(microsecond=0)
    conditions = tuple(c.model_copy(update={"last_transition_time": now}) for c in status.conditions)
    return status.model_copy(update={"conditions": conditions})


def with_pace(**changes: Any) -> Pace:
    return replace(QUICK, **changes)
