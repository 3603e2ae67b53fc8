"""Reading the cloud: each kind's listing once for all passes, and reads by name gathered into batches."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelpoc.reconcile.entry import NEVER
from modelpoc.reconcile.errors import CloudError, Retry
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.plan import Kinds
from modelpoc.reconcile.steps import Key


@dataclass
class _Batch:
    task: asyncio.Task[None]
    names: set[str] = field(default_factory=set)


class Observer:
    """Keeps one inventory as fresh as passes ask for.

    Passes that ask for the same listing at the same time share it. Names asked for within `window`
    seconds go into one read, because AWS describes many at the price of one.
    """

    def __init__(
        self,
        inventory: Inventory,
        kinds: Kinds,
        scope: Any,
        window: float = 0.05,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.inventory = inventory
        self._kinds, self._scope, self._window, self._sleep = kinds, scope, window, sleep
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._looked_in: dict[str, Mapping[str, int]] = {}
        self._batches: dict[tuple[str, bool], _Batch] = {}

    async def list_kinds(self, max_age: float, kinds: Iterable[str] | None = None) -> None:
        """Each kind listed no longer than `max_age` seconds ago, and after the kinds that tell where to
        look; again when more places to look have turned up since. With 0, begun after this call.
        """
        since = self.inventory.now() - max_age
        wanted = list(self._kinds if kinds is None else kinds)
        await _all(self._listed(k, since, since if max_age else NEVER) for k in wanted)

    async def read(self, names: Collection[Key], deep: bool = False) -> None:
        """These (kind, name)s, now."""
        by_kind: defaultdict[str, set[str]] = defaultdict(set)
        for kind, name in names:
            by_kind[kind].add(name)
        await _all(self._batched(kind, some, deep) for kind, some in sorted(by_kind.items()))

    async def _listed(self, kind: str, since: float, places_since: float) -> None:
        for place in sorted(self._kinds[kind].within & self._kinds.keys()):
            await self._listed(place, places_since, places_since)
        while self.inventory.listed_at(kind) < since or self._looked_in.get(kind) != self._places(kind):
            await asyncio.shield(self._flights.get(kind) or self._take_off(kind))

    def _places(self, kind: str) -> Mapping[str, int]:
        return {place: self.inventory.arrivals(place) for place in self._kinds[kind].within}

    def _take_off(self, kind: str) -> asyncio.Task[None]:
        flight = self._flights[kind] = asyncio.create_task(self._list(kind))
        flight.add_done_callback(_noticed)
        return flight

    async def _list(self, kind: str) -> None:
        places, began = self._places(kind), self.inventory.now()
        try:
            self.inventory.listed(kind, await self._kinds[kind].list_all(self._scope), began)
            self._looked_in[kind] = places
        finally:
            del self._flights[kind]

    async def _batched(self, kind: str, names: set[str], deep: bool) -> None:
        batch = self._batches.get((kind, deep)) or self._open(kind, deep)
        batch.names |= names
        try:
            await asyncio.shield(batch.task)
        except Retry:
            raise
        except CloudError:
            if batch.names == names:
                raise
            # What others asked for may be forbidden to us; that is no news about ours.
            await self._read(kind, names, deep)

    def _open(self, kind: str, deep: bool) -> _Batch:
        task = asyncio.create_task(self._gathered(kind, deep))
        task.add_done_callback(_noticed)
        batch = self._batches[(kind, deep)] = _Batch(task)
        return batch

    async def _gathered(self, kind: str, deep: bool) -> None:
        await self._sleep(self._window)
        await self._read(kind, self._batches.pop((kind, deep)).names, deep)

    async def _read(self, kind: str, names: Collection[str], deep: bool) -> None:
        began = self.inventory.now()
        found = await self._kinds[kind].read(self._scope, sorted(names), deep)
        self.inventory.read(kind, names, found.values(), began, deep)


async def _all(reads: Iterable[Awaitable[None]]) -> None:
    """All of them to their end, then the first error, if any."""
    for result in await asyncio.gather(*reads, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def _noticed(task: asyncio.Task[None]) -> None:
    """Its error goes to whoever waits for it; when nobody does any more, it is no one's."""
    if not task.cancelled():
        task.exception()
