"""The Lease that says who leads, as the API server holds it, and the time for which that may be relied on."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.leaselock import LeaseLock

from modelpoc.api.meta import GROUP

log = logging.getLogger(__name__)

ADDRESS = f"{GROUP}/leader-address"
"""Annotation of a lease: where its holder is reached by the others, an IP address."""


@dataclass(frozen=True)
class Moment:
    """One instant by both clocks, in seconds. A process that slept with its machine may find that the
    monotonic one stood still; somebody may set the other."""

    monotonic: float
    wall: float

    def after(self, seconds: float) -> Moment:
        return Moment(self.monotonic + seconds, self.wall + seconds)


Clock = Callable[[], Moment]


def clocks() -> Moment:
    """Now."""
    return Moment(time.monotonic(), time.time())


class LeaseLost(Exception):
    """Another leads, or may by now. Nothing may be written any more; the process should end."""


class Term:
    """For how long this process may write: from when a renewal was sent, and for less than others wait.

    `seconds` is that time. A write that begins within it has the rest of the lease's duration to arrive.
    """

    def __init__(self, seconds: float, clock: Clock = clocks) -> None:
        self._seconds, self._clock = seconds, clock
        self._until: Moment | None = None

    def renewed(self, sent: Moment) -> None:
        """The API server took a renewal that was sent then."""
        self._until = sent.after(self._seconds)

    def end(self) -> None:
        self._until = None

    def holds(self) -> bool:
        """To be asked immediately before each write. Who was stopped for a while learns it here."""
        return self.left() > 0

    def left(self) -> float:
        """Seconds, by the clock that says less; 0 or less when it is over."""
        if self._until is None:
            return 0.0
        now = self._clock()
        return min(self._until.monotonic - now.monotonic, self._until.wall - now.wall)


class Lease(LeaseLock):
    """`LeaseLock`, which creates, takes durations that are no whole numbers, and can be given up.

    Of the library's own: `create` gives an argument that its client refuses; durations are read by `int`;
    times are local ones called UTC; and nothing clears the holder. Connection errors are raised.
    """

    def __init__(self, name: str, namespace: str, identity: str, api: Any, address: str = "") -> None:
        super().__init__(name, namespace, identity, api)
        self._address = address
        self._leases: Any = self.api_instance
        self._reference: Any = None
        self.held = False
        """Whether it is to be ours: to find it in other hands, or gone, is its loss then."""

    @property
    def holder(self) -> str:
        """As last read; "" when it is nobody's."""
        spec = self._reference.spec if self._reference else None
        return (spec.holder_identity if spec else None) or ""

    @property
    def address(self) -> str:
        """Of another that holds it, as last read; "" when nobody does, or it said none."""
        if self.holder in ("", self.identity):
            return ""
        return str((self._reference.metadata.annotations or {}).get(ADDRESS, ""))

    async def get(self, name: str, namespace: str) -> Any:
        """As the library gives it. Raises LeaseLost."""
        there, found = await super().get(name, namespace)
        if self.held and there and getattr(found, "holder_identity", None) != self.identity:
            raise LeaseLost("the lease is in other hands")
        if self.held and not there and getattr(found, "status", None) == 404:
            raise LeaseLost("somebody deleted the lease")
        self._reference = self.lease_reference
        return there, found

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        body = client.V1Lease(
            metadata=client.V1ObjectMeta(name=name, annotations=self._annotated(None)),
            spec=self.update_lease(election_record),
        )
        return await self._written(self._leases.create_namespaced_lease(namespace, body))

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:
        """Holds only for the version that `get` gave: of two that try at once, one is refused."""
        self._reference.spec = self.update_lease(updated_record, self._reference.spec)
        self._reference.metadata.annotations = self._annotated(self._reference.metadata.annotations)
        return await self._written(self._leases.replace_namespaced_lease(name, namespace, self._reference))

    async def release(self) -> bool:
        """Clears the holder if that is us, so that nobody has to wait; whether others may lead now."""
        self.held = False
        there, record = await self.get(self.name, self.namespace)
        if not there or record.holder_identity != self.identity:
            return bool(there)
        self._reference.spec.holder_identity = ""
        self._reference.spec.renew_time = _now()
        return await self._written(
            self._leases.replace_namespaced_lease(self.name, self.namespace, self._reference)
        )

    def update_lease(
        self, leader_election_record: LeaderElectionRecord, current_spec: Any = None
    ) -> client.V1LeaseSpec:
        record, now = leader_election_record, _now()
        spec: Any = current_spec or client.V1LeaseSpec(lease_transitions=0)
        if spec.holder_identity != record.holder_identity:
            spec.acquire_time = now
            spec.lease_transitions = (spec.lease_transitions or 0) + (current_spec is not None)
        spec.holder_identity = record.holder_identity
        spec.lease_duration_seconds = math.ceil(float(record.lease_duration or 0))
        spec.renew_time = now
        return spec  # type: ignore[no-any-return]

    def _annotated(self, annotations: Mapping[str, str] | None) -> dict[str, str] | None:
        """With our own address, and not that of who held it before."""
        others = {name: value for name, value in (annotations or {}).items() if name != ADDRESS}
        return {**others, ADDRESS: self._address} if self._address else others or None

    async def _written(self, write: Awaitable[Any]) -> bool:
        try:
            await write
        except ApiException as error:
            level = logging.DEBUG if error.status == 409 else logging.WARNING
            log.log(level, "lease %s/%s was not written: %s", self.namespace, self.name, error.reason)
            return False
        return True


def _now() -> datetime:
    """Kubernetes' MicroTime wants all six places, which `isoformat` leaves out when they are zeros."""
    now = datetime.now(UTC)
    return now.replace(microsecond=max(now.microsecond, 1))
