"""One pass over one platform: its shared parts, and what its POCs need to know of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from modelpoc.api.conditions import Reason
from modelpoc.api.meta import ADOPT, FINALIZER, ORPHAN
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.controller.accounts import Account, Accounts
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.keys import Key
from modelpoc.controller.kube import Written
from modelpoc.controller.news import News, of_work
from modelpoc.controller.objects import Objects
from modelpoc.controller.pace import Next
from modelpoc.controller.platform_status import base_url, platform_status, platform_summary
from modelpoc.controller.queue import Queue
from modelpoc.controller.rotation import Rotation
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store, Unreadable
from modelpoc.controller.summary import Motion, Summary
from modelpoc.controller.unreadable import invalid_status
from modelpoc.desired.names import platform_named
from modelpoc.desired.places import Places
from modelpoc.desired.platform import Lookup, places_of, platform_graph
from modelpoc.reconcile.act import Ages, Outcome
from modelpoc.reconcile.errors import CloudError, Stall
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.leave import leave
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Rules
from modelpoc.reconcile.resource import Observed


class PlatformPass:
    """Like a POC's pass, for what POCs share. When the shared parts change, all its POCs get a pass."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        objects: Objects,
        queue: Queue,
        settings: Settings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store, self.accounts, self.objects, self.queue = store, accounts, objects, queue
        self.settings, self.now = settings, now
        self._rotation = Rotation(settings.deep_resync)

    async def run(self, key: Key) -> Next:
        platform = self.store.platform(key.name)
        if platform is None:
            self.accounts.drop(key.name)
            return Next(None)
        if isinstance(platform, Unreadable):
            status = invalid_status(platform, self.now())
            if status is not None:
                await self.objects.write_raw_status(key, platform.metadata, status)
            return Next(None)
        if platform.metadata.deletion_timestamp:
            return await self._deleted(key, platform)
        return await self._living(key, platform)

    async def _living(self, key: Key, platform: ModelPlatform) -> Next:
        if FINALIZER not in platform.metadata.finalizers:
            if await self.objects.add_finalizer(key, platform.metadata) is not Written.DONE:
                return Next(0.0)
            platform = self._current(key, platform)
        account = self.accounts.of(platform)
        found = await self._passed(key, platform, account, platform_graph(platform), Goal.RUN)
        places = places_of(platform, _lookup(found.outcome)) if found.outcome else account.places
        whole = self._summary(found, platform, places)
        unasked = found.trouble is not None and not isinstance(found.trouble, Stall)
        troubled = bool(account.problem) != (whole.motion is not Motion.DONE)
        if not unasked and (places != account.places or troubled):
            account.places = places
            account.problem = "" if whole.motion is Motion.DONE else whole.message
            for poc in self.store.pocs_of(key.name):
                self.queue.add(poc)
        return await self._say(key, platform, account, found, whole)

    async def _passed(
        self, key: Key, platform: ModelPlatform, account: Account, graph: Graph, goal: Goal
    ) -> Finding:
        mark = _mark(platform)
        rules = Rules(adopt=platform.metadata.annotations.get(ADOPT) == "true")
        settings = self.settings
        deep = settings.deep_resync / 2 if self._rotation.due(key) else float("inf")
        ages = Ages(listing=settings.fast_resync * 0.9, settling=settings.poll * 0.5, deep=deep)
        try:
            await account.check()
            outcome = await account.engine.run(graph, mark, rules, ages)
        except CloudError as error:
            return Finding(goal, platform.metadata.generation, trouble=error)
        await self.objects.tell(key, platform.metadata, of_work(outcome))
        return Finding(goal, platform.metadata.generation, outcome=outcome)

    def _summary(self, found: Finding, platform: ModelPlatform, places: Places | None) -> Summary:
        return platform_summary(found, platform.status, base_url(platform, places))

    # going

    async def _deleted(self, key: Key, platform: ModelPlatform) -> Next:
        if FINALIZER not in platform.metadata.finalizers:
            return Next(None)
        users = self.store.users_of(key.name)
        account = self.accounts.of(platform)
        if users:
            whole = Summary(Motion.PROGRESS, Reason.WAITING_FOR_POCS, _used_by(users))
            return await self._say(key, platform, account, Finding(Goal.DELETE), whole)
        if platform.metadata.annotations.get(ORPHAN) == "true":
            return await self._left(key, platform, account)
        found = await self._passed(key, platform, account, Graph(), Goal.DELETE)
        gone = found.outcome is not None and found.outcome.settled
        if gone and not account.engine.inventory.owned(_mark(platform)):
            return await self._released(key, platform)
        return await self._say(key, platform, account, found, self._summary(found, platform, None))

    async def _left(self, key: Key, platform: ModelPlatform, account: Account) -> Next:
        try:
            await leave(account.engine, _mark(platform))
        except CloudError as error:
            await self.objects.tell(key, platform.metadata, [_left_behind(error)])
        return await self._released(key, platform)

    async def _released(self, key: Key, platform: ModelPlatform) -> Next:
        written = await self.objects.remove_finalizer(key, self._current(key, platform).metadata)
        return Next(0.0 if written is Written.CONFLICT else None)

    # status

    async def _say(
        self, key: Key, platform: ModelPlatform, account: Account, found: Finding, whole: Summary
    ) -> Next:
        current = self._current(key, platform)
        inventory, pocs = account.engine.inventory, len(self.store.pocs_of(key.name))
        new = platform_status(current, found, whole, account.places, inventory, pocs, self.now())
        if await self.objects.write_status(key, current, new) is Written.CONFLICT:
            return Next(0.0)
        return self._next(key, found, whole)

    def _next(self, key: Key, found: Finding, whole: Summary) -> Next:
        error = found.trouble or next(iter(found.outcome.errors.values() if found.outcome else ()), None)
        if error is not None:
            return Next(self.settings.stalled_retry) if isinstance(error, Stall) else Next(None, failed=True)
        if whole.reason is Reason.WAITING_FOR_POCS:
            return Next(self.settings.fast_resync)
        if whole.motion is Motion.PROGRESS:
            return Next(self.settings.poll)
        return Next(min(self.settings.fast_resync, self._rotation.seconds(key) + 0.1))

    def _current(self, key: Key, platform: ModelPlatform) -> ModelPlatform:
        newest = self.store.platform(key.name)
        return newest if isinstance(newest, ModelPlatform) else platform


def _used_by(users: list[Key]) -> str:
    names = ", ".join(sorted(map(str, users))[:5]) + (", …" if len(users) > 5 else "")
    return f"{len(users)} POC{' uses' if len(users) == 1 else 's use'} it ({names}): delete first"


def _mark(platform: ModelPlatform) -> Mark:
    return platform_named(platform.metadata, platform.owner_id, {}).owner.mark


def _lookup(outcome: Outcome) -> Lookup:
    """What is there for a resource of the graph. A platform's resources are named as in their graph."""
    by_key = {(s.kind, s.name): s.have for s in outcome.plan.steps if s.want}

    def found(kind: str, name: str) -> Observed | None:
        return by_key.get((kind, name))

    return found


def _left_behind(error: CloudError) -> News:
    return News("LeftBehind", f"not everything could be given up: {error}", warning=True)
