"""A plan as data for people: in status while observing, and what `modelpoc plan` shows. Pure."""

from __future__ import annotations

import json
from typing import Any

from modelpoc.api.status import PlannedChange
from modelpoc.reconcile.foresee import Hidden
from modelpoc.reconcile.plan import Plan, Verb
from modelpoc.reconcile.resource import UNKNOWN, Change

_LONGEST = 200


def planned(plan: Plan) -> tuple[PlannedChange, ...]:
    """What would be done, in order."""
    return tuple(
        PlannedChange(
            action=step.verb.value,
            kind=step.kind,
            name=step.name,
            changes=tuple(change_text(c) for c in step.changes),
        )
        for step in plan.steps
        if step.verb is not Verb.KEEP
    )


def change_text(change: Change) -> str:
    """`memory: 512 → 1024`; of what is new, `memory: 512`."""
    before = "" if change.have is None else f"{value_text(change.have)} → "
    return f"{change.field}: {before}{value_text(change.want)}"


def value_text(value: Any) -> str:
    """A value in one line: text as it is, everything else as JSON."""
    text = value if isinstance(value, str) and value else _written(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def value_data(value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Hidden) or value is UNKNOWN:
        return repr(value)
    return json.loads(_written(value))


def _written(value: Any) -> str:
    if isinstance(value, Hidden) or value is UNKNOWN:
        return repr(value)
    if isinstance(value, frozenset | set):
        value = sorted(value)
    return "(none)" if value is None else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return (
        sorted(value)
        if isinstance(value, frozenset | set)
        else getattr(value, "__dict__", None) or repr(value)
    )
