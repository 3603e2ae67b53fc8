"""Which object is next: each key once, never twice at the same time, fresh changes before routine."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque

from modelpoc.controller.keys import Key


class Backoff:
    """Seconds to wait after the nth failure in a row of each key: doubling, with jitter."""

    def __init__(self, first: float = 1.0, most: float = 300.0, rng: random.Random | None = None) -> None:
        self._first, self._most = first, most
        self._failures: dict[Key, int] = {}
        self._rng = rng or random.Random()

    def next(self, key: Key) -> float:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        ceiling = min(self._most, self._first * 2.0 ** min(failures, 30))
        return ceiling * self._rng.uniform(0.5, 1.0)

    def forget(self, key: Key) -> None:
        self._failures.pop(key, None)

    def spread(self) -> float:
        """A factor around 1, so that what began together does not come back together."""
        return self._rng.uniform(0.85, 1.0)


class Queue:
    """Keys waiting for a pass.

    A key added while it is being worked on comes again afterwards. Of several delayed additions of one
    key the soonest counts; an immediate one makes the delayed superfluous.
    """

    def __init__(self) -> None:
        self._fresh: deque[Key] = deque()
        self._routine: deque[Key] = deque()
        self._waiting: dict[Key, bool] = {}
        """Keys in either line; True: in the fresh one."""
        self._working: set[Key] = set()
        self._again: dict[Key, bool] = {}
        self._timers: dict[Key, tuple[float, asyncio.TimerHandle]] = {}
        self._some = asyncio.Event()
        self.moved_at = time.monotonic()
        """When a key was last handed out or found nothing to do."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def working(self) -> int:
        return len(self._working)

    def add(self, key: Key, *, fresh: bool = True) -> None:
        self._cancel(key)
        if key in self._working:
            self._again[key] = self._again.get(key, False) or fresh
            return
        if key in self._waiting and (self._waiting[key] or not fresh):
            return
        self._waiting[key] = fresh
        (self._fresh if fresh else self._routine).append(key)
        self._some.set()

    def add_after(self, key: Key, seconds: float) -> None:
        if key in self._waiting or key in self._again:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if key in self._timers and self._timers[key][0] <= due:
            return
        self._cancel(key)
        handle = loop.call_later(seconds, self._due, key)
        self._timers[key] = (due, handle)

    async def get(self) -> Key:
        """The next key; `done` must follow."""
        while True:
            key = self._pop()
            if key is not None:
                self._working.add(key)
                self.moved_at = time.monotonic()
                return key
            self.moved_at = time.monotonic()
            self._some.clear()
            await self._some.wait()

    def done(self, key: Key) -> None:
        self._working.discard(key)
        if key in self._again:
            self.add(key, fresh=self._again.pop(key))

    def forget(self, key: Key) -> None:
        self._cancel(key)
        self._again.pop(key, None)

    def close(self) -> None:
        for _, handle in self._timers.values():
            handle.cancel()
        self._timers.clear()

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key, fresh=False)

    def _pop(self) -> Key | None:
        for line, fresh in ((self._fresh, True), (self._routine, False)):
            while line:
                key = line.popleft()
                if self._waiting.get(key) is fresh:
                    del self._waiting[key]
                    return key
        return None

    def _cancel(self, key: Key) -> None:
        if key in self._timers:
            self._timers.pop(key)[1].cancel()
