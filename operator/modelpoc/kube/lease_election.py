"""Standing for election by a Lease: `kubernetes.leaderelection`, and around it what it lacks."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass
from typing import Any

import aiohttp
from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from pydantic import ValidationError

from modelpoc.kube.lease import Clock, Lease, LeaseLost, Term, clocks

log = logging.getLogger(__name__)

_FAILED = (TimeoutError, aiohttp.ClientError, OSError, ValueError, ValidationError)
"""What a try may end in that is no answer of the API server's: it failed, and nothing more."""
_RELEASE_SECONDS = 2.0


@dataclass(frozen=True)
class Periods:
    """Seconds. Raises ValueError when they do not fit together."""

    duration: float = 15.0
    """For which others wait after the last renewal that they saw."""
    deadline: float = 10.0
    """After a renewal was sent: until then its holder writes. The rest of the duration is for what is on its
    way, and for clocks that run at different speeds."""
    retry: float = 2.0
    """Between two renewals, or two looks at somebody else's lease."""

    def __post_init__(self) -> None:
        _config(None, self)

    @property
    def patience(self) -> float:
        """For one try: two of them fit into the deadline."""
        return (self.deadline - self.retry) / 2


class Election(LeaderElection):
    """`acquire` returns when this process leads; `renew_loop` when it no longer does, by raising.

    Added to the library: a time limit for each try; a connection error is a failed try; the time since
    another was last seen goes by the monotonic clock, and is as long as that one's lease says; the leader
    that finds its lease in other hands, or gone, has lost it; giving it up. Left out: its callbacks, and
    `run`, which leaves what it cancels behind.
    """

    def __init__(self, lease: Lease, periods: Periods, term: Term, clock: Clock = clocks) -> None:
        super().__init__(_config(lease, periods))
        self.term = term
        self.tried_at = math.inf
        """When the last try ended: a loop that stands still is seen by it. Never, until it was begun."""
        self._lease, self._periods, self._clock = lease, periods, clock
        self._observed_at = clock().monotonic
        self._before: LeaderElectionRecord | None = None
        self._sent = clock()

    @property
    def leader_address(self) -> str:
        """Of another that leads, as far as is known."""
        return self._lease.address

    async def acquire(self) -> bool:
        self.tried_at = self._clock().monotonic
        while not await self.try_acquire_or_renew():  # noqa: ASYNC110 - others tell us nothing
            await asyncio.sleep(self._pause())
        self._lease.held = True
        log.info("leading, as %s", self._lease.identity)
        return True

    async def renew_loop(self) -> None:
        """Raises LeaseLost."""
        while self.term.holds():
            await asyncio.sleep(self._periods.retry)
            if not self.term.holds():
                break  # stopped for a while: even if nobody else came, what we know is old
            await self.try_acquire_or_renew()
        raise LeaseLost(f"the lease could not be renewed within {self._periods.deadline:g} s")

    async def release(self) -> bool:
        """Ends the term at once, then gives the lease up; whether others may lead now."""
        self.term.end()
        try:
            async with asyncio.timeout(min(self._periods.patience, _RELEASE_SECONDS)):
                return await self._lease.release()
        except _FAILED as error:
            log.warning("the lease was not given up, others wait for its end: %s", _why(error))
            return False

    async def try_acquire_or_renew(self) -> bool:
        """One try, which fails within `patience`. Raises LeaseLost when the lease went to somebody else."""
        self._reckon()
        self._sent, self._before = self._clock(), self.observed_record
        try:
            async with asyncio.timeout(self._limit()):
                done = await super().try_acquire_or_renew()
        except LeaseLost:
            self.term.end()
            raise
        except _FAILED as error:
            log.warning("no answer about the lease: %s", _why(error))
            done = False
        if self.observed_record is not self._before:
            self._observed_at = self._clock().monotonic
        self.tried_at = self._clock().monotonic
        if done:
            self.term.renewed(self._sent)
        return done

    async def update_lock(self, leader_election_record: LeaderElectionRecord) -> bool:
        if self._may_be_anothers():
            return False
        self._sent = self._clock()
        return await super().update_lock(leader_election_record)

    def _may_be_anothers(self) -> bool:
        """The library reads the wall clock before it looks and after: somebody may set it in between."""
        if self._lease.holder in ("", self._lease.identity):
            return False
        renewed = self.observed_record is not self._before
        return renewed or self._clock().monotonic - self._observed_at < self._duration()

    def _limit(self) -> float:
        """Seconds for one try."""
        return min(self._periods.patience, self.term.left()) if self._lease.held else self._periods.patience

    def _reckon(self) -> None:
        """Tells the library, which goes by the wall clock, how long ago the lease was last seen to change."""
        waited = self._clock().monotonic - self._observed_at
        longer = max(0.0, self._duration() - self._periods.duration)
        self.observed_time_milliseconds = int((self._clock().wall - waited + longer) * 1000)

    def _pause(self) -> float:
        """Until the next look; no longer than until another's lease is over."""
        left = self._observed_at + self._duration() - self._clock().monotonic
        return min(self._periods.retry, left + 0.05) if left > 0 else self._periods.retry

    def _duration(self) -> float:
        """Of the lease as its holder wrote it, which may have been told another than we."""
        record = self.observed_record
        told = float(record.lease_duration or 0) if record else 0.0
        return max(told, self._periods.duration)


def _config(lease: Lease | None, periods: Periods) -> Config:
    async def nothing() -> None:
        return None

    lock: Any = lease or object()
    return Config(lock, periods.duration, periods.deadline, periods.retry, nothing, nothing)


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__
