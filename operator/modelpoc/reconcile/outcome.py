"""How things stand after a pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.steps import Key, Plan, Step


@dataclass(frozen=True)
class Outcome:
    plan: Plan
    done: tuple[Step, ...] = ()
    """Writes that were carried out, in order."""
    errors: Mapping[Key, CloudError] = field(default_factory=dict)
    explained: Mapping[Key, str] = field(default_factory=dict)
    """For what is broken: why, in words."""

    @property
    def settled(self) -> bool:
        return self.plan.settled and not self.errors

    @property
    def in_progress(self) -> bool:
        """AWS is at work, or a next pass can do more."""
        return bool(self.plan.ready) or any(s.moving for s in self.plan.steps)
