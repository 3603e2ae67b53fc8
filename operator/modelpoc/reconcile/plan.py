"""Desired against inventory: what to do, and what each thing waits for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import (
    UNKNOWN,
    Change,
    Kind,
    Observed,
    Phase,
    Ref,
    Resource,
    When,
    refs_of,
    resolve,
)

Kinds = Mapping[str, Kind[Any, Any]]


class Verb(Enum):
    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    WAIT = "wait"
    """AWS is at work on it."""
    CONFLICT = "conflict"
    """Somebody else holds it."""
    MISSING = "missing"
    """Named by the user, and not there."""
    BROKEN = "broken"
    """AWS gave up on it, and nothing in the spec has changed since."""


WRITES = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE})


@dataclass(frozen=True)
class Step:
    """What is to be done about one resource."""

    verb: Verb
    kind: str
    name: str
    want: Resource | None = None
    """With its references resolved, as far as they are known."""
    have: Observed | None = None
    changes: tuple[Change, ...] = ()
    waits_for: tuple[str, ...] = ()
    """What must come first; empty: it can be done now."""
    message: str = ""

    @property
    def ready(self) -> bool:
        return self.verb in WRITES and not self.waits_for

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.verb.value} {self.kind}/{self.name}"


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...] = ()

    def of(self, *verbs: Verb) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.verb in verbs)

    @property
    def writes(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.verb in WRITES)

    @property
    def conflicts(self) -> tuple[Step, ...]:
        return self.of(Verb.CONFLICT)


@dataclass(frozen=True)
class Rules:
    """What an owner allows beyond its graph."""

    adopt: bool = False
    """Take over what matches and belongs to no one."""


@dataclass
class _Planner:
    graph: Graph
    inventory: Inventory
    kinds: Kinds
    mark: Mark
    rules: Rules
    bound: dict[tuple[str, str], Observed] = field(default_factory=dict)
    """Graph key → what is there for it."""

    def known(self, ref: Ref) -> Any:
        have = self.bound.get((ref.kind, ref.name))
        if have is None or have.state.phase is Phase.GOING:
            return UNKNOWN
        if ref.when is When.SETTLED and have.state.phase is not Phase.SETTLED:
            return UNKNOWN
        return have.attrs.get(ref.attr, UNKNOWN)

    def step(self, resource: Resource) -> Step:
        kind = self.kinds[resource.kind]
        want = resolve(resource, self.known)
        name = want.name if self.identity_unknown(resource) else kind.identify(want)
        have = self.inventory.get(resource.kind, name)
        if have:
            self.bound[resource.key] = have
        step = Step(Verb.KEEP, resource.kind, name, want, have)
        step = replace(step, waits_for=self.waits(resource))
        return self.decide(kind, resource, step)

    def identity_unknown(self, resource: Resource) -> bool:
        return any(self.known(r) is UNKNOWN for r in refs_of(resource) if r not in resource.needs)

    def waits(self, resource: Resource) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(r) for r in refs_of(resource) if self.known(r) is UNKNOWN))

    def decide(self, kind: Kind[Any, Any], resource: Resource, step: Step) -> Step:
        want, have = step.want, step.have
        if resource.given:
            return self.given(step)
        if have is None:
            return self.create(kind, step)
        if have.owner is None and not self.rules.adopt:
            return replace(
                step, verb=Verb.CONFLICT, message=f"{have} ({have.id}) exists and belongs to no one"
            )
        if have.owner not in (None, self.mark):
            return replace(step, verb=Verb.CONFLICT, message=f"{have} ({have.id}) belongs to someone else")
        if have.state.phase is Phase.GOING:
            return replace(
                step, verb=Verb.WAIT, message=have.state.message or f"the old {have} is still going"
            )
        taken = self.taken(kind, want, step.name)
        changes = kind.diff(want, have)
        if changes and taken:
            return replace(step, verb=Verb.CONFLICT, changes=changes, message=taken)
        if changes:
            busy = (f"{have} ({have.state.reason})",) if have.state.busy else ()
            return replace(step, verb=Verb.UPDATE, changes=changes, waits_for=step.waits_for + busy)
        verb = {Phase.SETTLING: Verb.WAIT, Phase.BROKEN: Verb.BROKEN}.get(have.state.phase, Verb.KEEP)
        return replace(step, verb=verb, waits_for=(), message=have.state.message)

    def given(self, step: Step) -> Step:
        if step.have is None:
            return replace(step, verb=Verb.MISSING, waits_for=(), message=f"{step.want} was not found")
        return replace(step, waits_for=())

    def create(self, kind: Kind[Any, Any], step: Step) -> Step:
        taken = "" if step.waits_for and self.unresolved(step) else self.taken(kind, step.want, step.name)
        if taken:
            return replace(step, verb=Verb.CONFLICT, message=taken)
        return replace(step, verb=Verb.CREATE)

    def unresolved(self, step: Step) -> bool:
        return step.want is None or any(value is UNKNOWN for value in vars(step.want).values())

    def taken(self, kind: Kind[Any, Any], want: Any, name: str) -> str:
        for claim in kind.claims(want):
            holder = self.inventory.holder(claim, kind.kind)
            if holder and holder.owner != self.mark:
                return f"{claim} is held by {holder.id}"
            by = self.inventory.reserved_by(claim)
            if by and by != self.mark:
                return f"{claim} is being taken by another POC"
        return ""

    def leftovers(self) -> Iterable[Step]:
        kept = {have.key for have in self.bound.values()}
        going = [o for o in self.inventory.owned(self.mark) if o.key not in kept and o.kind in self.kinds]
        pointed = self.pointers()
        for have in going:
            yield self.leftover(have, going, pointed)

    def pointers(self) -> dict[str, list[Observed]]:
        pointed: dict[str, list[Observed]] = {}
        for observed in self.inventory.all():
            for target in observed.refs:
                pointed.setdefault(target, []).append(observed)
        return pointed

    def leftover(self, have: Observed, going: list[Observed], pointed: dict[str, list[Observed]]) -> Step:
        if have.state.phase is Phase.GOING:
            return Step(Verb.WAIT, have.kind, have.name, have=have, message=have.state.message)
        first = self.kinds[have.kind].gone_first
        holders = [o for o in pointed.get(have.id, ()) if o.key != have.key]
        holders += [o for o in going if o.kind in first]
        busy = (f"{have} ({have.state.reason})",) if have.state.busy else ()
        waits = tuple(dict.fromkeys(str(o) for o in holders)) + busy
        return Step(Verb.DELETE, have.kind, have.name, have=have, waits_for=waits)


def plan(graph: Graph, inventory: Inventory, kinds: Kinds, mark: Mark, rules: Rules = Rules()) -> Plan:
    """What lies between what `mark`'s owner asks for and what is there.

    Deletions come last and only once nothing observed points at the thing; a conflict anywhere holds back
    every other write but deletions, so that a POC that cannot be had whole is not begun.
    """
    planner = _Planner(graph, inventory, kinds, mark, rules)
    steps = [planner.step(resource) for resource in graph]
    steps = _held_back(steps)
    leftovers = [] if _unfinished(steps) else list(planner.leftovers())
    return Plan(tuple(steps) + tuple(leftovers))


def _held_back(steps: list[Step]) -> list[Step]:
    blockers = tuple(f"{s.kind}/{s.name}" for s in steps if s.verb in (Verb.CONFLICT, Verb.MISSING))
    if not blockers:
        return steps
    return [replace(s, waits_for=s.waits_for + blockers) if s.verb in WRITES else s for s in steps]


def _unfinished(steps: list[Step]) -> bool:
    return False


def binding(
    graph: Graph, inventory: Inventory, kinds: Kinds, mark: Mark
) -> Callable[[str, str], Observed | None]:
    """Looks up what is there for a resource of the graph by the graph's own (kind, name)."""
    planner = _Planner(graph, inventory, kinds, mark, Rules())
    for resource in graph:
        planner.step(resource)
    return lambda kind, name: planner.bound.get((kind, name))
