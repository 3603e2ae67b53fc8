"""What `modelpoc plan` found out about one POC. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.planned import value_data
from modelpoc.controller.planning import Foreseen
from modelpoc.controller.remedies import remedy, with_cure
from modelpoc.desired.cost import cost_of
from modelpoc.desired.life import Life, Lifetime
from modelpoc.reconcile.plan import Plan, Step, Verb
from modelpoc.reconcile.resource import Change

CHANGES, ERROR = 2, 1


@dataclass(frozen=True)
class Planned:
    """One POC: its object, its AWS resources, what speaks against it, what it costs."""

    name: str
    namespace: str
    exists: bool = False
    """Whether the cluster has such an object."""
    spec: tuple[Change, ...] = ()
    """What would change in the object."""
    plan: Plan | None = None
    cost: tuple[str | None, str | None] = (None, None)
    """A month, before and after; None: nothing runs, or no price is known."""
    problems: tuple[str, ...] = ()
    """Why it cannot be had so, each with what to do about it."""
    notes: tuple[str, ...] = ()

    @property
    def writes(self) -> tuple[Step, ...]:
        return self.plan.writes if self.plan else ()

    @property
    def changes(self) -> bool:
        """Whether applying it would write anything."""
        return bool(self.writes or self.spec) or not self.exists

    def data(self) -> dict[str, Any]:
        """For scripts."""
        steps = self.plan.steps if self.plan else ()
        return {
            "name": self.name,
            "namespace": self.namespace,
            "exists": self.exists,
            "changes": self.changes,
            "object": [_change(c) for c in self.spec],
            "steps": [_step(s) for s in steps if s.verb is not Verb.KEEP],
            "monthlyCost": {"before": self.cost[0], "after": self.cost[1]},
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def exit_code(found: Iterable[Planned]) -> int:
    """0: nothing would change; 2: something would; 1: something speaks against it."""
    results = list(found)
    if any(result.problems for result in results):
        return ERROR
    return CHANGES if any(result.changes for result in results) else 0


def result(poc: ModelPOC, live: ModelPOC | None, seen: Foreseen, notes: Sequence[str] = ()) -> Planned:
    """`live` is the object that the cluster has now."""
    refused = (with_cure(r.reason, r.message) for r in seen.refused)
    blocked = (remedy(step) for step in seen.plan.of(Verb.CONFLICT, Verb.MISSING))
    return Planned(
        poc.metadata.name,
        poc.metadata.namespace,
        live is not None,
        spec_changes(live, poc) if live else (),
        seen.plan,
        (live.status.estimated_monthly_cost if live else None, cost_of(poc) if seen.active else None),
        tuple(dict.fromkeys((*refused, *blocked))),
        (*notes, *_resting(seen.lived), *_under_way(seen.plan)),
    )


def _resting(lived: Lifetime | None) -> Iterable[str]:
    if lived and lived.life is Life.EXPIRED:
        yield f"its time ran out at {lived.expires_at}: raise ttl or expiresAt to have it back"
    elif lived and lived.life is Life.SUSPENDED:
        yield "suspended: nothing of it runs"


def _under_way(plan: Plan) -> Iterable[str]:
    for step in plan.of(Verb.WAIT):
        yield f"under way: {step.kind} {step.name}" + (f" ({step.message})" if step.message else "")
    for step in plan.of(Verb.BROKEN):
        yield f"given up by AWS: {step.kind} {step.name}" + (f" ({step.message})" if step.message else "")


def spec_changes(live: ModelPOC, wanted: ModelPOC) -> tuple[Change, ...]:
    """What differs between two specs, defaults filled in, by dotted path."""
    have, want = (_flat("spec", _full(poc)) for poc in (live, wanted))
    paths = dict.fromkeys((*have, *want))
    return tuple(Change(p, have.get(p), want.get(p)) for p in paths if have.get(p) != want.get(p))


def _full(poc: ModelPOC) -> dict[str, Any]:
    return poc.spec.model_dump(mode="json", by_alias=True, exclude_none=True)


def _flat(path: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {k: v for name, item in value.items() for k, v in _flat(f"{path}.{name}", item).items()}
    if isinstance(value, list) and value and all(isinstance(v, Mapping) and "name" in v for v in value):
        named = {f"{path}[{item['name']}]": _unnamed(item) for item in value}
        return {k: v for inner, item in named.items() for k, v in _flat(inner, item).items()}
    return {path: value} if value not in ([], {}) else {}


def _unnamed(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != "name"} or dict(item)


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": step.verb.value,
        "kind": step.kind,
        "name": step.name,
        "id": step.have.id if step.have else None,
        "changes": [_change(c) for c in step.changes],
        "after": list(step.waits_for),
        "message": step.message or None,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"field": change.field, "have": value_data(change.have), "want": value_data(change.want)}
