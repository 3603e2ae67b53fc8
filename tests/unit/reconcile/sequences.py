"""Passes until nothing moves, and what an owner then holds: for any engine, whatever its kinds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.resource import Observed

Pass = Callable[[], Awaitable[Outcome]]
Wait = Callable[[], Awaitable[None]]


def at_rest(outcome: Outcome) -> bool:
    """Nothing more will come of it without a change from outside."""
    return not outcome.errors and not outcome.in_progress


async def settle(passes: Collection[Pass], wait: Wait, most: int = 60) -> list[Outcome]:
    """Runs the passes in turn, waiting in between, until a whole round finds all at rest and writes nothing.

    Raises AssertionError when that is not so after `most` rounds.
    """
    outcomes: list[Outcome] = []
    for _ in range(most):
        outcomes = [await run() for run in passes]
        if all(at_rest(o) and not o.done for o in outcomes):
            return outcomes
        await wait()
    said = [f"{o.plan.steps} {dict(o.errors)}" for o in outcomes]
    raise AssertionError(f"it does not settle in {most} rounds: {said}")


def shape(held: Iterable[Observed], leave_out: Collection[str] = ()) -> list[tuple[Any, ...]]:
    """What is held, ids and content hashes aside: two clouds that were brought to the same have the same.

    A list, so that a double shows. Fields named in `leave_out` are not looked at.
    """
    held = list(held)
    names = {o.id: f"{o.kind}/{plain(o.name)}" for o in held}
    return sorted((o.kind, plain(o.name), _plain(o.fields, names, leave_out)) for o in held)


def plain(name: str) -> str:
    """A name without the hash of the content."""
    return name.partition("@")[0]


def _plain(fields: Mapping[str, Any], names: Mapping[str, str], leave_out: Collection[str]) -> str:
    told = {k: _named(v, names) for k, v in sorted(fields.items()) if k not in leave_out}
    return repr(told)


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {k: _named(v, names) for k, v in sorted(value.items())}
    if isinstance(value, (tuple, list)):
        return tuple(_named(v, names) for v in value)
    return names.get(value, value) if isinstance(value, str) else value
