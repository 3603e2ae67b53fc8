"""What a plan is made of. Pure data, printable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from modelpoc.reconcile.resource import Change, Observed, Phase, Resource

Key = tuple[str, str]


class Verb(Enum):
    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    """AWS can only delete it; then it is made again under the same name."""
    WAIT = "wait"
    """AWS is at work on it, or what it did must be looked at first."""
    CONFLICT = "conflict"
    """Somebody else holds it."""
    MISSING = "missing"
    """Named by the user, and not there."""
    BROKEN = "broken"
    """AWS gave up on it, and nothing in the spec has changed since."""


WRITES = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.REPLACE})
BLOCKING = frozenset({Verb.CONFLICT, Verb.MISSING})


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
    claims: frozenset[str] = frozenset()
    """What it needs for itself alone, as far as that is known."""
    uses: tuple[Key, ...] = ()
    """What it refers to, by kind and observed name."""

    @property
    def ready(self) -> bool:
        return self.verb in WRITES and not self.waits_for

    @property
    def moving(self) -> bool:
        """AWS is at work on it, or it must be looked at again."""
        if self.verb is Verb.WAIT:
            return True
        return self.have is not None and (
            self.have.state.busy or self.have.state.phase in (Phase.SETTLING, Phase.GOING)
        )

    @property
    def key(self) -> Key:
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
    def blocked(self) -> bool:
        """Somebody else holds something, or something is missing: nothing can be done until that ends."""
        return any(s.verb in BLOCKING for s in self.steps)

    @property
    def settled(self) -> bool:
        """Everything is as asked, and nothing else is left."""
        return all(s.verb is Verb.KEEP for s in self.steps)

    def step(self, kind: str, name: str | None = None) -> Step | None:
        """The step of a resource; of the first of its kind that is wanted when no name is given."""
        matching = (s for s in self.steps if s.kind == kind and (s.want if name is None else s.name == name))
        return next(matching, None)
