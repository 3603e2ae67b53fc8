"""What no event tells: objects that went unseen, and resources whose POC is gone."""

from __future__ import annotations

import asyncio
import logging

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
        pocs = await self.kube.names(What.POC)
        platforms = await self.kube.names(What.PLATFORM)
        for key in [k for k, _ in (*self.store.pocs(), *self.store.platforms())]:
            if key not in pocs | platforms:
                log.info("%s went without an event", key)
                self.watched.lost(key)
        for key, platform in list(self.store.platforms()):
            account = self.accounts.get(key.name)
            alive = isinstance(platform, ModelPlatform) and not platform.metadata.deletion_timestamp
            if account and account.places and isinstance(platform, ModelPlatform) and alive:
                await self._orphans(key, platform, account, pocs)

    async def _orphans(self, key: Key, platform: ModelPlatform, account: Account, pocs: set[Key]) -> None:
        """Takes apart what carries the mark of this fleet and of no POC that there is, in any platform."""
        fleet = platform.owner_id
        known = {Owner(fleet, k.namespace, k.name).mark for k in pocs} | {Owner(fleet).mark}
        inventory = account.engine.inventory
        suspects = inventory.marks(Owner(fleet).mark.fleet) - known
        if not suspects:
            return
        await account.engine.observer.list_kinds(0.0)
        for mark in sorted(inventory.marks(Owner(fleet).mark.fleet) - known):
            await self._take_apart(key, platform, account, mark)

    async def _take_apart(self, key: Key, platform: ModelPlatform, account: Account, mark: Mark) -> None:
        try:
            outcome = await account.engine.run(Graph(), mark, ages=Ages(settling=1.0))
        except CloudError as error:
            log.warning("leftovers of a POC that is gone (%s) could not be taken away: %s", mark, error)
            return
        log.info("took away leftovers of a POC that is gone (%s): %d writes", mark, len(outcome.done))
        await self.objects.tell(key, platform.metadata, of_work(outcome))
