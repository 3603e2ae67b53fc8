"""Long work that says how long it has been at it, beside other long work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from localcloud.controlplane.progress import Tell

LOOK_SECONDS = 1.0
QUIET_SECONDS = 5.0
T = TypeVar("T")
Hear = Callable[[str], None]


class Voice:
    """One POC's part of what is told: its name before each line, nothing twice, and of the same subject
    (what stands before the `…`) a line every few seconds at most.
    """

    def __init__(self, tell: Tell, name: str) -> None:
        self._tell, self._name = tell, name
        self._line = self._subject = ""
        self._told_at = 0.0

    def __call__(self, line: str) -> None:
        subject, now = line.partition("…")[0], time.monotonic()
        fresh = subject != self._subject or now - self._told_at >= QUIET_SECONDS
        if fresh and line != self._line:
            self._line, self._subject, self._told_at = line, subject, now
            self._tell(f"{self._name}: {line}")


async def patiently(say: Hear, label: str, work: Callable[[Hear], Awaitable[T]]) -> T:
    """What `work` gives, or raises; `say` hears `label` at once and every second how long it has taken,
    with what `work` last told of how far it is.
    """
    latest = ""

    def hear(line: str) -> None:
        nonlocal latest
        latest = line

    async def tick() -> None:
        started = time.monotonic()
        say(f"{label} …")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            say(f"{label} … {time.monotonic() - started:.0f} s" + (f": {latest}" if latest else ""))

    ticking = asyncio.create_task(tick())
    try:
        return await work(hear)
    finally:
        ticking.cancel()
