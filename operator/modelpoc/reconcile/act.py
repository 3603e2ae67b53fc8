"""One pass over one owner: observe, plan, act on what can be acted on now, say how it stands."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelpoc.reconcile.errors import AlreadyThere, AnswerLost, CloudError, Gone, Retry, Taken
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.observe import Observer
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Kinds, Plan, Rules, Step, Verb, plan
from modelpoc.reconcile.resource import Observed, Phase, State

log = logging.getLogger(__name__)

_TRIES = 3
"""How often one thing may be tried within one pass, where each try follows upon new knowledge."""

StepKey = tuple[str, str]


@dataclass(frozen=True)
class Ages:
    """How old, in seconds, what a pass looks at may be."""

    listing: float = 300.0
    settling: float = 1.0
    deep: float = float("inf")
    """Infinite: deep fields are not looked at in this pass; the controller rotates them."""


@dataclass(frozen=True)
class Outcome:
    """How things stand after a pass."""

    plan: Plan
    done: tuple[Step, ...] = ()
    """Writes that were carried out, in order."""
    errors: Mapping[StepKey, CloudError] = field(default_factory=dict)
    explained: Mapping[StepKey, str] = field(default_factory=dict)
    """For what is broken: why, in words."""

    @property
    def settled(self) -> bool:
        return self.plan.settled and not self.errors

    @property
    def in_progress(self) -> bool:
        """AWS is at work, or a next pass can do more."""
        return bool(self.plan.of(Verb.WAIT)) or bool(self.plan.ready)


class Engine:
    """Runs passes over one account and region."""

    def __init__(self, kinds: Kinds, scope: Any, inventory: Inventory) -> None:
        self.kinds, self.scope, self.inventory = kinds, scope, inventory
        self.observer = Observer(inventory, kinds, scope)
        self._explained: dict[tuple[str, State], str] = {}

    async def observe(self, graph: Graph, mark: Mark, ages: Ages) -> None:
        """Everything listed within `ages.listing`; read by name: what is given, in doubt, or under way."""
        await self.observer.list_kinds(ages.listing)
        stale = self._stale(graph, mark, ages)
        if stale:
            await self.observer.read(stale)
        deep = self._stale_deep(graph, ages)
        if deep:
            await self.observer.read(deep, deep=True)

    def plan(self, graph: Graph, mark: Mark, rules: Rules | None = None) -> Plan:
        return plan(graph, self.inventory, self.kinds, mark, rules)

    async def run(
        self,
        graph: Graph,
        mark: Mark,
        rules: Rules | None = None,
        ages: Ages | None = None,
        on_step: Callable[[Step, CloudError | None], None] = lambda *_: None,
    ) -> Outcome:
        """One pass. Raises `CloudError` only when the cloud cannot be read at all."""
        await self.observe(graph, mark, ages or Ages())
        return await _Act(self, graph, mark, rules, on_step).run()

    async def explain(self, have: Observed) -> str:
        """Why it is broken, asked once for each time it breaks."""
        key = (have.id, have.state)
        if key not in self._explained:
            self._explained[key] = await self.kinds[have.kind].explain(self.scope, have)
        return self._explained[key]

    def _stale(self, graph: Graph, mark: Mark, ages: Ages) -> list[StepKey]:
        inventory = self.inventory
        given = [r.key for r in graph if r.given and inventory.age(*r.key) > ages.listing]
        ours = [o for o in inventory.owned(mark) if o.kind in self.kinds]
        moving = [o for o in ours if o.state.phase in (Phase.SETTLING, Phase.GOING, Phase.BROKEN)]
        due = [o.key for o in moving if inventory.age(*o.key) > ages.settling]
        doubted = [k for k in inventory.doubts() if k[0] in self.kinds]
        return list(dict.fromkeys((*given, *due, *doubted)))

    def _stale_deep(self, graph: Graph, ages: Ages) -> list[StepKey]:
        steps = (r.key for r in graph if not r.given and self.kinds[r.kind].deep)
        there = (k for k in steps if self.inventory.get(*k))
        return [k for k in there if self.inventory.deep_age(*k) > ages.deep]


class _Act:
    """Plans again after each answer and starts whatever has become possible."""

    def __init__(
        self,
        engine: Engine,
        graph: Graph,
        mark: Mark,
        rules: Rules | None,
        on_step: Callable[[Step, CloudError | None], None],
    ) -> None:
        self.engine, self.graph, self.mark, self.rules = engine, graph, mark, rules
        self.on_step = on_step
        self.inventory = engine.inventory
        self.tries: Counter[tuple[Verb, StepKey]] = Counter()
        self.done: list[Step] = []
        self.errors: dict[StepKey, CloudError] = {}
        self.running: dict[asyncio.Task[None], Step] = {}

    async def run(self) -> Outcome:
        try:
            self.start_ready()
            while self.running:
                await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)
                self.collect()
                self.start_ready()
        finally:
            for task in self.running:
                task.cancel()
        final = self.plan()
        return Outcome(final, tuple(self.done), dict(self.errors), await self.explain(final))

    def plan(self) -> Plan:
        return self.engine.plan(self.graph, self.mark, self.rules)

    def start_ready(self) -> None:
        busy = {s.key for s in self.running.values()}
        for step in self.plan().ready:
            if step.key in busy or step.key in self.errors or self.tries[(step.verb, step.key)] >= _TRIES:
                continue
            self.tries[(step.verb, step.key)] += 1
            claims = self.claims(step)
            self.inventory.reserve(claims, self.mark)
            self.running[asyncio.create_task(self.carry_out(step, claims))] = step

    def collect(self) -> None:
        for task in [t for t in self.running if t.done()]:
            self.running.pop(task)
            task.result()

    def claims(self, step: Step) -> frozenset[str]:
        return self.engine.kinds[step.kind].claims(step.want) if step.want else frozenset()

    async def carry_out(self, step: Step, claims: frozenset[str]) -> None:
        error: CloudError | None = None
        try:
            await self.write(step)
            self.done.append(step)
        except CloudError as raised:
            error = await self.learn(step, raised)
        finally:
            self.inventory.release(claims)
        if error:
            self.errors[step.key] = error
        self.on_step(step, error)

    async def write(self, step: Step) -> None:
        kind, scope = self.engine.kinds[step.kind], self.engine.scope
        if step.verb is Verb.CREATE:
            self.inventory.wrote(await kind.create(scope, step.want))
        elif step.verb is Verb.UPDATE and step.have:
            self.inventory.wrote(await kind.update(scope, step.want, step.have, step.changes))
        elif step.have:
            self.deleted(step.have, await kind.delete(scope, step.have))

    def deleted(self, have: Observed, remains: Observed | None) -> None:
        if remains is None:
            self.inventory.deleted(*have.key)
        else:
            self.inventory.wrote(remains)

    async def learn(self, step: Step, error: CloudError) -> CloudError | None:
        """What a refusal teaches. None when the plan can go on from what is known now."""
        match error:
            case Gone() if step.have:
                self.inventory.deleted(*step.have.key)
                return None
            case AlreadyThere():
                return await self.look_again(step, error)
            case Taken():
                return await self.list_again(step, error)
            case AnswerLost():
                self.inventory.doubt(step.kind, step.name)
                return error
            case _:
                return error

    async def look_again(self, step: Step, error: CloudError) -> CloudError | None:
        before = self.inventory.get(step.kind, step.name)
        self.inventory.doubt(step.kind, step.name)
        try:
            await self.engine.observer.read([step.key])
        except CloudError as unread:
            return unread
        return None if self.inventory.get(step.kind, step.name) != before else Retry(str(error))

    async def list_again(self, step: Step, error: CloudError) -> CloudError | None:
        try:
            await self.engine.observer.list_kinds(0.0, [step.kind])
        except CloudError as unread:
            return unread
        return None if self.tries[(step.verb, step.key)] < _TRIES else Retry(str(error))

    async def explain(self, final: Plan) -> dict[StepKey, str]:
        found = {}
        for step in final.of(Verb.BROKEN):
            if step.have:
                found[step.key] = await self.why(step.have)
        return found

    async def why(self, have: Observed) -> str:
        try:
            return await self.engine.explain(have)
        except CloudError as error:
            log.info("no explanation for %s: %s", have, error)
            return ""
