"""One pass over one owner: observe, plan, act on what can be acted on now, say how it stands."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.observe import Observer
from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Kinds, Plan, Rules, Step, Verb, plan
from modelpoc.reconcile.resource import Observed, Phase, State
from modelpoc.reconcile.steps import Key
from modelpoc.reconcile.work import OnStep, Work

__all__ = ["Ages", "Engine", "Outcome"]

log = logging.getLogger(__name__)

_UNSETTLED = frozenset({Phase.SETTLING, Phase.GOING, Phase.BROKEN})
_EXPLANATIONS = 1000
"""How many are kept."""


@dataclass(frozen=True)
class Ages:
    """How old, in seconds, what a pass looks at may be."""

    listing: float = 300.0
    settling: float = 1.0
    """Of what AWS is at work on, what is broken, and what is missing."""
    deep: float = float("inf")
    """Infinite: deep fields are not looked at in this pass; the controller rotates them."""


class Engine:
    """Runs passes over one account and region; for one owner, one at a time."""

    def __init__(
        self,
        kinds: Kinds,
        scope: Any,
        inventory: Inventory,
        observer: Observer | None = None,
        *,
        linger: float = 0.0,
    ) -> None:
        self.kinds, self.scope, self.inventory, self.linger = kinds, scope, inventory, linger
        self.observer = observer or Observer(inventory, kinds, scope)
        self.around = Graph()
        """What is shared. Given things in it are known before any pass, whatever the pass asks for: they
        tell where to look, also for what an owner no longer asks for."""
        self._explained: dict[tuple[str, State, str], str] = {}

    async def observe(self, graph: Graph, mark: Mark, ages: Ages) -> None:
        """Everything listed within `ages.listing`; read by name: what is given, in doubt, or under way."""
        await self.observer.list_kinds(ages.listing)
        if stale := {*self._around(ages), *self._stale(self.plan(graph, mark), mark, ages)}:
            await self.observer.read(stale)
            # What was read may be a place to look in.
            await self.observer.list_kinds(ages.listing)
        if deep := self._stale_deep(self.plan(graph, mark), ages):
            await self.observer.read(deep, deep=True)

    def plan(self, graph: Graph, mark: Mark, rules: Rules | None = None) -> Plan:
        return plan(graph, self.inventory, self.kinds, mark, rules)

    async def run(
        self,
        graph: Graph,
        mark: Mark,
        rules: Rules | None = None,
        ages: Ages | None = None,
        on_step: OnStep = lambda *_: None,
    ) -> Outcome:
        """One pass. Raises `CloudError` only when the cloud cannot be read at all."""
        await self.observe(graph, mark, ages or Ages())

        def replan() -> Plan:
            return self.plan(graph, mark, replace(rules or Rules(), linger=self.linger))

        work = Work(self.kinds, self.scope, self.inventory, self.observer, mark, replan, on_step)
        await work.run()
        final = replan()
        return Outcome(final, tuple(work.done), work.errors, await self._explanations(final))

    async def explain(self, step: Step, have: Observed) -> str:
        """Why it is broken, asked once for each time it breaks, and again as long as there is no answer."""
        key = (have.id, have.state, step.message)
        if key in self._explained:
            return self._explained[key]
        words = await self.kinds[have.kind].explain(self.scope, have)
        if words:
            self._explained[key] = words
        if len(self._explained) > _EXPLANATIONS:
            del self._explained[next(iter(self._explained))]
        return words

    def _stale(self, found: Plan, mark: Mark, ages: Ages) -> list[Key]:
        own = [s.key for s in found.steps if self._is_stale(s, mark, ages)]
        moving = {s.kind for s in found.steps if s.key in own and s.have and s.have.state.phase in _UNSETTLED}
        # Of what others wait for too, everything at once: AWS describes many at the price of one.
        shared = (o.key for kind in sorted(moving) for o in self.inventory.moving(kind))
        due = (key for key in shared if self.inventory.age(*key) > ages.settling)
        again = (*self.inventory.doubts(mark), *self.inventory.contested(mark))
        return list(dict.fromkeys((*own, *due, *(k for k in again if k[0] in self.kinds))))

    def _around(self, ages: Ages) -> list[Key]:
        given = [r.key for r in self.around if r.given]
        return [k for k in given if self.inventory.age(*k) > self._age_of_given(self.inventory.get(*k), ages)]

    def _age_of_given(self, have: Observed | None, ages: Ages) -> float:
        return ages.listing if have and have.state.phase is Phase.SETTLED else ages.settling

    def _is_stale(self, step: Step, mark: Mark, ages: Ages) -> bool:
        age, have = self.inventory.age(*step.key), step.have
        if step.want is not None and step.want.given:
            return age > self._age_of_given(have, ages)
        if have is None:
            return self.inventory.doubted(*step.key)
        return have.owner == mark and have.state.phase in _UNSETTLED and age > ages.settling

    def _stale_deep(self, found: Plan, ages: Ages) -> list[Key]:
        """Those due by age or in doubt; and, when something is still to be done, those never looked at:
        whoever began it may have gone down between two writes to one thing."""
        begun = any(s.verb is not Verb.KEEP for s in found.steps)
        deep = [s for s in found.steps if self._has_deep(s)]
        return [s.key for s in deep if self._is_due(s, ages) or (begun and self._unread(s))]

    def _is_due(self, step: Step, ages: Ages) -> bool:
        old = self.inventory.deep_age(*step.key) > ages.deep
        return old or self.inventory.deep_doubted(*step.key)

    def _unread(self, step: Step) -> bool:
        return step.have is not None and not self.kinds[step.kind].deep <= step.have.fields.keys()

    def _has_deep(self, step: Step) -> bool:
        return bool(step.want and step.have and not step.want.given and self.kinds[step.kind].deep)

    async def _explanations(self, final: Plan) -> dict[Key, str]:
        return {s.key: await self._why(s, s.have) for s in final.of(Verb.BROKEN) if s.have}

    async def _why(self, step: Step, have: Observed) -> str:
        try:
            return await self.explain(step, have)
        except CloudError as error:
            log.info("no explanation for %s: %s", have, error)
            return ""
