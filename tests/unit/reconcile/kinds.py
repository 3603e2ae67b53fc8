"""A handful of kinds for the cloud in memory, one for each way that things behave.

Ground   mutable, with a deep field; in use as long as others point at it
Note     its version changes with each update
Seal     given: only read by name
Site     given: where signs stand, and so where to look for them
Sign     holds a path for itself, and a number that its maker chooses; names are not unique
Sheet    immutable: its name carries its content; names are not unique
Machine  takes time to start and to go; goes back to its last sheet when a bad one breaks it
Door     the cloud itself allows one for each key; leads traffic to a machine
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, ClassVar

from tests.unit.reconcile.cloud import GO, SETTLE, Session, Thing, lowest_free, refuse_taken

from modelpoc.reconcile.errors import NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark, short_hash
from modelpoc.reconcile.resource import Change, Observed, Phase, Ref, Resource, State

BAD = "bad"
"""A content that breaks whatever runs it."""


@dataclass(frozen=True, kw_only=True)
class Owned(Resource):
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Ground(Owned):
    kind: ClassVar[str] = "Ground"
    size: int = 1
    colour: str = "green"


@dataclass(frozen=True, kw_only=True)
class Note(Owned):
    kind: ClassVar[str] = "Note"
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Seal(Resource):
    kind: ClassVar[str] = "Seal"


@dataclass(frozen=True, kw_only=True)
class Site(Resource):
    kind: ClassVar[str] = "Site"


@dataclass(frozen=True, kw_only=True)
class Sign(Owned):
    kind: ClassVar[str] = "Sign"
    site: str | Ref
    path: str
    ground: str | Ref
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sheet(Owned):
    kind: ClassVar[str] = "Sheet"
    content: str
    versions: Mapping[str, str | Ref]


@dataclass(frozen=True, kw_only=True)
class Machine(Owned):
    kind: ClassVar[str] = "Machine"
    sheet: str | Ref
    ground: str | Ref
    power: int = 1


@dataclass(frozen=True, kw_only=True)
class Door(Owned):
    kind: ClassVar[str] = "Door"
    site: str | Ref
    width: int = 1
    to: str | Ref | None = None


class ThingKind(BaseKind[Any, Session]):
    """Calls that are the same for all of them."""

    points_at: frozenset[str] = frozenset()
    """Fields that hold ids."""
    goes_in: float = 0.0

    def thing(self, want: Any) -> Thing:
        values = {f.name: getattr(want, f.name) for f in fields(want)}
        values = {k: v for k, v in values.items() if k not in {"name", "needs", "given", "switch_after"}}
        return Thing("", self.kind, self.identify(want), values, self.deep, **self.derived(want.name, values))

    def derived(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Whatever of a thing follows from its fields."""
        return {"refs": frozenset(values[f] for f in self.points_at if values[f])}

    async def list_all(self, scope: Session) -> Iterable[Observed] | None:
        return await scope.read(f"list {self.kind}", lambda t, now: self._found(t, now, deep=False))

    async def read(self, scope: Session, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await scope.read(f"read {self.kind}", lambda t, now: self._found(t, now, deep))
        known = {o.id for o in scope.inventory.of_kind(self.kind)}
        # Of two that have one name, the one that is known.
        return {o.name: o for o in sorted(found, key=lambda o: o.id in known) if o.name in names}

    def _found(self, things: Iterable[Thing], now: float, deep: bool) -> list[Observed]:
        return [t.observed(now, deep) for t in things if t.kind == self.kind]

    async def create(self, scope: Session, want: Any) -> Observed:
        made = await scope.write(f"create {self.kind}", lambda: self.make(scope, self.thing(want)))
        return made.observed(scope.cloud.clock(), deep=True)

    def make(self, scope: Session, thing: Thing) -> Thing:
        return scope.cloud.create(thing)

    async def update(
        self, scope: Session, want: Any, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        new = {c.field: c.want for c in changes}

        def change(old: Thing) -> Thing:
            values = {**old.fields, **new}
            return self.changed(scope, replace(old, fields=values, **self.derived(want.name, values)), old)

        made = await scope.write(f"update {self.kind}", lambda: scope.cloud.update(have.id, change))
        return made.observed(scope.cloud.clock(), deep=True)

    def changed(self, scope: Session, new: Thing, old: Thing) -> Thing:
        return new

    async def delete(self, scope: Session, have: Observed) -> Observed | None:
        left = await scope.write(f"delete {self.kind}", lambda: scope.cloud.delete(have.id, self.goes_in))
        return left.observed(scope.cloud.clock(), deep=True) if left else None

    async def disown(self, scope: Session, have: Observed) -> None:
        await scope.write(
            f"disown {self.kind}",
            lambda: scope.cloud.update(have.id, lambda t: replace(t, fields={**t.fields, "mark": "-"})),
        )


class GroundKind(ThingKind):
    kind = "Ground"
    fast = frozenset({"size", "mark"})
    deep = frozenset({"colour"})


class NoteKind(ThingKind):
    kind = "Note"
    fast = frozenset({"text", "mark"})
    volatile = MappingProxyType({"version": frozenset({"text"})})

    def derived(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"attrs": {"version": short_hash(values["text"])}}


class GivenKind(ThingKind):
    """Not listed as a whole: somebody else's, and there may be any number."""

    async def list_all(self, scope: Session) -> Iterable[Observed] | None:
        return None


class SealKind(GivenKind):
    kind = "Seal"


class SiteKind(GivenKind):
    kind = "Site"

    async def list_all(self, scope: Session) -> Iterable[Observed] | None:
        known = {o.name for o in scope.inventory.of_kind(self.kind)}
        found = await scope.read(f"list {self.kind}", lambda t, now: self._found(t, now, deep=False))
        return [o for o in found if o.name in known]


class SignKind(ThingKind):
    kind = "Sign"
    fast = frozenset({"path", "ground", "number", "mark"})
    points_at = frozenset({"site", "ground"})
    within = frozenset({"Site"})
    gone_first = frozenset({"Machine"})

    def reason(self, claim: str | None) -> str:
        return "PathConflict" if (claim or "").startswith("path") else "NumberConflict"

    def claims(self, want: Sign) -> frozenset[str]:
        number = {f"number:{want.number}"} if want.number is not None else set()
        return frozenset({f"path:{want.site}:{want.path}"} | number)

    def derived(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        claims = {f"path:{values['site']}:{values['path']}", f"number:{values['number']}"}
        return {**super().derived(name, values), "claims": frozenset(claims)}

    async def list_all(self, scope: Session) -> Iterable[Observed] | None:
        places = {o.id for o in scope.inventory.of_kind("Site")}
        found = await super().list_all(scope) or ()
        return [o for o in found if o.fields["site"] in places]

    async def create(self, scope: Session, want: Sign) -> Observed:
        if want.number is not None:
            return await super().create(scope, want)
        held = [c for o in scope.inventory.of_kind(self.kind) for c in o.claims]
        number = lowest_free((*held, *scope.inventory.reserved()), "number:")
        scope.inventory.reserve({f"number:{number}"}, Mark.parse(want.mark) or Mark("", ""))
        try:
            return await super().create(scope, replace(want, number=number))
        finally:
            scope.inventory.release({f"number:{number}"})

    def make(self, scope: Session, thing: Thing) -> Thing:
        refuse_taken(scope.cloud, f"number:{thing.fields['number']}")
        return super().make(scope, thing)


class SheetKind(ThingKind):
    kind = "Sheet"
    fast = frozenset({"mark"})

    def derived(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"refs": frozenset(v for k, v in values["versions"].items() if k.endswith(" id"))}

    def identify(self, want: Sheet) -> str:
        return f"{want.name}@{short_hash(want.content, *map(str, sorted(want.versions.items())))}"

    def diff(self, want: Sheet, have: Observed) -> tuple[Change, ...]:
        return tuple(c for c in super().diff(want, have) if c.field == "mark")


class MachineKind(ThingKind):
    kind = "Machine"
    answers = True
    fast = frozenset({"sheet", "ground", "power", "mark"})
    points_at = frozenset({"sheet", "ground"})
    gone_first = frozenset({"Door"})
    goes_in = GO

    def diff(self, want: Machine, have: Observed) -> tuple[Change, ...]:
        changes = super().diff(want, have)
        if want.sheet == have.attrs["failed"]:
            return tuple(c for c in changes if c.field != "sheet")
        return changes

    def state_for(self, want: Machine, have: Observed) -> State:
        broken = have.state.phase is Phase.BROKEN
        return State() if broken and want.sheet != have.attrs["failed"] else have.state

    def make(self, scope: Session, thing: Thing) -> Thing:
        cloud, now = scope.cloud, scope.cloud.clock()
        signs = [t for t in cloud.things.values() if t.kind == "Sign"]
        if not any(thing.fields["ground"] in s.refs for s in signs):
            cloud.refused.append(f"create {thing.name} on ground without a sign")
            raise NotYet(f"no sign leads to {thing.fields['ground']}")
        return super().make(scope, replace(thing, settles_at=now + SETTLE, doomed=self._bad(scope, thing)))

    def changed(self, scope: Session, new: Thing, old: Thing) -> Thing:
        now = scope.cloud.clock()
        if new.fields["sheet"] == old.fields["sheet"]:
            return replace(new, settles_at=max(now + SETTLE, old.settles_at))
        before = replace(old, settles_at=float("-inf"), doomed=False, before=None, failed="")
        if old.doomed and old.before:
            before = old.before
        return replace(new, settles_at=now + SETTLE, before=before, doomed=self._bad(scope, new), failed="")

    def _bad(self, scope: Session, thing: Thing) -> bool:
        sheet = scope.cloud.things.get(str(thing.fields["sheet"]))
        return bool(sheet and sheet.fields["content"] == BAD)

    async def explain(self, scope: Session, have: Observed) -> str:
        return await scope.read("explain Machine", lambda t, now: "it says: bad sheet")


class DoorKind(ThingKind):
    kind = "Door"
    fast = frozenset({"width", "to", "mark"})
    points_at = frozenset({"site", "to"})
    switches = frozenset({"to"})

    def led_to(self, have: Observed) -> str:
        return str(have.fields["to"] or "")

    def reason(self, claim: str | None) -> str:
        return "PathConflict"


KINDS = {
    k.kind: k
    for k in (
        GroundKind(), NoteKind(), SealKind(), SiteKind(), SignKind(), SheetKind(), MachineKind(), DoorKind(),
    )
}  # fmt: skip
UNIQUE = ("Ground", "Note", "Seal", "Site", "Machine", "Door")
