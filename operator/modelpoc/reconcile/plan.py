"""Desired against inventory: what to do, and what each thing waits for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    State,
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
_BLOCKING = frozenset({Verb.CONFLICT, Verb.MISSING})


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
    reason: str = ""
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
    """Steps in the order of the graph, then what is no longer asked for."""

    steps: tuple[Step, ...] = ()

    def of(self, *verbs: Verb) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.verb in verbs)

    @property
    def writes(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.verb in WRITES)

    @property
    def ready(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.ready)

    @property
    def settled(self) -> bool:
        """Everything is as asked, and nothing else is left."""
        return all(s.verb is Verb.KEEP for s in self.steps)

    def step(self, kind: str, name: str | None = None) -> Step | None:
        """The step of a resource; of the first of its kind that is wanted when no name is given."""
        matching = (s for s in self.steps if s.kind == kind and (s.want if name is None else s.name == name))
        return next(matching, None)


@dataclass(frozen=True)
class Rules:
    """What an owner allows beyond its graph."""

    adopt: bool = False
    """Take over what matches and belongs to no one."""


def plan(graph: Graph, inventory: Inventory, kinds: Kinds, mark: Mark, rules: Rules | None = None) -> Plan:
    """What lies between what `mark`'s owner asks for and what is there.

    Something that someone else holds, or that is missing, holds back every write: a POC that cannot be had
    whole is not begun. What is no longer asked for goes once all that is asked for is there and settled,
    so that the new serves before the old goes; and each thing only when nothing observed points at it.
    """
    wanted = _held_back(_Wanted(graph, inventory, kinds, mark, rules or Rules()).steps())
    kept = {s.have.key for s in wanted if s.have}
    leftovers = _Leftovers(inventory, kinds, mark, kept).steps()
    if any(s.verb is not Verb.KEEP for s in wanted):
        leftovers = [_after(s, ("the rest",)) if s.verb is Verb.DELETE else s for s in leftovers]
    return Plan((*wanted, *leftovers))


def _after(step: Step, first: tuple[str, ...]) -> Step:
    return replace(step, waits_for=step.waits_for + first)


def _held_back(steps: list[Step]) -> list[Step]:
    blockers = tuple(f"{s.kind}/{s.name}" for s in steps if s.verb in _BLOCKING)
    return [_after(s, blockers) if s.verb in WRITES else s for s in steps]


@dataclass
class _Wanted:
    """Walks the graph from its ground up, remembering what is there for each resource."""

    graph: Graph
    inventory: Inventory
    kinds: Kinds
    mark: Mark
    rules: Rules
    bound: dict[tuple[str, str], Observed] = field(default_factory=dict)

    def steps(self) -> list[Step]:
        return [self.step(resource) for resource in self.graph]

    def step(self, resource: Resource) -> Step:
        kind = self.kinds[resource.kind]
        refs = refs_of(resource)
        unknown = [r for r in refs if self.known(r) is UNKNOWN]
        want = resolve(resource, self.known)
        anonymous = any(r not in resource.needs for r in unknown)
        name = want.name if anonymous else kind.identify(want)
        have = self.inventory.get(resource.kind, name)
        if have:
            self.bound[resource.key] = have
        waits = tuple(dict.fromkeys(str(r) for r in unknown))
        step = Step(Verb.CREATE, resource.kind, name, want, have, waits_for=waits)
        if resource.given:
            return self.given(step)
        return self.absent(kind, step) if have is None else self.present(kind, step, want, have)

    def known(self, ref: Ref) -> Any:
        have = self.bound.get((ref.kind, ref.name))
        if have is None or have.state.phase is Phase.GOING:
            return UNKNOWN
        if ref.when is When.SETTLED and have.state.phase is not Phase.SETTLED:
            return UNKNOWN
        return have.attrs.get(ref.attr, UNKNOWN)

    def given(self, step: Step) -> Step:
        if step.have is None:
            return replace(step, verb=Verb.MISSING, waits_for=(), message=f"{step.name} was not found")
        return replace(step, verb=Verb.KEEP, waits_for=())

    def absent(self, kind: Kind[Any, Any], step: Step) -> Step:
        return self.taken(kind, step) or step

    def present(self, kind: Kind[Any, Any], step: Step, want: Any, have: Observed) -> Step:
        if problem := self.not_ours(kind, step, have):
            return problem
        if have.state.phase is Phase.GOING:
            return replace(step, verb=Verb.WAIT, waits_for=(), message=have.state.message)
        changes = kind.diff(want, have)
        if not changes:
            return self.unchanged(kind.state_for(want, have), step)
        step = replace(step, verb=Verb.UPDATE, changes=changes)
        if have.state.busy:
            step = _after(step, (f"{have} ({have.state.reason})",))
        return self.taken(kind, step) or step

    def unchanged(self, state: State, step: Step) -> Step:
        verbs = {Phase.SETTLING: Verb.WAIT, Phase.BROKEN: Verb.BROKEN}
        verb = verbs.get(state.phase, Verb.KEEP)
        return replace(step, verb=verb, waits_for=(), reason=state.reason, message=state.message)

    def not_ours(self, kind: Kind[Any, Any], step: Step, have: Observed) -> Step | None:
        if have.owner == self.mark or (have.owner is None and self.rules.adopt):
            return None
        whose = "someone else" if have.owner else "no one (annotate modelpoc.dev/adopt to take it over)"
        message = f"{have.kind} {have.id} is there already and belongs to {whose}"
        return replace(step, verb=Verb.CONFLICT, waits_for=(), reason=kind.reason(None), message=message)

    def taken(self, kind: Kind[Any, Any], step: Step) -> Step | None:
        """A conflict when somebody else holds, or is about to hold, what the resource needs for itself."""
        for claim in sorted(kind.claims(step.want)):
            holder = self.inventory.holder(claim, kind.kind)
            by = f"{holder.id}" if holder and holder.owner != self.mark else ""
            if self.inventory.reserved_by(claim) not in (None, self.mark):
                by = "another POC that is being created"
            if by:
                message = f"{claim} is held by {by}"
                return replace(
                    step, verb=Verb.CONFLICT, waits_for=(), reason=kind.reason(claim), message=message
                )
        return None


@dataclass
class _Leftovers:
    """What the owner holds and no longer asks for."""

    inventory: Inventory
    kinds: Kinds
    mark: Mark
    kept: set[tuple[str, str]]

    def steps(self) -> list[Step]:
        going = [
            o for o in self.inventory.owned(self.mark) if o.key not in self.kept and o.kind in self.kinds
        ]
        return [self.step(have, going) for have in going]

    def step(self, have: Observed, going: list[Observed]) -> Step:
        step = Step(Verb.DELETE, have.kind, have.name, have=have)
        if have.state.phase is Phase.GOING:
            return replace(step, verb=Verb.WAIT, message=have.state.message)
        waits = [str(o) for o in self.before(have, going)]
        if have.state.busy:
            waits.append(f"{have} ({have.state.reason})")
        return replace(step, waits_for=tuple(dict.fromkeys(waits)))

    def before(self, have: Observed, going: list[Observed]) -> Iterable[Observed]:
        yield from (o for o in self.inventory.pointing_at(have.id) if o.key != have.key)
        first = self.kinds[have.kind].gone_first
        yield from (o for o in going if o.kind in first)
