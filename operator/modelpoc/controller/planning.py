"""Plans for people: what the operator would do about a POC, with nothing written anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import DeletionPolicy, ModelPOC
from modelpoc.controller.accounts import Account, Accounts
from modelpoc.controller.asked import Around, asked
from modelpoc.controller.hindrances import no_platform, platform_goes, platform_not_ready
from modelpoc.controller.keys import Key
from modelpoc.controller.motion import changed_since
from modelpoc.controller.poc_engine import rules_of
from modelpoc.controller.running import bears_on_rollout
from modelpoc.controller.store import Store, Unreadable
from modelpoc.desired.allow import Refusal
from modelpoc.desired.life import Life, Lifetime
from modelpoc.desired.names import platform_named
from modelpoc.desired.places import Places
from modelpoc.desired.platform import places_of, platform_graph
from modelpoc.desired.poc import named_of
from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.foresee import foresee
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.plan import Plan
from modelpoc.reconcile.resource import Observed

CLOSELY = Ages(listing=300.0, settling=0.0, deep=0.0)
"""Everything, also what costs a call for each: this is looked at once."""


@dataclass(frozen=True)
class Foreseen:
    """What would be done about one POC, or what speaks against it."""

    plan: Plan = field(default_factory=Plan)
    refused: tuple[Refusal, ...] = ()
    lived: Lifetime | None = None

    @property
    def active(self) -> bool:
        return self.lived is not None and self.lived.life is Life.ACTIVE


class Planning:
    """Plans as the operator's passes do, from the objects in `store` and AWS as it is now.

    What one POC would take is taken for those that are planned after it.
    """

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store, self._accounts = store, accounts
        self._places: dict[str, Places | None] = {}

    async def foreseen(self, key: Key, now: datetime) -> Foreseen:
        """Of the POC in the store. Raises CloudError when AWS cannot be asked, ValueError when the POC or its
        platform cannot be read."""
        poc = self._poc(key)
        platform = self._store.platform(poc.spec.platform_ref.name)
        if platform is None:
            return Foreseen(refused=no_platform(poc).refusals)
        if isinstance(platform, Unreadable):
            raise ValueError(f"platform {platform.metadata.name} cannot be read: {platform.error}")
        account = self._accounts.of(platform)
        await account.check()
        places = await self._shared(platform, account)
        if poc.metadata.deletion_timestamp:
            return Foreseen(await self._torn_down(poc, platform, account))
        if platform.metadata.deletion_timestamp and not poc.metadata.finalizers:
            return Foreseen(refused=platform_goes(poc).refusals)
        if places is None:
            problem = "" if platform.status.reason == "Ready" else str(platform.status.reason or "")
            return Foreseen(refused=platform_not_ready(poc, problem).refusals)
        return await self._living(key, poc, platform, account, places, now)

    async def _living(
        self,
        key: Key,
        poc: ModelPOC,
        platform: ModelPlatform,
        account: Account,
        places: Places,
        now: datetime,
    ) -> Foreseen:
        secrets, fleet = self._store.secrets_in(key.namespace), self._store.fleet(key)
        around = Around(places, account.engine.inventory, secrets, fleet)
        wish = asked(poc, platform, around, now)
        if wish.graph is None:
            return Foreseen(refused=wish.refused, lived=wish.lived)
        found = await self._planned(poc, platform, account, wish.graph)
        again = asked(poc, platform, around, now, retry=True).graph if changed_since(poc) else None
        if again is not None and bears_on_rollout(found):
            found = await self._planned(poc, platform, account, again)
        return Foreseen(found, lived=wish.lived)

    async def _torn_down(self, poc: ModelPOC, platform: ModelPlatform, account: Account) -> Plan:
        if poc.spec.deletion_policy is DeletionPolicy.RETAIN:
            return Plan()
        return await self._planned(poc, platform, account, Graph())

    async def _planned(self, poc: ModelPOC, platform: ModelPlatform, account: Account, graph: Graph) -> Plan:
        mark, engine = named_of(poc, platform).owner.mark, account.engine
        await engine.observe(graph, mark, CLOSELY)
        found = await foresee(engine, graph, mark, rules_of(poc))
        engine.inventory.reserve({c for s in found.writes for c in s.claims}, mark)
        return found

    async def _shared(self, platform: ModelPlatform, account: Account) -> Places | None:
        """The platform's shared parts; None when they are not all there."""
        name = platform.metadata.name
        if name not in self._places:
            graph = platform_graph(platform)
            mark = platform_named(platform.metadata, platform.owner_id, {}).owner.mark
            await account.engine.observe(graph, mark, CLOSELY)
            steps = account.engine.plan(graph, mark).steps
            have = {(s.kind, s.name): s.have for s in steps if s.want}
            self._places[name] = places_of(platform, lambda kind, name: _of(have, kind, name))
        return self._places[name]

    def _poc(self, key: Key) -> ModelPOC:
        poc = self._store.poc(key)
        if isinstance(poc, Unreadable):
            raise ValueError(f"POC {key} cannot be read: {poc.error}")
        assert poc is not None, "the caller puts it there"
        return poc


def _of(have: dict[tuple[str, str], Observed | None], kind: str, name: str) -> Observed | None:
    return have.get((kind, name))
