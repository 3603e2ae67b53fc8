"""What most kinds of resource have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.resource import UNKNOWN, Change, Observed, Resource, Scope, State

R = TypeVar("R", bound=Resource)
S = TypeVar("S", bound=Scope, contravariant=True)

NOT_COMPARED = frozenset({"name", "needs", "given", "switch_after"})


class BaseKind(Generic[R, S]):
    """Defaults for a `Kind`: field-by-field comparison, no claims, no content in the name.

    A subclass says what is `create_only` (a difference there cannot be mended in place and is told as a
    stall) and overrides `same` where equality needs a rule of its own.
    """

    kind: str
    fast: frozenset[str] = frozenset()
    deep: frozenset[str] = frozenset()
    create_only: frozenset[str] = frozenset()
    gone_first: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    volatile: Mapping[str, frozenset[str]] = MappingProxyType({})
    hidden: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    answers: bool = False
    meddles: bool = False

    def reason(self, claim: str | None) -> str:
        return "OwnedByOther"

    def identify(self, want: R) -> str:
        return want.name

    def claims(self, want: R) -> frozenset[str]:
        return frozenset()

    def same(self, field: str, want: Any, have: Any) -> bool:
        return bool(want == have)

    def state_for(self, want: R, have: Observed) -> State:
        return have.state

    def led_to(self, have: Observed) -> str:
        return ""

    def replaces(self, want: R, have: Observed) -> bool:
        return False

    def diff(self, want: R, have: Observed) -> tuple[Change, ...]:
        return tuple(self._differing(want, have))

    def _differing(self, want: R, have: Observed) -> Iterable[Change]:
        for f in dataclasses.fields(want):
            value = getattr(want, f.name)
            if f.name in NOT_COMPARED or f.name not in have.fields or value is None:
                continue
            if value is UNKNOWN or not self.same(f.name, value, have.fields[f.name]):
                yield Change(f.name, have.fields[f.name], value)

    async def list_all(self, scope: S) -> Iterable[Observed] | None:
        return None

    async def read(self, scope: S, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        raise NotImplementedError

    async def create(self, scope: S, want: R) -> Observed:
        raise Stall("InvalidSpec", f"{want} does not exist and is not ours to create")

    async def update(self, scope: S, want: R, have: Observed, changes: tuple[Change, ...]) -> Observed:
        raise Stall("InvalidSpec", f"{want} is not ours to change")

    async def delete(self, scope: S, have: Observed) -> Observed | None:
        raise Stall("InvalidSpec", f"{have} is not ours to delete")

    async def disown(self, scope: S, have: Observed) -> None:
        raise Stall("InvalidSpec", f"{have} is not ours")

    async def content(self, scope: S, have: Observed) -> Mapping[str, Any]:
        return {}

    async def explain(self, scope: S, have: Observed) -> str:
        return ""
