"""The operator: everything wired, started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import kopf
from kubernetes.aio import client, config

from modelpoc.api.meta import GROUP
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller import logs
from modelpoc.controller.accounts import Accounts
from modelpoc.controller.http import Health
from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.controller.kube import Kube
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.objects import Objects
from modelpoc.controller.pace import Next
from modelpoc.controller.platform_pass import PlatformPass
from modelpoc.controller.poc_pass import PocPass
from modelpoc.controller.probe import Prober
from modelpoc.controller.queue import Backoff, Queue
from modelpoc.controller.remedies import cure_of
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store
from modelpoc.controller.sweep import Sweep
from modelpoc.controller.watch import SecretWatch, Watch, informer
from modelpoc.notify.http import Http, session
from modelpoc.notify.notifier import Notifier

log = logging.getLogger(__name__)

AWS_THREADS = 24
_NEWS_AGAIN = 60.0
"""Seconds until news are sent again after what should not happen."""


class Operator:
    """One process's worth. `run` returns when it was told to stop and all work has ended."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.store, self.queue, self.backoff = Store(), Queue(), Backoff()
        self.watched = Watch(self.store, self.queue)
        threads = ThreadPoolExecutor(AWS_THREADS, thread_name_prefix="aws")
        self.accounts = Accounts(threads, self.metrics.aws_call, settings.doubt, settings.linger)
        self.metrics.queue(lambda: len(self.queue))
        self.metrics.pocs(self.store.reasons)
        self._stop = asyncio.Event()
        self._synced = asyncio.Event()
        self._passes: dict[What, Callable[[Key], Awaitable[Next]]] = {}

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        await _load_config()
        async with client.ApiClient() as api, aiohttp.ClientSession() as session:
            await self._run(api, session)

    async def _run(self, api: Any, session: aiohttp.ClientSession) -> None:
        kube = Kube(api)
        await self._served(kube)
        notifier = self._notifier()
        objects = Objects(kube, self.watched, self.metrics, notifier)
        prober = Prober(session, self.settings.probe_timeout)
        self._passes = {
            What.POC: PocPass(self.store, self.accounts, objects, prober, self.settings, self.metrics).run,
            What.PLATFORM: PlatformPass(self.store, self.accounts, objects, self.queue, self.settings).run,
        }
        sweep = Sweep(self.store, self.accounts, kube, self.watched, objects, self.settings.sweep)
        secrets = SecretWatch(api, self.store, self.queue)
        health = Health(self.queue, self.metrics, self._missing)
        runner = await health.serve(self.settings.http_host, self.settings.http_port)
        for host, port, *_ in runner.addresses:
            log.info("health and metrics: http://%s:%d", host, port)
        # kopf cancels every task that is created in its loop after it started: ours come first.
        tasks = [asyncio.create_task(secrets.run()), asyncio.create_task(self._sweep(sweep))]
        tasks.append(asyncio.create_task(_notify(notifier, objects)))
        tasks += [asyncio.create_task(self._work()) for _ in range(self.settings.workers)]
        try:
            await self._inform()
        finally:
            self.queue.close()
            await _ended(tasks)
            await runner.cleanup()

    def _notifier(self) -> Notifier:
        def platform(name: str) -> ModelPlatform | None:
            found = self.store.platform(name)
            return found if isinstance(found, ModelPlatform) else None

        def changed(platform: str) -> None:
            self.queue.add(platform_key(platform), fresh=False)

        def again(poc: ModelPOC, seconds: float) -> None:
            self.queue.add_after(Key(poc.metadata.namespace, poc.metadata.name), seconds)

        registry = self.metrics.registry
        return Notifier(platform, self.store.values, cure_of, registry, changed=changed, again=again)

    async def _served(self, kube: Kube) -> None:
        """kopf looks once for what there is to watch: so our CRDs must be served before it starts."""
        told = False
        while not await kube.serves_ours():
            if not told:
                log.warning("waiting for the CRDs of %s: apply crds/", GROUP)
                told = True
            await asyncio.sleep(0.5)

    async def _inform(self) -> None:
        """kopf's own loop, until told to stop."""
        ready = asyncio.Event()
        stop = asyncio.Event()
        inner = asyncio.create_task(
            kopf.operator(
                registry=informer(self.watched),
                settings=_kopf_settings(),
                standalone=True,
                clusterwide=True,
                stop_flag=stop,
                ready_flag=ready,
            )
        )
        begun = asyncio.create_task(self._begun(ready))
        begun.add_done_callback(self._stop_if_failed)
        told = asyncio.create_task(self._stop.wait())
        await asyncio.wait([inner, told], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await inner
        await _ended([told, begun])
        if not self._stop.is_set():
            raise RuntimeError("watching Kubernetes ended by itself: see the log for what it refused")

    def _stop_if_failed(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self.stop()

    async def _begun(self, ready: asyncio.Event) -> None:
        await ready.wait()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):  # kopf took them
            loop.add_signal_handler(number, self.stop)
        expected = await self._listed()
        await self.watched.known(expected)
        await self.store.secrets_seen.wait()
        self._synced.set()
        log.info("caches filled: %d objects", len(expected))

    async def _listed(self) -> set[Key]:
        async with client.ApiClient() as api:
            kube = Kube(api)
            return await kube.names(What.POC) | await kube.names(What.PLATFORM)

    async def _sweep(self, sweep: Sweep) -> None:
        await self._synced.wait()
        await sweep.run()

    # work

    async def _work(self) -> None:
        """One worker. Begins when the caches are filled: until then a POC would seem to have no platform."""
        await self._synced.wait()
        while True:
            key = await self.queue.get()
            logs.current_key.set(str(key))
            try:
                await self._pass(key)
            finally:
                self.queue.done(key)

    async def _pass(self, key: Key) -> None:
        began = time.perf_counter()
        try:
            after = await self._passes[key.what](key)
        except Exception:
            log.exception("a pass over %s failed", key)
            after = Next(None, failed=True)
        self.metrics.passed(key.what.value, "failed" if after.failed else "ok", time.perf_counter() - began)
        self._reschedule(key, after)

    def _reschedule(self, key: Key, after: Next) -> None:
        if after.failed:
            self.queue.add_after(key, self.backoff.next(key))
            return
        self.backoff.forget(key)
        if after.seconds is not None:
            self.queue.add_after(key, after.seconds * self.backoff.spread())

    def _missing(self) -> list[str]:
        """What is still needed before the operator can work."""
        if not self._synced.is_set():
            return ["Kubernetes caches"]
        unchecked = [
            k.name for k, _ in self.store.platforms() if not (a := self.accounts.get(k.name)) or not a.checked
        ]
        return [f"AWS account of platform {name}" for name in unchecked]


async def _load_config() -> None:
    loaders: Any = config
    try:
        loaders.load_incluster_config()
    except config.ConfigException:
        await loaders.load_kube_config()


async def _notify(notifier: Notifier, objects: Objects) -> None:
    """Beside the passes, over connections of its own. Passes go on without it."""
    while True:
        try:
            async with session() as own:
                await notifier.run(Http(own), objects.acknowledge)
        except Exception:
            log.exception("no news are sent for %g s; what was on its way waits for a new start", _NEWS_AGAIN)
        await asyncio.sleep(_NEWS_AGAIN)


async def _ended(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


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
