"""Reading the cloud: each kind's listing once for all passes, and reads by name gathered into batches."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.plan import Kinds

_NEVER = 1e18
"""Seconds; older than that is what was never listed."""


class Observer:
    """Keeps one inventory as fresh as passes ask for.

    Passes that ask for the same listing at the same time share it. Names asked for within `window`
    seconds go into one read, because AWS describes many at the price of one.
    """

    def __init__(self, inventory: Inventory, kinds: Kinds, scope: Any, window: float = 0.05) -> None:
        self.inventory = inventory
        self._kinds, self._scope, self._window = kinds, scope, window
        self._listing: dict[str, asyncio.Task[None]] = {}
        self._asked: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
        self._batch: dict[tuple[str, bool], asyncio.Task[None]] = {}

    async def list_kinds(self, max_age: float, kinds: Iterable[str] | None = None) -> None:
        """Every kind listed no longer than `max_age` seconds ago; those that tell where to look first."""
        wanted = [k for k in (kinds or self._kinds) if self.inventory.list_age(k) > max_age]
        await asyncio.gather(*(self._listed(k, max_age) for k in wanted))

    async def read(self, names: Collection[tuple[str, str]], deep: bool = False) -> None:
        """These (kind, name)s, now."""
        kinds = {kind for kind, _ in names}
        for kind, name in names:
            self._asked[(kind, deep)].add(name)
        await asyncio.gather(*(self._batched(kind, deep) for kind in sorted(kinds)))

    async def _listed(self, kind: str, max_age: float) -> None:
        for place in sorted(self._kinds[kind].within):
            if self.inventory.list_age(place) > (max_age or _NEVER):
                await self._listed(place, max_age)
        task = self._listing.get(kind)
        if task is None:
            task = self._listing[kind] = asyncio.create_task(self._list(kind))
            task.add_done_callback(lambda _: self._listing.pop(kind, None))
        await asyncio.shield(task)

    async def _list(self, kind: str) -> None:
        began = self.inventory.now()
        found = await self._kinds[kind].list_all(self._scope)
        self.inventory.listed(kind, found, began)

    async def _batched(self, kind: str, deep: bool) -> None:
        task = self._batch.get((kind, deep))
        if task is None:
            task = self._batch[(kind, deep)] = asyncio.create_task(self._read(kind, deep))
        await asyncio.shield(task)

    async def _read(self, kind: str, deep: bool) -> None:
        await asyncio.sleep(self._window)
        self._batch.pop((kind, deep), None)
        names = self._asked.pop((kind, deep), set())
        began = self.inventory.now()
        found = await self._kinds[kind].read(self._scope, sorted(names), deep)
        self.inventory.read(kind, names, found.values(), began, deep)
