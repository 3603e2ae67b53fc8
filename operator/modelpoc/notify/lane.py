"""The way to one destination: a bounded queue, its pace, tries that end, and digests of much at once."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from modelpoc.api.status import SlackMessage
from modelpoc.notify.errors import Later, Refused, Undelivered, Unfit
from modelpoc.notify.sinks import Open, Sink, Turn
from modelpoc.notify.story import Story

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds, unless said otherwise."""

    spacing: float = 1.0
    """Between two calls: Slack takes one message a second for each channel."""
    burst: int = 5
    """So many messages go out one by one; what waits beyond that is folded into a digest."""
    refill: float = 10.0
    """Until one more may go out by itself."""
    most_waiting: int = 1_000
    """Messages; the oldest are dropped."""
    first_retry: float = 1.0
    longest_retry: float = 60.0
    refused_retry: float = 300.0
    """After a refusal; a changed Secret or platform is tried at once."""
    give_up: float = 900.0
    """After what happened."""
    tell_after: int = 5
    """Failed tries in a row until the platform tells of them."""


class Result(StrEnum):
    """What became of a message."""

    SENT = "sent"
    GIVEN_UP = "given_up"
    UNFIT = "unfit"
    DROPPED = "dropped"


Settle = Callable[[Story, Result, SlackMessage | None], None]
"""Told once of each story; when it was sent, with the message that is to be kept up to date from now on."""


class Lane:
    """Takes stories without waiting; `run` brings them out. `sink` gives the destination as it is set up now,
    None when it is no longer wanted."""

    def __init__(
        self,
        sink: Callable[[], Sink | None],
        settle: Settle,
        changed: Callable[[], None],
        pace: Pace,
        *,
        folds: bool,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sink, self._settle, self._changed = sink, settle, changed
        self._pace, self._folds, self._now = pace, folds, now
        self._waiting: deque[Story] = deque()
        self._some, self._kicked = asyncio.Event(), asyncio.Event()
        self._turn, self._bucket = Turn(pace.spacing), _Bucket(pace.burst, pace.refill)
        self._failures = 0
        self.problem: str | None = None
        """Why nothing arrives; "" once something did; None as long as nothing is known."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, story: Story) -> None:
        self._waiting.append(story)
        if len(self._waiting) > self._pace.most_waiting:
            self._settle(self._waiting.popleft(), Result.DROPPED, None)
        self._some.set()

    def kick(self) -> None:
        """Something about the destination changed: it is tried at once, and its trouble is forgotten."""
        self.problem, self._failures = None, 0
        self._kicked.set()

    async def run(self) -> None:
        while True:
            self._some.clear()
            while self._waiting:
                await self._once()
            await self._some.wait()

    async def _once(self) -> None:
        if self._folds:
            await asyncio.sleep(self._bucket.wait())
        batch = self._take()
        try:
            sink = self._sink()
            opened = await sink.send(batch, self._turn) if sink else None
        except asyncio.CancelledError:
            self._waiting.extendleft(reversed(batch))  # for a run to come
            raise
        except Undelivered as error:
            await self._failed(batch, error)
        except Exception as error:
            log.error("a message could not be made (%s)", type(error).__name__)  # its text may show anything
            self._end(batch, Result.UNFIT)
        else:
            self._bucket.take()
            self._arrived(batch, opened)

    def _take(self) -> list[Story]:
        together = self._folds and len(self._waiting) > self._bucket.tokens()
        return [self._waiting.popleft() for _ in range(len(self._waiting) if together else 1)]

    def _arrived(self, batch: Sequence[Story], opened: Open | None) -> None:
        if opened is None:
            return self._end(batch, Result.DROPPED)
        self._failures = 0
        self._tell("")
        for story in batch:
            self._settle(story, Result.SENT, opened.get(story.uid))

    async def _failed(self, batch: Sequence[Story], error: Undelivered) -> None:
        self._failures += 1
        over = [s for s in batch if isinstance(error, Unfit) or self._age(s) > self._pace.give_up]
        if over or isinstance(error, Refused) or self._failures >= self._pace.tell_after:
            self._tell(str(error))
        if over:
            log.warning("gave up on %s: %s", ", ".join(f"{s.kind} of {s.key}" for s in over), error)
            self._end(over, Result.UNFIT if isinstance(error, Unfit) else Result.GIVEN_UP)
        self._waiting.extendleft(s for s in reversed(batch) if s not in over)
        if self._waiting and not isinstance(error, Unfit):
            await self._pause(self._delay(error))

    def _delay(self, error: Undelivered) -> float:
        if isinstance(error, Later) and error.after is not None:
            return error.after
        if isinstance(error, Refused):
            return self._pace.refused_retry
        grown: float = self._pace.first_retry * 2 ** min(self._failures - 1, 10)
        return min(grown, self._pace.longest_retry) * random.uniform(0.8, 1.2)

    async def _pause(self, seconds: float) -> None:
        """Until then, or until something changed."""
        self._kicked.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._kicked.wait()
        except TimeoutError:
            return

    def _age(self, story: Story) -> float:
        return (self._now() - story.at).total_seconds()

    def _end(self, stories: Sequence[Story], result: Result) -> None:
        for story in stories:
            self._settle(story, result, None)

    def _tell(self, problem: str) -> None:
        before, self.problem = self.problem, problem
        if problem != (before or ""):
            self._changed()


class _Bucket:
    """Tokens that come back one by one."""

    def __init__(self, most: int, refill: float) -> None:
        self._most, self._refill = most, refill
        self._count, self._at = float(most), time.monotonic()

    def tokens(self) -> int:
        now = time.monotonic()
        self._count = min(self._most, self._count + (now - self._at) / self._refill)
        self._at = now
        return int(self._count)

    def wait(self) -> float:
        """Seconds until there is one."""
        return 0.0 if self.tokens() else (1 - self._count) * self._refill + 0.001

    def take(self) -> None:
        self._count = max(0.0, self._count - 1)
