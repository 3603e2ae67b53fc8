"""Which of several replicas works: the one that leads. Alone, a process leads from the start."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from kubernetes.aio import client

from modelpoc.kube.lease import Lease, Term
from modelpoc.kube.lease_election import Election, Periods

_STILL = 6
"""The lease loop counts as dead after so many times what one round of it takes at most."""


@dataclass(frozen=True)
class Candidacy:
    """Under which name, for which lease a process stands."""

    identity: str
    namespace: str = "default"
    name: str = "modelpoc-operator"
    periods: Periods = field(default_factory=Periods)
    address: str = ""
    """Where the other replicas reach this one; "" when they need not."""


class Leading(Protocol):
    """A process's part in it."""

    began: asyncio.Event
    """Set once this process leads; never unset: who loses it ends."""

    def may_write(self) -> bool:
        """To be asked immediately before each write."""

    def still(self) -> str:
        """Why the loop that keeps it counts as dead; "" while it does not."""

    def leader_address(self) -> str:
        """Of another that leads; "" when none is known, or that one said none."""

    async def keep(self) -> None:
        """Becomes leader, then stays it until cancelled. Raises LeaseLost."""

    def silence(self) -> None:
        """Nothing more is written from now on."""

    async def release(self) -> None:
        """Lets another lead at once. To be called when nothing of ours is on its way any more."""


class Alone:
    """No other replica: leads at once, and for good."""

    def __init__(self) -> None:
        self.began = asyncio.Event()

    def may_write(self) -> bool:
        return True

    def still(self) -> str:
        return ""

    def leader_address(self) -> str:
        return ""

    async def keep(self) -> None:
        self.began.set()
        await asyncio.Event().wait()

    def silence(self) -> None:
        return None

    async def release(self) -> None:
        return None


class Elected:
    """One of several, by a Lease."""

    def __init__(self, election: Election, periods: Periods) -> None:
        self.began = asyncio.Event()
        self._election, self._periods = election, periods

    def may_write(self) -> bool:
        return self._election.term.holds()

    def still(self) -> str:
        since = time.monotonic() - self._election.tried_at
        limit = _STILL * (self._periods.patience + self._periods.retry)
        return f"the lease was not looked at for {since:.0f} s" if since > limit else ""

    def leader_address(self) -> str:
        return self._election.leader_address

    async def keep(self) -> None:
        await self._election.acquire()
        self.began.set()
        await self._election.renew_loop()

    def silence(self) -> None:
        self._election.term.end()

    async def release(self) -> None:
        """Also of one that waits: it may have got the lease just now."""
        await self._election.release()


@contextlib.asynccontextmanager
async def leading(candidacy: Candidacy | None) -> AsyncIterator[Leading]:
    """With connections of its own: renewals wait for nobody else's requests."""
    if candidacy is None:
        yield Alone()
        return
    async with client.ApiClient() as api:
        lease = Lease(candidacy.name, candidacy.namespace, candidacy.identity, api, candidacy.address)
        term = Term(candidacy.periods.deadline)
        yield Elected(Election(lease, candidacy.periods, term), candidacy.periods)
