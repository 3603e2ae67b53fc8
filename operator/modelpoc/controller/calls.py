"""The threads in which AWS is called, all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Calls(ThreadPoolExecutor):
    """A pool that can say whether anything is still on its way."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads, thread_name_prefix="aws")
        self._open: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        return future

    @property
    def busy(self) -> bool:
        """Whether an answer is still waited for."""
        return bool(self._open)

    async def drain(self, seconds: float) -> bool:
        """Begins no more calls; waits for the answers of those under way. Whether all came."""
        self.shutdown(wait=False, cancel_futures=True)
        under_way = [asyncio.wrap_future(future) for future in list(self._open)]
        if under_way:
            await asyncio.wait(under_way, timeout=seconds)
            for future in under_way:
                future.add_done_callback(_looked_at)
                future.cancel()  # whoever waited for it is gone; the call itself goes on
        return not self.busy


def _looked_at(future: asyncio.Future[Any]) -> None:
    """Its error, if any, was of interest to a pass that is over."""
    if not future.cancelled():
        future.exception()
