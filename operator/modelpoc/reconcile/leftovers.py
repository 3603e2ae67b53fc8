"""What an owner holds and no longer asks for: collected in the order that AWS's references give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Kind, Observed, Phase
from modelpoc.reconcile.steps import Step, Verb


@dataclass
class Leftovers:
    """Each goes when nothing observed points at it any more, and after the kinds that must go first."""

    inventory: Inventory
    kinds: Mapping[str, Kind[Any, Any]]
    mark: Mark
    kept: set[tuple[str, str]]
    """(kind, id) of what is asked for, under whatever name: what was ours may be named by the user now."""

    def steps(self) -> list[Step]:
        owned = self.inventory.owned(self.mark)
        going = [o for o in owned if (o.kind, o.id) not in self.kept and o.kind in self.kinds]
        return [self.step(have, going) for have in going]

    def step(self, have: Observed, going: list[Observed]) -> Step:
        step = Step(Verb.DELETE, have.kind, have.name, have=have)
        if have.state.phase is Phase.GOING:
            return replace(step, verb=Verb.WAIT, reason=have.state.reason, message=have.state.message)
        waits = [str(o) for o in self.before(have, going)]
        if have.state.busy:
            waits.append(f"{have} ({have.state.reason})")
        return replace(step, waits_for=tuple(dict.fromkeys(waits)))

    def before(self, have: Observed, going: list[Observed]) -> Iterable[Observed]:
        yield from (o for o in self.inventory.pointing_at(have.id) if o.key != have.key)
        first = self.kinds[have.kind].gone_first
        yield from (o for o in going if o.kind in first)
