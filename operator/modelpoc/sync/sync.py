"""Git → cluster, for as long as it runs: poll or be told, look, tell, wait for Ready."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from prometheus_client import CollectorRegistry

from modelpoc.kube.cluster import Cluster, connect
from modelpoc.kube.errors import KubeError
from modelpoc.kube.listening import everywhere, urls
from modelpoc.sync.clone import opened
from modelpoc.sync.credentials import Credentials, Wallet
from modelpoc.sync.decision import Pruning
from modelpoc.sync.errors import SyncError
from modelpoc.sync.git import Limits
from modelpoc.sync.github import Place, Statuses
from modelpoc.sync.look import Look, Target
from modelpoc.sync.metrics import Metrics
from modelpoc.sync.progress import Progress
from modelpoc.sync.report import Report, Result
from modelpoc.sync.source import Source
from modelpoc.sync.telling import Lines, Teller
from modelpoc.sync.verdict import State, Verdict
from modelpoc.sync.webhook import Webhook

log = logging.getLogger(__name__)

Tell = Callable[[Report], None]


@dataclass(frozen=True)
class Settings:
    """Of one sync. Seconds, unless said otherwise."""

    source: Source
    namespace: str | None = None
    """None: that of the kubeconfig's context."""
    context: str | None = None
    interval: float = 60.0
    """Between two looks at the branch."""
    settle: float = 5.0
    """Between two looks at POCs that are not Ready yet."""
    slowest: float = 600.0
    """The longest wait after repeated failures."""
    gap: float = 1.0
    """The shortest time between two looks, however often a webhook calls."""
    pruning: Pruning = field(default_factory=Pruning)
    limits: Limits = field(default_factory=Limits)
    secret: str | None = None
    """`namespace/name` of the Secret with the credentials; None: from the environment."""
    status: Place | None = None
    webhook_host: str = field(default_factory=everywhere)
    webhook_port: int | None = None
    """None: no webhook; 0: a free port."""


class Sync:
    """One source, one namespace."""

    def __init__(
        self,
        settings: Settings,
        registry: CollectorRegistry,
        tell: Tell | None = None,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings, self._may_write = settings, may_write
        self._metrics = Metrics(registry, settings.source.shown)
        self._tell = tell or Lines()

    async def run(self) -> None:
        """Until cancelled. Whatever fails is told and tried again. Raises NoCluster and Misused."""
        async with self._begun() as at_work:
            await at_work.forever()

    async def once(self, wait: float = 0.0) -> tuple[Report, Verdict | None]:
        """One look; then at most `wait` seconds until all that it changed is Ready."""
        async with self._begun() as at_work:
            report = await at_work.look()
            verdict = await at_work.settled(wait) if report.ok and wait > 0 else None
        return report, verdict

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[_AtWork]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            cluster = await stack.enter_async_context(connect(settings.context, self._may_write))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            clone = await stack.enter_async_context(opened(_cache(), settings.source, settings.limits))
            namespace = settings.namespace or cluster.namespace
            look = Look(settings.source, Target(namespace, settings.pruning), clone, cluster)
            statuses = Statuses(session, settings.status) if settings.status else None
            at_work = _AtWork(settings, cluster, look, Teller(cluster, namespace), statuses)
            at_work.on_report = [self._metrics.looked, self._tell]
            await at_work.listen(stack)
            yield at_work


class _AtWork:
    """Everything open that a running sync needs."""

    def __init__(
        self, settings: Settings, cluster: Cluster, look: Look, teller: Teller, statuses: Statuses | None
    ) -> None:
        self._settings, self._cluster, self._look = settings, cluster, look
        self._teller, self._statuses = teller, statuses
        self._wallet = Wallet(os.environ, settings.secret)
        self._credentials = Credentials()
        self._progress = Progress()
        self._called = asyncio.Event()
        self._failures = 0
        self.on_report: list[Tell] = []

    async def listen(self, stack: AsyncExitStack) -> None:
        if self._settings.webhook_port is None:
            return
        hook = Webhook(self._settings.source, lambda: self._credentials.webhook_secret, self._called.set)
        runner = await hook.serve(self._settings.webhook_host, self._settings.webhook_port)
        stack.push_async_callback(runner.cleanup)
        for url in urls(runner):
            log.info("webhook: %s", url)

    async def forever(self) -> None:
        while True:
            self._called.clear()
            report = await self.look()
            await self._rest(self._pause(report))

    async def look(self) -> Report:
        """One look with everything that belongs to it; errors are in the report."""
        try:
            self._credentials = await self._wallet.open(self._cluster)
            report = await self._look.look(self._credentials)
        except (SyncError, KubeError, OSError) as error:
            report = self._failed(error)
        except Exception as error:
            log.exception("a look at %s failed", self._settings.source.shown)
            report = self._failed(error)
        self._failures = self._failures + 1 if report.result is Result.FAILED else 0
        self._progress.looked(report, self._look.snapshot)
        await self._pass_on(report)
        return report

    async def _pass_on(self, report: Report) -> None:
        with _outlived("telling"):
            await self._teller.tell(report)
        for listener in self.on_report:
            with _outlived("reporting"):
                listener(report)
        with _outlived("judging"):
            await self._judge()

    async def settled(self, seconds: float) -> Verdict:
        """How the commit is once nothing is waited for any more, or after so long."""
        deadline = time.monotonic() + seconds
        while self._progress.waiting and time.monotonic() < deadline:
            await asyncio.sleep(min(self._settings.settle, max(deadline - time.monotonic(), 0)))
            await self._judge()
        return self._progress.verdict or Verdict(State.PENDING, "nothing is known yet")

    def _failed(self, error: Exception) -> Report:
        text = self._credentials.scrubbed(str(error) or type(error).__name__)
        return Report(Result.FAILED, self._settings.source.shown, error=text)

    def _pause(self, report: Report) -> float:
        """Until the next look; longer after each failure in a row."""
        if report.result is not Result.FAILED:
            return self._settings.interval
        first = min(self._settings.interval, self._settings.settle)
        return float(min(first * 2 ** min(self._failures - 1, 16), self._settings.slowest))

    async def _rest(self, seconds: float) -> None:
        """Until a webhook calls or the time has come; looks after POCs that are waited for."""
        await asyncio.sleep(min(self._settings.gap, seconds))
        deadline = time.monotonic() + seconds - self._settings.gap
        while (left := deadline - time.monotonic()) > 0:
            pause = min(left, self._settings.settle) if self._progress.waiting else left
            if await self._called_within(pause):
                return
            with _outlived("judging"):
                await self._judge()

    async def _called_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._called.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _judge(self) -> None:
        """Sees how the commit is doing, and says so where that is wanted."""
        if not self._progress.commit:
            return
        try:
            verdict = self._progress.judged(await self._look.live())
        except KubeError as error:
            log.debug("the POCs could not be looked at: %s", error)
            return
        if self._statuses is not None:
            await self._statuses.post(self._progress.commit, verdict, self._credentials)


@contextmanager
def _outlived(what: str) -> Iterator[None]:
    """The next look comes whatever went wrong with telling of this one, unless nobody reads any more."""
    try:
        yield
    except BrokenPipeError:
        raise
    except Exception:
        log.exception("%s failed; sync goes on", what)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelpoc" / "sync"
