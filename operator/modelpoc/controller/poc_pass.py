"""One pass over one POC."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.meta import ADOPT, FINALIZER, MODE, MODE_OBSERVE, ORPHAN, RECONCILE_AT
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import DeletionPolicy, ModelPOC
from modelpoc.controller.accounts import Account, Accounts
from modelpoc.controller.asking import Asking, was_ready
from modelpoc.controller.findings import Answer, Finding, Goal
from modelpoc.controller.hindrances import no_platform, platform_full, platform_goes, platform_not_ready
from modelpoc.controller.keys import Key
from modelpoc.controller.kube import Written
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.motion import at_rest, gave_up
from modelpoc.controller.news import of_work
from modelpoc.controller.objects import Objects
from modelpoc.controller.pace import Next, next_look
from modelpoc.controller.poc_status import poc_status
from modelpoc.controller.probe import Prober
from modelpoc.controller.rotation import Rotation
from modelpoc.controller.running import untried
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store, Unreadable, platform_of
from modelpoc.controller.unreadable import invalid_status
from modelpoc.desired.allow import refusals
from modelpoc.desired.cost import cost_of
from modelpoc.desired.life import Life, Lifetime, lifetime
from modelpoc.desired.places import Place, Places, place
from modelpoc.desired.poc import named_of, poc_graph, suspended_graph
from modelpoc.desired.routes import urls_of
from modelpoc.desired.sagemaker import archive_of
from modelpoc.reconcile.act import Ages, Outcome
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.leave import leave
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Rules

log = logging.getLogger(__name__)


@dataclass
class _Memory:
    """What is worth remembering of a POC between passes; all of it can be lost."""

    reconcile_at: str | None = None
    asked: bool = False
    """Somebody asked for this pass: it looks afresh at everything."""
    retry: bool = False
    """Somebody asked for another try of what failed, and it was not yet begun."""
    began: float | None = None
    """When work on the present generation began."""
    generation: int = 0


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
        self.settings, self.metrics, self.now = settings, metrics, now
        self._memories: dict[Key, _Memory] = {}
        self._asking = Asking(prober, settings.probe_patience)
        self._rotation = Rotation(settings.deep_resync)

    async def run(self, key: Key) -> Next:
        poc = self.store.poc(key)
        if poc is None:
            self._memories.pop(key, None)
            self._asking.forget(key)
            self._rotation.forget(key)
            return Next(None)
        if isinstance(poc, Unreadable):
            return await self._unreadable(key, poc)
        platform = self.store.platform(platform_of(poc))
        if poc.metadata.deletion_timestamp:
            return await self._deleted(key, poc, platform)
        if not isinstance(platform, ModelPlatform):
            return await self._say(key, poc, no_platform(poc))
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
        self._begin(memory, poc)
        memory.asked = _reconcile_at(poc) != memory.reconcile_at
        memory.reconcile_at = _reconcile_at(poc)
        observing = poc.metadata.annotations.get(MODE) == MODE_OBSERVE
        account = self.accounts.of(platform)
        if platform.metadata.deletion_timestamp and FINALIZER not in poc.metadata.finalizers:
            return await self._say(key, poc, platform_goes(poc))
        if account.places is None and not account.problem and poc.status.conditions:
            # The operator has just begun and not yet looked: what was said of it holds until then.
            return Next(self.settings.poll)
        if account.places is None:
            return await self._say(key, poc, platform_not_ready(poc, account.problem))
        if not observing and FINALIZER not in poc.metadata.finalizers:
            if await self.objects.add_finalizer(key, poc.metadata) is not Written.DONE:
                return Next(0.0)
            poc = self._current(key, poc)
        lived = lifetime(poc, platform, self.now())
        found = await self._act(key, poc, platform, account, account.places, lived, observing, memory)
        return await self._say(key, poc, found)

    async def _act(
        self,
        key: Key,
        poc: ModelPOC,
        platform: ModelPlatform,
        account: Account,
        places: Places,
        lived: Lifetime,
        observing: bool,
        memory: _Memory,
    ) -> Finding:
        secrets = self.store.secrets_in(key.namespace)
        base = Finding(_goal(lived, observing), lived=lived, cost=cost_of(poc))
        if lived.life is not Life.ACTIVE:
            held = account.engine.inventory.owned(named_of(poc, platform).owner.mark)
            graph = suspended_graph(poc, platform, secrets, {o.name for o in held})
            return await self._passed(key, poc, platform, account, graph, base)
        refused = refusals(poc, platform, self.store.fleet(key), secrets)
        if refused:
            return replace(base, refusals=refused)
        where = self._place(poc, account, places)
        if where is None:
            return replace(base, refusals=(platform_full(platform),))
        retry = memory.retry or (memory.asked and gave_up(poc.status))
        failed = poc.status.failed_revision if poc.spec.ecs and not retry else None
        rejected = account.scope.arn("ecs", f"task-definition/{failed}") if failed else None
        graph = poc_graph(
            poc, platform, places, where, secrets, rejected=rejected, retry=retry, now=self.now()
        )
        base = replace(
            base,
            urls=urls_of(poc, platform, where.api),
            placement=where.recorded(),
            placeholder=poc.spec.ecs is not None and poc.spec.ecs.image == PLACEHOLDER,
            artifact=archive_of(poc, platform) or None,
        )
        found = await self._passed(key, poc, platform, account, graph, base)
        memory.retry = retry and (found.outcome is None or untried(found.outcome))
        turn = self._rotation.turn(key)
        return await self._asking.probed(key, poc, platform, account.scope, found, turn)

    async def _passed(
        self,
        key: Key,
        poc: ModelPOC,
        platform: ModelPlatform,
        account: Account,
        graph: Graph,
        found: Finding,
    ) -> Finding:
        mark = named_of(poc, platform).owner.mark
        rules = Rules(adopt=poc.metadata.annotations.get(ADOPT) == "true")
        try:
            await account.check()
            if found.goal is Goal.OBSERVE:
                await account.engine.observe(graph, mark, self._ages(key, poc))
                return replace(found, outcome=Outcome(account.engine.plan(graph, mark, rules)))
            outcome = await account.engine.run(graph, mark, rules, self._ages(key, poc))
        except CloudError as error:
            return replace(found, trouble=error)
        await self.objects.tell(key, poc.metadata, of_work(outcome))
        return replace(found, outcome=outcome)

    def _place(self, poc: ModelPOC, account: Account, places: Places) -> Place | None:
        inventory = account.engine.inventory

        def rules_on(listener: str) -> int:
            return sum(o.kind == "ListenerRule" for o in inventory.pointing_at(listener))

        def routes_on(api: str) -> int:
            return sum(o.name.startswith(f"{api}/") for o in inventory.of_kind("Route"))

        return place(poc.status.placement, places, rules_on, routes_on, balanced=poc.spec.ecs is not None)

    def _ages(self, key: Key, poc: ModelPOC) -> Ages:
        """What costs a call each is looked at in turn; and, after a restart, while work is under way: whoever
        began it may have gone down before all of it was written."""
        settings = self.settings
        due = self._rotation.due(key) or not at_rest(poc.status, poc.metadata.generation)
        deep = settings.deep_resync / 2 if due else float("inf")
        memory = self._memories.get(key)
        listing = 0.0 if memory and memory.asked else settings.fast_resync * 0.9
        return Ages(listing=listing, settling=settings.poll * 0.5, deep=deep)

    # going

    async def _deleted(self, key: Key, poc: ModelPOC, platform: object) -> Next:
        if FINALIZER not in poc.metadata.finalizers:
            return Next(None)
        orphan = poc.metadata.annotations.get(ORPHAN) == "true"
        if not isinstance(platform, ModelPlatform):
            if orphan:
                return await self._released(key, poc)
            return await self._say(key, poc, no_platform(poc, Goal.DELETE))
        account = self.accounts.of(platform)
        mark = named_of(poc, platform).owner.mark
        if poc.spec.deletion_policy is DeletionPolicy.RETAIN:
            return await self._left(key, poc, account, mark)
        observing = poc.metadata.annotations.get(MODE) == MODE_OBSERVE
        goal = Goal.OBSERVE if observing and not orphan else Goal.DELETE
        found = await self._passed(key, poc, platform, account, Graph(), Finding(goal))
        if found.trouble is None and found.outcome and found.outcome.settled and not _held(account, mark):
            return await self._released(key, poc)
        if orphan and _stuck(found):
            return await self._left(key, poc, account, mark)
        return await self._say(key, poc, found)

    async def _left(self, key: Key, poc: ModelPOC, account: Account, mark: Mark) -> Next:
        """Everything stays in AWS and is no one's from now on."""
        orphan = poc.metadata.annotations.get(ORPHAN) == "true"
        try:
            await account.check()
            await leave(account.engine, mark)
        except CloudError as error:
            if not orphan:
                return await self._say(key, poc, Finding(Goal.DELETE, trouble=error))
            log.warning("left %s without taking our tags off everything: %s", key, error)
        return await self._released(key, poc)

    async def _released(self, key: Key, poc: ModelPOC) -> Next:
        written = await self.objects.remove_finalizer(key, self._current(key, poc).metadata)
        return Next(0.0 if written is Written.CONFLICT else None)

    # status

    async def _say(self, key: Key, poc: ModelPOC, found: Finding) -> Next:
        current = self._current(key, poc)
        new = poc_status(current, found, self.now())
        written = await self.objects.write_status(key, current, new)
        if written is Written.CONFLICT:
            return Next(0.0)
        self._ready_metric(key, found)
        return next_look(found, self.settings, self.now(), self._rotation.seconds(key))

    def _begin(self, memory: _Memory, poc: ModelPOC) -> None:
        if memory.generation != poc.metadata.generation:
            memory.generation = poc.metadata.generation
            memory.began = None if was_ready(poc) else time.monotonic()

    def _ready_metric(self, key: Key, found: Finding) -> None:
        memory = self._memories.get(key)
        if memory and memory.began and found.probed.answer is Answer.GOOD:
            self.metrics.time_to_ready.observe(time.monotonic() - memory.began)
            memory.began = None

    def _current(self, key: Key, poc: ModelPOC) -> ModelPOC:
        """The newest version of the same object: our own writes move it."""
        newest = self.store.poc(key)
        same = isinstance(newest, ModelPOC) and newest.metadata.generation == poc.metadata.generation
        return newest if same and isinstance(newest, ModelPOC) else poc


def _goal(lived: Lifetime, observing: bool) -> Goal:
    if observing:
        return Goal.OBSERVE
    return {Life.ACTIVE: Goal.RUN, Life.SUSPENDED: Goal.SUSPEND, Life.EXPIRED: Goal.EXPIRE}[lived.life]


def _reconcile_at(poc: ModelPOC) -> str | None:
    return poc.metadata.annotations.get(RECONCILE_AT)


def _stuck(found: Finding) -> bool:
    """Whether taking it apart gets no further by itself: nothing was done and AWS is at work on nothing."""
    outcome = found.outcome
    return outcome is None or not (outcome.done or any(step.moving for step in outcome.plan.steps))


def _held(account: Account, mark: Mark) -> bool:
    return bool(account.engine.inventory.owned(mark))
