"""A world in which time costs nothing: contenders with clocks of their own, and an API server that is slow,
loses requests and answers, and refuses what was read too long ago."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import selectors
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection import leaderelection

from modelpoc.kube.lease import Lease, LeaseLost, Moment, Term
from modelpoc.kube.lease_election import Election, Periods

PERIODS = Periods(15.0, 10.0, 2.0)


class Loop(asyncio.SelectorEventLoop):
    """Whenever it would wait, it is later instead."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: Loop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nothing will ever happen again"
        self._loop.now += timeout
        return super().select(0)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """In a world that begins at second 0."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)


@dataclass
class Clocks:
    """One machine's: they run at `rate`, and somebody may set the wall clock by `set_by`."""

    rate: float = 1.0
    offset: float = 0.0
    set_by: float = 0.0

    def __call__(self) -> Moment:
        now = asyncio.get_running_loop().time() * self.rate
        return Moment(now + self.offset, now + 1.8e9 + self.set_by)


current: ContextVar[Clocks] = ContextVar("current")


class LibraryTime:
    """Stands where the library finds `time`: the clock of whoever asks."""

    @staticmethod
    def time() -> float:
        return current.get()().wall


leaderelection_module: Any = leaderelection


@dataclass
class Net:
    """How requests fare. Of `frozen` ones the process does not notice the time either: it is stopped."""

    rng: random.Random = field(default_factory=lambda: random.Random(0))
    slow: float = 0.0
    lost: float = 0.0
    frozen: float = 0.0
    down: bool = False

    async def travel(self) -> None:
        await asyncio.sleep(0.01 + self.rng.random() * self.slow)
        if self.rng.random() < self.frozen:
            await _stopped(self.rng.uniform(1, 30), swallow=self.rng.random() < 0.5)
        for _ in range(3600):
            if not self.down:  # what was sent meanwhile arrives when the way is open again
                break
            await asyncio.sleep(1)
        if self.rng.random() < self.lost:
            raise aiohttp.ServerDisconnectedError


async def _stopped(seconds: float, *, swallow: bool) -> None:
    """As by SIGSTOP: what would interrupt it comes afterwards, and an answer may still be taken before it."""
    loop = asyncio.get_running_loop()
    end, interrupted = loop.time() + seconds, False
    # What is left by rounding alone no sleep takes away: the loop wakes a nanosecond early.
    while (left := end - loop.time()) > 1e-6:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            interrupted = True
    if interrupted and not swallow:
        raise asyncio.CancelledError


class Server:
    """The one lease that there is."""

    def __init__(self) -> None:
        self.lease: client.V1Lease | None = None
        self.version = 0
        self.refuses: int = 0
        """An HTTP status for everything."""

    def read(self) -> client.V1Lease:
        self._refuse()
        if self.lease is None:
            raise failure(404)
        return copy.deepcopy(self.lease)

    def create(self, body: client.V1Lease) -> client.V1Lease:
        self._refuse()
        if self.lease is not None:
            raise failure(409)
        return self._stored(body)

    def replace(self, body: client.V1Lease) -> client.V1Lease:
        self._refuse()
        if self.lease is None:
            raise failure(404)
        if body.metadata.resource_version != self.lease.metadata.resource_version:
            raise failure(409)
        return self._stored(body)

    @property
    def holder(self) -> str:
        return self.lease.spec.holder_identity or "" if self.lease else ""

    def _stored(self, body: client.V1Lease) -> client.V1Lease:
        self.version += 1
        self.lease = copy.deepcopy(body)
        self.lease.metadata.resource_version = str(self.version)
        return copy.deepcopy(self.lease)

    def _refuse(self) -> None:
        if self.refuses:
            raise failure(self.refuses)


def failure(status: int) -> ApiException:
    error = ApiException(status=status, reason="no")
    error.body = json.dumps({"code": status})
    return error


class Api:
    """What `Lease` calls."""

    def __init__(self, server: Server, net: Net) -> None:
        self._server, self._net = server, net

    async def read_namespaced_lease(self, name: str, namespace: str) -> client.V1Lease:
        return await self._there_and_back(self._server.read)

    async def create_namespaced_lease(self, namespace: str, body: client.V1Lease) -> client.V1Lease:
        return await self._there_and_back(lambda: self._server.create(body))

    async def replace_namespaced_lease(
        self, name: str, namespace: str, body: client.V1Lease
    ) -> client.V1Lease:
        return await self._there_and_back(lambda: self._server.replace(body))

    async def _there_and_back(self, do: Callable[[], client.V1Lease]) -> client.V1Lease:
        await self._net.travel()
        answer = do()
        await self._net.travel()
        return answer


class Contender:
    """One process that stands for it, and begins anew under another name whenever it lost."""

    def __init__(
        self,
        server: Server,
        name: str,
        clocks: Clocks | None = None,
        net: Net | None = None,
        periods: Periods = PERIODS,
        address: str = "",
    ) -> None:
        self.server, self.name, self.periods = server, name, periods
        self.address = address
        self.clocks, self.net = clocks or Clocks(), net or Net()
        self.began: list[float] = []
        self.losses: list[tuple[float, str]] = []
        self._lives = 0
        self.election = self._new()

    def _new(self) -> Election:
        self._lives += 1
        lease: Any = Lease("it", "default", f"{self.name}-{self._lives}", object(), self.address)
        lease.api_instance = lease._leases = Api(self.server, self.net)
        return Election(lease, self.periods, Term(self.periods.deadline, self.clocks), self.clocks)

    @property
    def writes(self) -> bool:
        return self.election.term.holds()

    async def live(self, again: float = 1.0) -> None:
        """Until cancelled."""
        current.set(self.clocks)
        loop = asyncio.get_running_loop()
        while True:
            try:
                await self.election.acquire()
                self.began.append(loop.time())
                await self.election.renew_loop()
            except LeaseLost as error:
                self.losses.append((loop.time(), str(error)))
            await asyncio.sleep(again)
            self.election = self._new()

    def die(self) -> None:
        """As by kill -9; the next life is another process."""
        self.election = self._new()
