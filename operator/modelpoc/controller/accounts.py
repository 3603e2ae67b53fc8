"""One engine for each platform: its AWS account and region, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.aws.credentials import Session, session_for
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.session import AwsScope, Guard, OnCall
from modelpoc.desired.places import Places
from modelpoc.desired.platform import platform_graph
from modelpoc.reconcile.act import Engine
from modelpoc.reconcile.inventory import Inventory


@dataclass
class Account:
    """A platform's account, as long as its spec names the same one."""

    engine: Engine
    scope: AwsScope
    checked: bool = False
    """Whether our credentials were seen to belong to it."""
    places: Places | None = None
    """The shared parts, once they are all there."""
    problem: str = ""
    """Why they are not, in words."""
    identity: tuple[str, str, str | None] = field(default=("", "", None))

    async def check(self) -> None:
        """Once: raises Stall("WrongAccount") when our credentials belong to another account."""
        if not self.checked:
            await self.scope.check_account()
            self.checked = True


SessionOf = Callable[[ModelPlatform], Session]
"""Whose credentials the calls on behalf of a platform carry."""


def _operators_own(platform: ModelPlatform) -> Session:
    return session_for(platform.spec.region, platform.spec.assume_role_arn)


class Accounts:
    """Engines by platform name, made when first needed."""

    def __init__(
        self,
        threads: ThreadPoolExecutor,
        on_call: OnCall,
        doubt: float,
        linger: float,
        session: SessionOf = _operators_own,
        may_write: Guard = lambda: True,
    ) -> None:
        self._may_write = may_write
        self._threads, self._on_call, self._doubt, self._linger = threads, on_call, doubt, linger
        self._session = session
        self._accounts: dict[str, Account] = {}
        self._make: Callable[[ModelPlatform], AwsScope] = self._scope

    def of(self, platform: ModelPlatform) -> Account:
        spec, name = platform.spec, platform.metadata.name
        identity = (spec.account_id, spec.region, spec.assume_role_arn)
        known = self._accounts.get(name)
        if known is None or known.identity != identity:
            scope = self._make(platform)
            engine = Engine(KINDS, scope, scope.inventory, linger=self._linger)
            known = self._accounts[name] = Account(engine, scope, identity=identity)
        known.engine.around = platform_graph(platform)
        return known

    def get(self, name: str) -> Account | None:
        return self._accounts.get(name)

    def all(self) -> dict[str, Account]:
        return dict(self._accounts)

    def drop(self, name: str) -> None:
        self._accounts.pop(name, None)

    def _scope(self, platform: ModelPlatform) -> AwsScope:
        spec = platform.spec
        return AwsScope(
            spec.account_id,
            spec.region,
            inventory=Inventory(doubt_seconds=self._doubt),
            session=self._session(platform),
            threads=self._threads,
            on_call=self._on_call,
            may_write=self._may_write,
        )
