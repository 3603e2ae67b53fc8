"""kopf as our informer: begun when there is something to watch, ended without its long goodbye."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import kopf

from modelpoc.api.meta import GROUP
from modelpoc.controller.keys import What
from modelpoc.controller.kube import Kube
from modelpoc.controller.watch import Watch, informer

log = logging.getLogger(__name__)

_GOODBYE = 1.0
"""Seconds for kopf to end by itself. It would wait 5 s for every task in the loop that is not its own."""


class Informer:
    """Fills the caches, then keeps them filled."""

    def __init__(self, kube: Kube, watched: Watch, took_signals: Callable[[], None]) -> None:
        self._kube, self._watched, self._took_signals = kube, watched, took_signals
        self._stop = asyncio.Event()
        self.synced = asyncio.Event()
        """Set once everything that there was at the start is known."""

    async def run(self) -> None:
        """Until cancelled. Raises what kopf ended with."""
        await self._served()
        ready = asyncio.Event()
        inner = asyncio.create_task(self._kopf(ready))
        filling = asyncio.create_task(self._fill(ready))
        try:
            await asyncio.wait([inner, filling], return_when=asyncio.FIRST_COMPLETED)
            if not inner.done():
                await filling
                await asyncio.wait([inner])
            await inner
            raise RuntimeError("watching Kubernetes ended by itself: see the log for what it refused")
        finally:
            filling.cancel()
            await self._goodbye(inner)

    async def _goodbye(self, inner: asyncio.Task[None]) -> None:
        self._stop.set()
        await asyncio.wait([inner], timeout=_GOODBYE)
        inner.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await inner

    async def _served(self) -> None:
        """kopf looks once for what there is to watch: so our CRDs must be served before it starts."""
        told = ""
        while why := await self._kube.not_served():
            if why != told:
                log.warning("waiting for %s: %s", GROUP, why)
                told = why
            await asyncio.sleep(0.5)

    async def _kopf(self, ready: asyncio.Event) -> None:
        await kopf.operator(
            registry=informer(self._watched),
            settings=_kopf_settings(),
            standalone=True,
            clusterwide=True,
            stop_flag=self._stop,
            ready_flag=ready,
        )

    async def _fill(self, ready: asyncio.Event) -> None:
        await ready.wait()
        self._took_signals()
        expected = await self._kube.names(What.POC) | await self._kube.names(What.PLATFORM)
        await self._watched.known(expected)
        await self._watched.store.secrets_seen.wait()
        self._took_signals()
        self.synced.set()
        log.info("caches filled: %d objects", len(expected))


def _kopf_settings() -> kopf.OperatorSettings:
    """kopf as nothing but an informer; what each setting buys was tried with thousands of objects."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.inactivity_timeout = 70
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300
    settings.queueing.idle_timeout = 0.1
    settings.process.ultimate_exiting_timeout = None
    settings.networking.error_backoffs = (0.2, 0.5, 1, 2, 2, 5, 5, 5)
    # Never ours: kopf strips its own finalizer from objects that it thinks it has no use for.
    settings.persistence.finalizer = f"{GROUP}/unused"
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    return settings


class _NoDiffBase(kopf.DiffBaseStorage):
    """Event handlers need no record of what was handled last."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        return None


class _NoProgress(kopf.ProgressStorage):
    """Event handlers keep no progress."""

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence
