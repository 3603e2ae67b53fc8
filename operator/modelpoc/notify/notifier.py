"""News from status to people: noted with each change of status, offered at each pass, sent beside them.

Nothing here makes a pass wait: noting is pure, offering puts into a queue, and everything that takes time
runs in tasks of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.platform_policy import PlatformNotifications
from modelpoc.api.status import ModelPOCStatus, PendingNews, SlackMessage
from modelpoc.notify.http import Http
from modelpoc.notify.lane import Lane, Pace, Result
from modelpoc.notify.metrics import NewsMetrics
from modelpoc.notify.sinks import SecretOf, Sink
from modelpoc.notify.slack import SlackBotSink, SlackWebhookSink
from modelpoc.notify.story import Cure, Story, story_of
from modelpoc.notify.transitions import noted, remembered, ripens_in
from modelpoc.notify.trouble import Need, needs
from modelpoc.notify.wants import SLACK, WEBHOOK, wants_of
from modelpoc.notify.webhook import WebhookSink

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """One message to one sink is over with, well or not; status is to forget it."""

    story: Story
    sink: str
    open: SlackMessage | None
    """The message that is to be kept up to date from now on."""

    def after(self, status: ModelPOCStatus) -> ModelPOCStatus:
        """`status` without it; `status` itself when it holds no such message."""
        told = status.notified
        if told is None or not any(n.id == self.story.id and self.sink in n.to for n in told.pending):
            return status
        update: dict[str, object] = {"pending": tuple(self._without(told.pending))}
        if self.sink == SLACK:
            update["slack_message"] = self.open
        return status.model_copy(update={"notified": told.model_copy(update=update)})

    def _without(self, pending: Iterable[PendingNews]) -> Iterator[PendingNews]:
        for news in pending:
            left = tuple(to for to in news.to if news.id != self.story.id or to != self.sink)
            if left:
                yield news.model_copy(update={"to": left})


Acknowledge = Callable[[Done], Awaitable[None]]
PlatformOf = Callable[[str], ModelPlatform | None]


class Notifier:
    """All lanes of all platforms.

    `acknowledge` writes what is over with into the POC's status; `changed` is told a platform's name when
    what `trouble` says of it changed; `again` asks for a pass over a POC in so many seconds.
    """

    def __init__(
        self,
        platform_of: PlatformOf,
        secret_of: SecretOf,
        cure: Cure,
        registry: CollectorRegistry,
        *,
        changed: Callable[[str], None],
        again: Callable[[ModelPOC, float], None],
        pace: Pace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._platform_of, self._secret_of, self._cure = platform_of, secret_of, cure
        self._changed, self._again = changed, again
        self._pace, self._now = pace or Pace(), now
        self._metrics = NewsMetrics(registry, lambda: sum(map(len, self._lanes.values())))
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._taken: dict[tuple[str, str], Done | None] = {}
        """By (id, sink): None while under way. Forgotten once status has."""
        self._open: dict[str, SlackMessage | None] = {}
        """By uid of a POC: what status will say of the message to keep up to date, ahead of it."""
        self._over: asyncio.Queue[Done] = asyncio.Queue()
        self._prints: dict[tuple[str, str], bytes] = {}
        """By (platform, sink): how it was set up when last looked at."""
        self._http: Http | None = None
        self._tasks: asyncio.TaskGroup | None = None

    # passes

    def noted(self, poc: ModelPOC, new: ModelPOCStatus) -> ModelPOCStatus:
        """`new` with what is now to be told, and was; `poc` has the status before."""
        platform, old = self._platform(poc), poc.status
        if platform is None:
            return new
        wants = wants_of(poc, platform)
        told = noted(poc.metadata.uid, old, new, wants, self._now())
        if wants is not None and (seconds := ripens_in(new, self._now())) is not None:
            self._again(poc, seconds)
        if told is None and wants is not None and new.to_dict() != old.to_dict():
            told = remembered(old, wants)
        return new.model_copy(update={"notified": told})

    def offer(self, poc: ModelPOC) -> None:
        """Takes up what the POC's status, as it is now written, still has to be sent."""
        platform, told = self._platform(poc), poc.status.notified
        if platform is None or told is None:
            return
        for news in told.pending:
            for sink in news.to:
                self._take_up(poc, platform, news, sink)

    def _take_up(self, poc: ModelPOC, platform: ModelPlatform, news: PendingNews, sink: str) -> None:
        if (news.id, sink) in self._taken:
            done = self._taken[(news.id, sink)]
            if done is not None:  # sent, but status does not know yet
                self._over.put_nowait(done)
            return
        self._taken[(news.id, sink)] = None
        told = poc.status.notified
        self._open.setdefault(poc.metadata.uid, told.slack_message if told else None)
        self._lane(platform.metadata.name, sink).put(story_of(poc, platform, news, self._cure))

    def _platform(self, poc: ModelPOC) -> ModelPlatform | None:
        return self._platform_of(poc.spec.platform_ref.name)

    # what comes of it

    async def run(self, http: Http, acknowledge: Acknowledge) -> None:
        """Sends until cancelled."""
        self._http = http
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for lane in self._lanes.values():
                    tasks.create_task(lane.run())
                while True:
                    await self._forget(await self._over.get(), acknowledge)
        finally:
            self._tasks = None  # a pass may still offer what a run to come is to send

    async def _forget(self, done: Done, acknowledge: Acknowledge) -> None:
        """When it fails, the next pass finds the message still to be sent in status, and comes back here."""
        try:
            await acknowledge(done)
        except Exception as error:
            log.warning("%s: that it was sent is not written yet: %s", done.story.key, error)
            return
        self._taken.pop((done.story.id, done.sink), None)
        if self._open.get(done.story.uid) is None:
            self._open.pop(done.story.uid, None)

    def _lane(self, platform: str, sink: str) -> Lane:
        if (platform, sink) not in self._lanes:
            self._lanes[(platform, sink)] = lane = self._new_lane(platform, sink)
            if self._tasks is not None:
                self._tasks.create_task(lane.run())
        return self._lanes[(platform, sink)]

    def _new_lane(self, platform: str, sink: str) -> Lane:
        return Lane(
            lambda: self._sink(platform, sink),
            lambda story, result, opened: self._settled(story, sink, result, opened),
            lambda: self._changed(platform),
            self._pace,
            folds=sink == SLACK,
            now=self._now,
        )

    def _settled(self, story: Story, sink: str, result: Result, opened: SlackMessage | None) -> None:
        self._metrics.settled(sink, story.kind.value, result.value)
        if sink == SLACK and result is Result.SENT:
            self._open[story.uid] = opened
        done = Done(story, sink, self._open.get(story.uid))
        self._taken[(story.id, sink)] = done
        self._over.put_nowait(done)

    def _sink(self, platform: str, sink: str) -> Sink | None:
        """As it is set up now."""
        found = self._platform_of(platform)
        told = found.spec.notifications if found else None
        if told is None or self._http is None:
            return None
        if sink == WEBHOOK:
            return WebhookSink(told.webhook, self._secret_of, self._http) if told.webhook else None
        return self._slack(told, self._http)

    def _slack(self, told: PlatformNotifications, http: Http) -> Sink | None:
        if told.slack_bot:
            return SlackBotSink(told.slack_bot, self._secret_of, http, self._open.get)
        return SlackWebhookSink(told.slack_webhook, self._secret_of, http) if told.slack_webhook else None

    # how the platform's sinks are

    def trouble(self, platform: ModelPlatform) -> dict[str, str | None]:
        """By sink: why news do not arrive; "" when they do, None as long as nothing is known.

        Asked at each pass over the platform: so a changed Secret is noticed here, and tried at once.
        """
        told = platform.spec.notifications
        needed = needs(told) if told else []
        return {need.sink: self._trouble(platform.metadata.name, need) for need in needed}

    def _trouble(self, platform: str, need: Need) -> str | None:
        lane, now = self._lane(platform, need.sink), need.fingerprint(self._secret_of)
        before = self._prints.get((platform, need.sink))
        self._prints[(platform, need.sink)] = now
        if before is not None and before != now:
            lane.kick()
            return need.missing(self._secret_of)
        return need.missing(self._secret_of) or lane.problem
