"""What no event tells: objects that went unseen, and resources whose POC is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.controller.accounts import Account, Accounts
from modelpoc.controller.keys import Key, What
from modelpoc.controller.kube import Kube
from modelpoc.controller.news import of_work
from modelpoc.controller.objects import Objects
from modelpoc.controller.store import Store
from modelpoc.controller.watch import Watch
from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark, Owner

log = logging.getLogger(__name__)


class Sweep:
    """Every few minutes. Nothing is deleted before the names in Kubernetes were listed afresh."""

    def __init__(
        self, store: Store, accounts: Accounts, kube: Kube, watched: Watch, objects: Objects, period: float
    ) -> None:
        self.store, self.accounts, self.kube = store, accounts, kube
        self.watched, self.objects, self.period = watched, objects, period

    async def run(self) -> None:
        while True:
            try:
                await self.once()
            except Exception as error:
                log.warning("the sweep broke off: %s", error)
            await asyncio.sleep(self.period)

    async def once(self) -> None:
        await self._drop_ghosts()
        for key, platform in list(self.store.platforms()):
            account = self.accounts.get(key.name)
            if account and account.checked and isinstance(platform, ModelPlatform):
                await self._orphans(key, platform, account)

    async def _drop_ghosts(self) -> None:
        """What was in the store before the names were listed, and is not among them, is gone."""
        before = self._uids()
        there = await self.kube.names(What.POC) | await self.kube.names(What.PLATFORM)
        for key, uid in before.items():
            if key not in there and self._uids().get(key) == uid:
                log.info("%s went without an event", key)
                self.watched.lost(key)

    def _uids(self) -> dict[Key, str]:
        return {k: o.metadata.uid for k, o in (*self.store.pocs(), *self.store.platforms())}

    async def _orphans(self, key: Key, platform: ModelPlatform, account: Account) -> None:
        """Takes apart what carries the mark of this fleet and of no POC that there is, in any platform.

        Kubernetes is asked after AWS: what a POC created meanwhile has made is not taken for a leftover.
        """
        fleet, inventory = platform.owner_id, account.engine.inventory
        if not self._suspects(inventory, fleet, {k for k, _ in self.store.pocs()}):
            return
        await account.engine.observer.list_kinds(0.0)
        suspects = inventory.marks(Owner(fleet).mark.fleet)
        there = await self.kube.names(What.POC)
        for mark in sorted(suspects & self._suspects(inventory, fleet, there)):
            await self._take_apart(key, platform, account, mark)

    def _suspects(self, inventory: Inventory, fleet: str, pocs: Iterable[Key]) -> set[Mark]:
        known = {Owner(fleet, k.namespace, k.name).mark for k in pocs} | {Owner(fleet).mark}
        return inventory.marks(Owner(fleet).mark.fleet) - known

    async def _take_apart(self, key: Key, platform: ModelPlatform, account: Account, mark: Mark) -> None:
        try:
            outcome = await account.engine.run(Graph(), mark, ages=Ages(settling=1.0))
        except CloudError as error:
            log.warning("leftovers of a POC that is gone (%s) could not be taken away: %s", mark, error)
            return
        log.info("took away leftovers of a POC that is gone (%s): %d writes", mark, len(outcome.done))
        await self.objects.tell(key, platform.metadata, of_work(outcome))
