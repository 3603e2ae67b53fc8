"""A plan to be shown: all that lies ahead, in the order in which it comes, field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from modelpoc.reconcile.act import Engine
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.kind import NOT_COMPARED
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Rules
from modelpoc.reconcile.resource import UNKNOWN, Change, Kind, Observed, Resource
from modelpoc.reconcile.steps import WRITES, Plan, Step, Verb

REST = "the rest"
"""What a step waits for that comes after all that is asked for."""


class Hidden:
    """Stands for a value that is not shown. No two are the same."""

    def __init__(self, words: str = "(hidden)") -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


async def foresee(engine: Engine, graph: Graph, mark: Mark, rules: Rules) -> Plan:
    """The whole plan of what was observed, also what only a later pass can do.

    What is made tells its fields. What cannot be changed and is made anew tells them against what it takes
    the place of; AWS is asked for that. Raises CloudError.
    """
    found = engine.plan(graph, mark, replace(rules, foreseeing=True))
    return Plan(
        tuple(in_order([await _told(engine, step, found) for step in found.steps if _comes(step, found)]))
    )


def _comes(step: Step, found: Plan) -> bool:
    """What goes after the rest never does as long as AWS has given a part of that up."""
    return not (step.verb in WRITES and REST in step.waits_for and found.of(Verb.BROKEN))


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Each after what it waits for, otherwise as they stand."""
    left, done = list(steps), list[Step]()
    while left:
        ready = [s for s in left if not _waits(s, left)] or left
        done += ready
        left = [s for s in left if s not in ready]
    return done


def _waits(step: Step, left: Sequence[Step]) -> bool:
    names = {name for other in left if other is not step for name in _names(other)}
    rest = REST in step.waits_for and any(s.want is not None for s in left)
    return rest or any(waited.partition(" (")[0] in names for waited in step.waits_for)


def _names(step: Step) -> Iterable[str]:
    yield f"{step.kind}/{step.name}"
    if step.want is not None:
        yield str(step.want)


async def _told(engine: Engine, step: Step, found: Plan) -> Step:
    kind, changes = engine.kinds[step.kind], step.changes
    if step.verb is Verb.CREATE and step.want is not None:
        before = _before(engine, step, found)
        content = await kind.content(engine.scope, before) if before else {}
        changes = tuple(_against(kind, step.want, content) if content else _made(kind, step.want))
    shown = (_covered(c) if c.field in kind.hidden else c for c in changes)
    return replace(step, changes=tuple(part for change in shown for part in _parts(kind, change)))


def _before(engine: Engine, step: Step, found: Plan) -> Observed | None:
    """What the new one takes the place of: of several, the one that is in use."""
    old = [s.have for s in found.steps if s.kind == step.kind and s.verb is Verb.DELETE and s.have]
    used = [have for have in old if engine.inventory.pointing_at(have.id)]
    return next(iter((*used, *old)), None)


def _made(kind: Kind[Any, Any], want: Resource) -> Iterable[Change]:
    """What AWS is told of; the rest is between us and the kind."""
    told = kind.fast | kind.deep | kind.create_only
    for name, value in _fields(want).items():
        if name in told and value is not None and value not in ((), {}, ""):
            yield Change(name, None, value)


def _against(kind: Kind[Any, Any], want: Resource, content: Mapping[str, Any]) -> Iterable[Change]:
    """What differs, of what AWS can tell; else what it cannot."""
    fields = _fields(want)
    differing = [
        Change(name, content[name], value)
        for name, value in fields.items()
        if name in content and (value is UNKNOWN or not kind.same(name, value, content[name]))
    ]
    untold = [n for n, value in fields.items() if n not in content and value and n != "tags"]
    return differing or [Change(name, Hidden("(another)"), fields[name]) for name in untold]


def _fields(want: Resource) -> dict[str, Any]:
    names = (f.name for f in dataclasses.fields(want) if f.name not in NOT_COMPARED)
    return {name: getattr(want, name) for name in names}


def _parts(kind: Kind[Any, Any], change: Change) -> Iterable[Change]:
    """Of a mapping, the keys that differ by the kind's own rule."""
    have, want = change.have, change.want
    if not isinstance(want, Mapping) or not isinstance(have, Mapping | None):
        return [change]
    old = have or {}
    keys = dict.fromkeys((*old, *want))
    return [
        Change(f"{change.field}.{key}", old.get(key), want.get(key))
        for key in keys
        if want.get(key) is UNKNOWN or not kind.same(change.field, _with(old, key, want), old)
    ]


def _with(old: Mapping[str, Any], key: str, want: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with what `want` says of one key."""
    others = {name: value for name, value in old.items() if name != key}
    return {**others, key: want[key]} if key in want else others


def _covered(change: Change) -> Change:
    return Change(change.field, change.have and Hidden(), Hidden())
