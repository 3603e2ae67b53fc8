"""A sync that runs while a test goes on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

from modelpoc.sync.sync import Sync


async def running(
    sync: Sync, enough: Callable[[], bool] = lambda: True, then: Coroutine[Any, Any, None] | None = None
) -> None:
    """Runs `sync` until `then` is done and `enough` holds."""
    task = asyncio.create_task(sync.run())
    try:
        if then is not None:
            await then
        await holds(lambda: enough() or task.done())
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def holds(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to hold"
        await asyncio.sleep(0.05)
