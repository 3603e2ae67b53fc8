"""One pass over a POC that is being deleted."""

from __future__ import annotations

import logging

from modelpoc.api.meta import FINALIZER, MODE, MODE_OBSERVE, ORPHAN
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import DeletionPolicy, ModelPOC
from modelpoc.controller.accounts import Account, Accounts
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.hindrances import no_platform
from modelpoc.controller.keys import Key
from modelpoc.controller.pace import Next
from modelpoc.controller.poc_engine import PocEngine
from modelpoc.controller.poc_telling import PocTelling
from modelpoc.desired.poc import named_of
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.leave import leave
from modelpoc.reconcile.owner import Mark

log = logging.getLogger(__name__)


class PocGoing:
    """Takes all of it apart, or leaves it where it is, and then lets the object go."""

    def __init__(self, accounts: Accounts, engine: PocEngine, telling: PocTelling) -> None:
        self._accounts, self._engine, self._telling = accounts, engine, telling

    async def run(self, key: Key, poc: ModelPOC, platform: object) -> Next:
        if FINALIZER not in poc.metadata.finalizers:
            return Next(None)
        orphan = _is_orphan(poc)
        if not isinstance(platform, ModelPlatform):
            if orphan:
                return await self._telling.release(key, poc)
            return await self._telling.say(key, poc, no_platform(poc, Goal.DELETE))
        account = self._accounts.of(platform)
        mark = named_of(poc, platform).owner.mark
        if poc.spec.deletion_policy is DeletionPolicy.RETAIN:
            return await self._left(key, poc, account, mark)
        observing = poc.metadata.annotations.get(MODE) == MODE_OBSERVE
        goal = Goal.OBSERVE if observing and not orphan else Goal.DELETE
        found = await self._engine.passed(key, poc, platform, account, Graph(), Finding(goal))
        if found.trouble is None and found.outcome and found.outcome.settled and not _held(account, mark):
            return await self._telling.release(key, poc)
        if orphan and _stuck(found):
            return await self._left(key, poc, account, mark)
        return await self._telling.say(key, poc, found)

    async def _left(self, key: Key, poc: ModelPOC, account: Account, mark: Mark) -> Next:
        """Everything stays in AWS and is no one's from now on."""
        try:
            await account.check()
            await leave(account.engine, mark)
        except CloudError as error:
            if not _is_orphan(poc):
                return await self._telling.say(key, poc, Finding(Goal.DELETE, trouble=error))
            log.warning("left %s without taking our tags off everything: %s", key, error)
        return await self._telling.release(key, poc)


def _is_orphan(poc: ModelPOC) -> bool:
    return poc.metadata.annotations.get(ORPHAN) == "true"


def _stuck(found: Finding) -> bool:
    """Whether taking it apart gets no further by itself: nothing was done and AWS is at work on nothing."""
    outcome = found.outcome
    return outcome is None or not (outcome.done or any(step.moving for step in outcome.plan.steps))


def _held(account: Account, mark: Mark) -> bool:
    return bool(account.engine.inventory.owned(mark))
