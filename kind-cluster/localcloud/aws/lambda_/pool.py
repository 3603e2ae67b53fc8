"""The sandboxes of a function as it is served now: warm ones first, several side by side, ended when idle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from localcloud.aws.lambda_.worker import Worker

# AWS starts up to 1,000 environments of an account; this machine has to live with a few.
MOST = 8


class Pool:
    """Gives out workers, and takes them back. `make` makes a new one, not started."""

    def __init__(self, make: Callable[[], Worker], idle_seconds: float) -> None:
        self._make = make
        self._idle_seconds = idle_seconds
        self._places = asyncio.Semaphore(MOST)
        self._warm: list[tuple[Worker, asyncio.TimerHandle]] = []
        self._all: set[Worker] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._retired = False
        self._empty = asyncio.Event()

    async def borrow(self) -> Worker:
        """A warm one, else a new one; waits while all that may be are busy."""
        await self._places.acquire()
        while self._warm:
            worker, timer = self._warm.pop()
            timer.cancel()
            if worker.usable:
                return worker
            self._end(worker)
        worker = self._make()
        self._all.add(worker)
        return worker

    def give_back(self, worker: Worker) -> None:
        """After an invocation."""
        self._places.release()
        if self._retired or not worker.usable:
            self._end(worker)
            return
        timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, worker)
        self._warm.append((worker, timer))

    def retire(self) -> None:
        """No new invocations come: what is idle ends now, what is busy after its invocation."""
        self._retired = True
        for worker, timer in self._warm:
            timer.cancel()
            self._end(worker)
        self._warm.clear()
        self._look()

    async def emptied(self) -> None:
        """Returns once nothing of a retired one is left."""
        await self._empty.wait()

    async def close(self) -> None:
        """Ends all, and waits for it."""
        self.retire()
        for worker in list(self._all):
            self._end(worker)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _expire(self, worker: Worker) -> None:
        self._warm = [(one, timer) for one, timer in self._warm if one is not worker]
        self._end(worker)

    def _end(self, worker: Worker) -> None:
        if worker not in self._all:
            return
        self._all.discard(worker)
        task = asyncio.create_task(worker.close())
        self._closing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        self._look()

    def _look(self) -> None:
        if self._retired and not self._all and not self._closing:
            self._empty.set()
