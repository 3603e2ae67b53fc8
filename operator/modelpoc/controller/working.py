"""The workers: each takes a key from the queue, makes the pass over it, and says when it comes again."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from modelpoc.aws.session import HeldBack as HeldBackInAws
from modelpoc.controller import logs
from modelpoc.controller.keys import Key, What
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.pace import Next
from modelpoc.controller.queue import Backoff, Queue
from modelpoc.kube.errors import HeldBack

log = logging.getLogger(__name__)

Pass = Callable[[Key], Awaitable[Next]]


class Work:
    """What all workers share."""

    def __init__(
        self, queue: Queue, passes: Mapping[What, Pass], metrics: Metrics, backoff: Backoff | None = None
    ) -> None:
        self._queue, self._passes, self._metrics = queue, passes, metrics
        self._backoff = backoff or Backoff()

    async def run(self) -> None:
        """One worker. To be begun when the caches are filled: until then a POC would seem to have no
        platform."""
        while True:
            key = await self._queue.get()
            logs.current_key.set(str(key))
            try:
                await self._pass(key)
            finally:
                self._queue.done(key)

    async def _pass(self, key: Key) -> None:
        began = time.perf_counter()
        try:
            after = await self._passes[key.what](key)
        except (HeldBack, HeldBackInAws) as error:
            log.warning("a pass over %s was broken off: %s", key, error)
            after = Next(None, failed=True)
        except Exception:
            log.exception("a pass over %s failed", key)
            after = Next(None, failed=True)
        self._metrics.passed(key.what.value, "failed" if after.failed else "ok", time.perf_counter() - began)
        self._reschedule(key, after)

    def _reschedule(self, key: Key, after: Next) -> None:
        if after.failed:
            self._queue.add_after(key, self._backoff.next(key))
            return
        self._backoff.forget(key)
        if after.seconds is not None:
            self._queue.add_after(key, after.seconds * self._backoff.spread())
