"""A POC's graph through its account's engine, as often and as closely as it is due."""

from __future__ import annotations

from dataclasses import replace

from modelpoc.api.meta import ADOPT
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.accounts import Account
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.keys import Key
from modelpoc.controller.motion import at_rest
from modelpoc.controller.news import of_work
from modelpoc.controller.objects import Objects
from modelpoc.controller.rotation import Rotation
from modelpoc.controller.running import bears_on_rollout
from modelpoc.controller.settings import Settings
from modelpoc.desired.poc import named_of
from modelpoc.reconcile.act import Ages, Outcome
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.foresee import foresee
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.plan import Rules


class PocEngine:
    """Observes, plans and acts; while observing only, plans."""

    def __init__(self, objects: Objects, settings: Settings, rotation: Rotation) -> None:
        self._objects, self._settings, self._rotation = objects, settings, rotation

    async def passed(
        self,
        key: Key,
        poc: ModelPOC,
        platform: ModelPlatform,
        account: Account,
        graph: Graph,
        found: Finding,
        *,
        afresh: bool = False,
    ) -> Finding:
        """`found` with the pass's outcome, or with what kept it from being made. `afresh`: lists anew."""
        mark = named_of(poc, platform).owner.mark
        rules, ages = rules_of(poc), self._ages(key, poc, afresh)
        try:
            await account.check()
            if found.goal is Goal.OBSERVE:
                await account.engine.observe(graph, mark, ages)
                foreseen = await foresee(account.engine, graph, mark, rules)
                return replace(
                    found, foreseen=foreseen, outcome=Outcome(account.engine.plan(graph, mark, rules))
                )
            outcome = await account.engine.run(graph, mark, rules, ages)
        except CloudError as error:
            return replace(found, trouble=error)
        await self._objects.tell(key, poc.metadata, of_work(outcome))
        return replace(found, outcome=outcome)

    async def may_come_up(
        self, key: Key, poc: ModelPOC, platform: ModelPlatform, account: Account, graph: Graph
    ) -> bool:
        """Whether what AWS gave up on may come up now, as far as can be told: see `bears_on_rollout`."""
        mark = named_of(poc, platform).owner.mark
        try:
            await account.check()
            await account.engine.observe(graph, mark, self._ages(key, poc, afresh=False))
        except CloudError:  # the pass itself will meet it, and tell
            return False
        return bears_on_rollout(account.engine.plan(graph, mark, rules_of(poc)))

    def _ages(self, key: Key, poc: ModelPOC, afresh: bool) -> Ages:
        """What costs a call each is looked at in turn; and, after a restart, while work is under way: whoever
        began it may have gone down before all of it was written."""
        settings = self._settings
        due = self._rotation.due(key) or not at_rest(poc.status, poc.metadata.generation)
        deep = settings.deep_resync / 2 if due else float("inf")
        listing = 0.0 if afresh else settings.fast_resync * 0.9
        return Ages(listing=listing, settling=settings.poll * 0.5, deep=deep)


def rules_of(poc: ModelPOC) -> Rules:
    """What a POC's annotations allow beyond its graph."""
    return Rules(adopt=poc.metadata.annotations.get(ADOPT) == "true")
