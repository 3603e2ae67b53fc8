"""The operator: everything wired, started and stopped."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from aiohttp import web
from kubernetes.aio import client, config

from modelpoc.controller.account_checks import check_accounts
from modelpoc.controller.accounts import Accounts
from modelpoc.controller.calls import Calls
from modelpoc.controller.http import Health
from modelpoc.controller.informing import Informer
from modelpoc.controller.keys import What
from modelpoc.controller.kube import Kube
from modelpoc.controller.leading import Alone, Candidacy, Leading, leading
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.newsroom import notifier_of, send_news
from modelpoc.controller.objects import Objects
from modelpoc.controller.platform_pass import PlatformPass
from modelpoc.controller.poc_pass import PocPass
from modelpoc.controller.probe import Prober
from modelpoc.controller.probes import Alive, Ready
from modelpoc.controller.queue import Queue
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store
from modelpoc.controller.sweep import Sweep
from modelpoc.controller.watch import SecretWatch, Watch
from modelpoc.controller.working import Work
from modelpoc.kube.lease import LeaseLost
from modelpoc.kube.listening import urls

log = logging.getLogger(__name__)

AWS_THREADS = 24
_DRAIN = 3.0
"""Seconds for calls under way to be answered when the process is to end."""
_PATIENCE = 1.5
"""Seconds for a cancelled task to end."""

Task = asyncio.Task[None]


class Operator:
    """One process's worth. `run` returns when it was told to stop and all work has ended."""

    def __init__(self, settings: Settings, candidacy: Candidacy | None = None) -> None:
        """With a `candidacy` it works only while it leads."""
        self.settings, self._candidacy = settings, candidacy
        self.metrics = Metrics()
        self.store, self.queue = Store(), Queue()
        self.watched = Watch(self.store, self.queue)
        self.calls = Calls(AWS_THREADS)
        self.accounts = Accounts(
            self.calls, self.metrics.aws_call, settings.doubt, settings.linger, may_write=self.may_write
        )
        self._leading: Leading = Alone()
        self._beside: list[Callable[[], Awaitable[None]]] = []
        self._meanwhile: list[Callable[[], Awaitable[None]]] = []
        self._stop = asyncio.Event()
        # Of several replicas one says it, so that sums over all of them are right.
        self.metrics.queue(lambda: len(self.queue) if self._leads() else 0)
        self.metrics.leader(self._leads)
        self.metrics.pocs(lambda: self.store.reasons() if self._leads() else {})

    def stop(self) -> None:
        self._stop.set()

    def may_write(self) -> bool:
        """Whether this process leads. To be asked immediately before each write."""
        return self._leading.may_write()

    def beside(self, work: Callable[[], Awaitable[None]]) -> None:
        """`work` goes on beside the passes: only while this process leads."""
        self._beside.append(work)

    def meanwhile(self, work: Callable[[], Awaitable[None]]) -> None:
        """`work` goes on while this process waits for the lease, and has ended before what goes on beside."""
        self._meanwhile.append(work)

    def leader_address(self) -> str:
        """Of another replica that leads; "" when none is known, or that one said none."""
        return self._leading.leader_address()

    async def run(self) -> None:
        """Raises LeaseLost, and whatever else ended it."""
        self._take_signals()
        async with (
            loaded_config(),
            leading(self._candidacy) as self._leading,
            client.ApiClient() as api,
            aiohttp.ClientSession() as session,
        ):
            await self._run(api, session)

    async def _run(self, api: Any, session: aiohttp.ClientSession) -> None:
        kube = Kube(api, self.may_write)
        informer = Informer(kube, self.watched, self._take_signals)
        runner = await self._serve(informer)
        # kopf cancels every task that is created in its loop after it started: ours come first.
        checks = asyncio.create_task(check_accounts(self.store, self.accounts, self._leading.began))
        waiting = [asyncio.create_task(self._until_leading(work)) for work in self._meanwhile]
        secrets = SecretWatch(api, self.store, self.queue, self.settings.secret_namespaces)
        tasks = [asyncio.create_task(secrets.run())]
        tasks.append(asyncio.create_task(self._lead(informer)))
        tasks += [asyncio.create_task(self._led(work)) for work in self._work(kube, session)]
        tasks += [asyncio.create_task(self._led(work, waiting)) for work in self._beside]
        informing = asyncio.create_task(informer.run())
        try:
            await self._until_stopped([*tasks, informing])
        finally:
            await self._end([*tasks, *waiting, checks])
            await runner.cleanup()
            await _ended([informing])

    def _work(self, kube: Kube, session: aiohttp.ClientSession) -> list[Callable[[], Awaitable[None]]]:
        """All that is done only by the one that leads, but for what goes on beside."""
        notifier = notifier_of(self.store, self.queue, self.metrics.registry)
        objects = Objects(kube, self.watched, self.metrics, notifier)
        prober = Prober(session, self.settings.probe_timeout)
        pocs = PocPass(self.store, self.accounts, objects, prober, self.settings, self.metrics)
        platforms = PlatformPass(self.store, self.accounts, objects, self.queue, self.settings)
        work = Work(self.queue, {What.POC: pocs.run, What.PLATFORM: platforms.run}, self.metrics)
        sweep = Sweep(self.store, self.accounts, kube, self.watched, objects, self.settings.sweep)
        news = partial(send_news, notifier, objects, self.may_write)
        return [*[work.run] * self.settings.workers, sweep.run, news]

    async def _serve(self, informer: Informer) -> web.AppRunner:
        ready = Ready(self.store, self.accounts, informer.synced.is_set)
        health = Health(self.metrics, ready.missing, Alive(self.queue, self._leading).stuck)
        runner = await health.serve(self.settings.http_host, self.settings.http_port)
        for url in urls(runner):
            log.info("health and metrics: %s", url)
        return runner

    # who leads

    def _leads(self) -> bool:
        return self._leading.began.is_set() and self.may_write()

    async def _lead(self, informer: Informer) -> None:
        """Stands for it once the caches are filled: whoever leads is able to work."""
        await informer.synced.wait()
        await self._leading.keep()

    async def _led(self, work: Callable[[], Awaitable[None]], after: Sequence[Task] = ()) -> None:
        await self._leading.began.wait()
        if after:
            await asyncio.wait(after)
        await work()

    async def _until_leading(self, work: Callable[[], Awaitable[None]]) -> None:
        tasks: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(work()),
            asyncio.ensure_future(self._leading.began.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    # the end

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _until_stopped(self, tasks: list[Task]) -> None:
        """Raises what one of them ended with; none is meant to end."""
        told = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        for task in done - {told}:
            if (error := task.exception()) is not None:
                raise error

    async def _end(self, tasks: list[Task]) -> None:
        """Nothing more is written; what is under way is answered or left to whoever leads next."""
        lost = any(t.done() and not t.cancelled() and isinstance(t.exception(), LeaseLost) for t in tasks)
        self._leading.silence()
        self.queue.close()
        ended = await _ended(tasks)
        if await self.calls.drain(0.0 if lost else _DRAIN) and ended and not lost:
            await self._leading.release()


@asynccontextmanager
async def loaded_config() -> AsyncIterator[None]:
    """The library's settings are those of this Pod, else of KUBECONFIG.

    A kubeconfig's keys it writes into files, which it removes at Python's own exit only: not when we end at
    once. So they are in a folder that goes with us.
    """
    loaders: Any = config
    with ExitStack() as until_end:
        try:
            loaders.load_incluster_config()
        except config.ConfigException:
            private = until_end.enter_context(TemporaryDirectory(prefix="modelpoc-"))
            await loaders.load_kube_config(temp_file_path=private)
        yield


async def _ended(tasks: list[Task]) -> bool:
    """Whether all of them let themselves be cancelled. A cancellation may get lost, in `wait_for` for one: so
    it is asked for twice, and then not waited for any more."""
    for _ in range(2):
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_PATIENCE)
    return all(task.done() for task in tasks)
