"""One pass over one POC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from modelpoc.api.meta import FINALIZER, MODE, MODE_OBSERVE, ORPHAN, RECONCILE_AT
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.accounts import Account, Accounts
from modelpoc.controller.asked import Around, asked, finding
from modelpoc.controller.asking import Asking
from modelpoc.controller.findings import Finding
from modelpoc.controller.hindrances import no_platform, platform_goes, platform_not_ready
from modelpoc.controller.keys import Key
from modelpoc.controller.kube import Written
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.motion import changed_since, gave_up
from modelpoc.controller.objects import Objects
from modelpoc.controller.pace import Next
from modelpoc.controller.poc_engine import PocEngine
from modelpoc.controller.poc_going import PocGoing
from modelpoc.controller.poc_telling import PocTelling
from modelpoc.controller.probe import Prober
from modelpoc.controller.ready_time import ReadyTime
from modelpoc.controller.rotation import Rotation
from modelpoc.controller.running import untried
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store, Unreadable, platform_of
from modelpoc.controller.unreadable import invalid_status
from modelpoc.desired.places import Places


@dataclass
class _Memory:
    """What is worth remembering of a POC between passes; all of it can be lost."""

    reconcile_at: str | None = None
    asked: bool = False
    """Somebody asked for this pass: it looks afresh at everything."""
    retry: bool = False
    """Somebody asked for another try of what failed, and it was not yet begun."""


class PocPass:
    """Parsed object → desired → plan → act → status. Never sleeps, never waits for AWS to finish."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        objects: Objects,
        prober: Prober,
        settings: Settings,
        metrics: Metrics,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store, self.accounts, self.objects = store, accounts, objects
        self.settings, self.now = settings, now
        self._memories: dict[Key, _Memory] = {}
        self._asking = Asking(prober, settings.probe_patience)
        self._rotation = Rotation(settings.deep_resync)
        self._ready_time = ReadyTime(metrics)
        self._telling = PocTelling(store, objects, settings, self._ready_time, self._rotation, now)
        self._engine = PocEngine(objects, settings, self._rotation)
        self._going = PocGoing(accounts, self._engine, self._telling)

    async def run(self, key: Key) -> Next:
        poc = self.store.poc(key)
        if poc is None:
            self._memories.pop(key, None)
            self._asking.forget(key)
            self._rotation.forget(key)
            self._ready_time.forget(key)
            return Next(None)
        if isinstance(poc, Unreadable):
            return await self._unreadable(key, poc)
        platform = self.store.platform(platform_of(poc))
        if poc.metadata.deletion_timestamp:
            return await self._going.run(key, poc, platform)
        if not isinstance(platform, ModelPlatform):
            return await self._telling.say(key, poc, no_platform(poc))
        return await self._living(key, poc, platform)

    async def _unreadable(self, key: Key, poc: Unreadable) -> Next:
        """What it owns cannot be told; once it is let go of, the sweep finds that."""
        meta = poc.metadata
        if meta.deletion_timestamp and meta.annotations.get(ORPHAN) == "true":
            written = await self.objects.remove_finalizer(key, meta) if FINALIZER in meta.finalizers else None
            return Next(0.0 if written is Written.CONFLICT else None)
        status = invalid_status(poc, self.now())
        if status is not None:
            await self.objects.write_raw_status(key, poc.metadata, status)
        return Next(None)

    # alive

    async def _living(self, key: Key, poc: ModelPOC, platform: ModelPlatform) -> Next:
        memory = self._memories.setdefault(key, _Memory(reconcile_at=_reconcile_at(poc)))
        self._ready_time.begins(key, poc)
        memory.asked = _reconcile_at(poc) != memory.reconcile_at
        memory.reconcile_at = _reconcile_at(poc)
        observing = poc.metadata.annotations.get(MODE) == MODE_OBSERVE
        account = self.accounts.of(platform)
        if platform.metadata.deletion_timestamp and FINALIZER not in poc.metadata.finalizers:
            return await self._telling.say(key, poc, platform_goes(poc))
        if account.places is None and not account.problem and poc.status.conditions:
            # The operator has just begun and not yet looked: what was said of it holds until then.
            return Next(self.settings.poll)
        if account.places is None:
            return await self._telling.say(key, poc, platform_not_ready(poc, account.problem))
        if not observing and FINALIZER not in poc.metadata.finalizers:
            if await self.objects.add_finalizer(key, poc.metadata) is not Written.DONE:
                return Next(0.0)
            poc = self._telling.current(key, poc)
        found = await self._act(key, poc, platform, account, account.places, observing, memory)
        return await self._telling.say(key, poc, found)

    async def _act(
        self,
        key: Key,
        poc: ModelPOC,
        platform: ModelPlatform,
        account: Account,
        places: Places,
        observing: bool,
        memory: _Memory,
    ) -> Finding:
        secrets, fleet = self.store.secrets_in(key.namespace), self.store.fleet(key)
        around = Around(places, account.engine.inventory, secrets, fleet)
        retry = memory.retry or (memory.asked and gave_up(poc.status))
        wish = asked(poc, platform, around, self.now(), retry=retry)
        if not retry and wish.graph is not None and changed_since(poc):
            retry = await self._engine.may_come_up(key, poc, platform, account, wish.graph)
            wish = asked(poc, platform, around, self.now(), retry=retry)
        found = finding(poc, platform, wish, observing=observing)
        if wish.graph is None:
            return found
        found = await self._engine.passed(key, poc, platform, account, wish.graph, found, afresh=memory.asked)
        if wish.place is None:
            return found
        memory.retry = retry and (found.outcome is None or untried(found.outcome))
        turn = self._rotation.turn(key)
        return await self._asking.probed(key, poc, platform, account.scope, found, turn)


def _reconcile_at(poc: ModelPOC) -> str | None:
    return poc.metadata.annotations.get(RECONCILE_AT)
