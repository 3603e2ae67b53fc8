"""Desired against inventory: what to do, and what each thing waits for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.leftovers import Leftovers
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.references import refs_of, resolve, value_refs
from modelpoc.reconcile.resource import UNKNOWN, Kind, Observed, Phase, Ref, Resource, State, When
from modelpoc.reconcile.steps import BLOCKING, WRITES, Key, Plan, Step, Verb

__all__ = ["IN_DOUBT", "WRITES", "Kinds", "Plan", "Rules", "Step", "Verb", "plan"]

Kinds = Mapping[str, Kind[Any, Any]]

LINGERING = "it stays until the last requests that were led to it are answered"
IN_DOUBT = "AWS's answer to a write was lost; what it did is looked at before anything else is done"


@dataclass(frozen=True)
class Rules:
    """What an owner allows beyond its graph."""

    adopt: bool = False
    """Take over what matches and belongs to no one."""
    linger: float = 0.0
    """Seconds for which what answered stays after traffic was led away from it: requests are on their way."""
    foreseeing: bool = False
    """Also what a pass can do only once AWS or an earlier step has got further: for a plan that is shown."""


def plan(graph: Graph, inventory: Inventory, kinds: Kinds, mark: Mark, rules: Rules | None = None) -> Plan:
    """What lies between what `mark`'s owner asks for and what is there.

    Something that someone else holds, or that is missing, holds back every write: a POC that cannot be had
    whole is not begun. What is no longer asked for goes once all that is asked for is there and settled,
    so that the new serves before the old goes; and each thing only when nothing observed points at it.
    What would work against the new (`Kind.meddles`) goes at once, and before what it points at changes.
    """
    rules = rules or Rules()
    wanted = _held_back(_Wanted(graph, inventory, kinds, mark, rules).steps())
    kept = {(s.kind, s.have.id) for s in wanted if s.have}
    leftovers = Leftovers(inventory, kinds, mark, kept).steps()
    meddling = [s for s in leftovers if kinds[s.kind].meddles]
    blocked = any(s.verb in BLOCKING for s in wanted)
    if any(s.verb is not Verb.KEEP for s in wanted):
        waiting = [s for s in leftovers if s.verb is Verb.DELETE and (blocked or s not in meddling)]
        leftovers = [_after(s, ("the rest",)) if s in waiting else s for s in leftovers]
    if inventory.switch_age(mark) < rules.linger and any(kinds[s.kind].switches for s in wanted):
        leftovers = [_lingering(s) if kinds[s.kind].answers else s for s in leftovers]
    wanted = [_unmeddled(s, meddling) for s in wanted]
    known = {s.key for s in (*wanted, *leftovers)}
    unclear = (key for key in inventory.doubts(mark) if key not in known)
    doubts = (Step(Verb.WAIT, kind, name, message=IN_DOUBT) for kind, name in unclear)
    return Plan((*wanted, *leftovers, *doubts))


def _after(step: Step, first: tuple[str, ...]) -> Step:
    return replace(step, waits_for=step.waits_for + first)


def _lingering(step: Step) -> Step:
    return replace(step, verb=Verb.WAIT, message=LINGERING) if step.ready else step


def _unmeddled(step: Step, meddling: list[Step]) -> Step:
    if step.verb is not Verb.UPDATE or step.have is None:
        return step
    return _after(step, tuple(str(m.have) for m in meddling if m.have and step.have.id in m.have.refs))


def _held_back(steps: list[Step]) -> list[Step]:
    blockers = tuple(f"{s.kind}/{s.name}" for s in steps if s.verb in BLOCKING)
    return [_after(s, blockers) if s.verb in WRITES else s for s in steps]


_WITHOUT_CHANGE = {
    Phase.SETTLED: Verb.KEEP,
    Phase.SETTLING: Verb.WAIT,
    Phase.GOING: Verb.WAIT,
    Phase.BROKEN: Verb.BROKEN,
}


@dataclass
class _Wanted:
    """Walks the graph from its ground up, remembering what is there for each resource."""

    graph: Graph
    inventory: Inventory
    kinds: Kinds
    mark: Mark
    rules: Rules
    bound: dict[Key, Observed] = field(default_factory=dict)
    updated: dict[Key, frozenset[str]] = field(default_factory=dict)
    """Fields of resources that are to change: attributes that follow them are not what they will be."""

    def steps(self) -> list[Step]:
        return [self.step(resource) for resource in self.graph]

    def step(self, resource: Resource) -> Step:
        kind = self.kinds[resource.kind]
        refs = refs_of(resource)
        want = resolve(resource, self.known)
        open_ = any(self.known(r) is UNKNOWN for r in value_refs(resource))
        name = want.name if open_ else kind.identify(want)
        have = self.inventory.get(resource.kind, name)
        if have:
            self.bound[resource.key] = have
        step = Step(
            Verb.CREATE,
            resource.kind,
            name,
            want,
            have,
            waits_for=tuple(dict.fromkeys(str(r) for r in refs if self.known(r) is UNKNOWN)),
            claims=frozenset(c for c in kind.claims(want) if str(UNKNOWN) not in c),
            uses=tuple(self.bound[r.key].key for r in refs if r.key in self.bound),
        )
        step = self.judged(kind, step)
        if step.verb is Verb.UPDATE:
            self.updated[resource.key] = frozenset(c.field for c in step.changes)
        return step

    def known(self, ref: Ref) -> Any:
        have = self.bound.get(ref.key)
        if have is None or have.state.phase is Phase.GOING:
            return UNKNOWN
        if ref.when is When.SETTLED and have.state.phase is not Phase.SETTLED:
            return UNKNOWN
        changing = self.updated.get(ref.key)
        if changing and changing & self.kinds[ref.kind].volatile.get(ref.attr, frozenset()):
            return UNKNOWN
        return have.attrs.get(ref.attr, UNKNOWN)

    def judged(self, kind: Kind[Any, Any], step: Step) -> Step:
        if step.want is not None and step.want.given:
            return self.given(kind, step)
        if self.inventory.doubted(*step.key):
            return replace(step, verb=Verb.WAIT, waits_for=(), message=IN_DOUBT)
        if step.have is None:
            return self.taken(kind, step) or step
        return self.present(kind, step, step.have)

    def given(self, kind: Kind[Any, Any], step: Step) -> Step:
        if step.have is None:
            return replace(step, verb=Verb.MISSING, waits_for=(), message=f"{step.name} was not found")
        return self.unchanged(kind.state_for(step.want, step.have), step)

    def present(self, kind: Kind[Any, Any], step: Step, have: Observed) -> Step:
        if problem := self.not_ours(kind, step, have):
            return problem
        if have.state.phase is Phase.GOING:
            again = replace(step, have=None, waits_for=(*step.waits_for, f"{have} ({have.state.reason})"))
            return again if self.rules.foreseeing else self.unchanged(have.state, step)
        changes = kind.diff(step.want, have)
        if kind.replaces(step.want, have):
            return replace(step, verb=Verb.REPLACE, changes=changes, message=have.state.message)
        if not changes:
            return self.unchanged(kind.state_for(step.want, have), step)
        step = self.unswitched(kind, replace(step, verb=Verb.UPDATE, changes=changes), have)
        if have.state.busy:
            step = _after(step, (f"{have} ({have.state.reason})",))
        return self.taken(kind, step) or step

    def unswitched(self, kind: Kind[Any, Any], step: Step, have: Observed) -> Step:
        """The step without what moves traffic, as long as that led from what serves to what does not.

        Traffic that somebody led away to what is no one's of ours is led back at once.
        """
        assert step.want is not None
        waits = tuple(str(r) for r in step.want.switch_after if not self.serves(r))
        moved = [c for c in step.changes if c.field in kind.switches]
        if not waits or not moved or not self.led_to_ours(kind, have):
            return step
        if len(moved) == len(step.changes) or self.rules.foreseeing:
            return _after(step, waits)
        stays: dict[str, Any] = {c.field: c.have for c in moved}
        others = tuple(c for c in step.changes if c not in moved)
        return replace(step, want=replace(step.want, **stays), changes=others)

    def serves(self, ref: Ref) -> bool:
        """Whether it is settled, or broken with an earlier revision still in service."""
        have = self.bound.get(ref.key)
        if have is None or have.state.phase is Phase.SETTLED:
            return have is not None
        return have.state.phase is Phase.BROKEN and have.attrs.get(ref.attr) is not None

    def led_to_ours(self, kind: Kind[Any, Any], have: Observed) -> bool:
        owners = (o.owner for o in self.inventory.with_id(kind.led_to(have)))
        return any(o is not None and o.fleet == self.mark.fleet for o in owners)

    def unchanged(self, state: State, step: Step) -> Step:
        verb = _WITHOUT_CHANGE[state.phase]
        return replace(step, verb=verb, waits_for=(), reason=state.reason, message=state.message)

    def not_ours(self, kind: Kind[Any, Any], step: Step, have: Observed) -> Step | None:
        if have.owner == self.mark or (have.owner is None and self.rules.adopt):
            return None
        whose = "someone else" if have.owner else "no one (annotate modelpoc.dev/adopt to take it over)"
        message = f"{have.kind} {have.id} is there already and belongs to {whose}"
        return replace(step, verb=Verb.CONFLICT, waits_for=(), reason=kind.reason(None), message=message)

    def taken(self, kind: Kind[Any, Any], step: Step) -> Step | None:
        """A conflict when somebody else holds, or is about to hold, what the resource needs for itself."""
        for claim in sorted(step.claims):
            if by := self.holder(claim, kind.kind, step.have):
                message = f"{claim} is held by {by}"
                return replace(
                    step, verb=Verb.CONFLICT, waits_for=(), reason=kind.reason(claim), message=message
                )
        return None

    def holder(self, claim: str, kind: str, adopted: Observed | None) -> str:
        """Who else has it; "" when no one, or when we have it as well and so were there first."""
        holders = self.inventory.holders(claim, kind)
        if adopted is not None and adopted.owner is None:
            holders = [h for h in holders if h.id != adopted.id]
        if any(h.owner == self.mark for h in holders):
            return ""
        if holders:
            return holders[0].id
        reserved = self.inventory.reserved_by(claim) not in (None, self.mark)
        return "another POC that is being created" if reserved else ""
