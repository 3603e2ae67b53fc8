"""What a pass came to, and what a stranger put in its way."""

from __future__ import annotations

from tests.unit.reconcile.cloud import Thing
from tests.unit.reconcile.world import World

from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.outcome import Outcome


def errors(outcome: Outcome) -> dict[str, type[CloudError]]:
    return {kind: type(e) for (kind, _), e in outcome.errors.items()}


def foreign_sign(world: World, path: str = "p", number: int = 1) -> Thing:
    site = world.given[0].id
    values = {"site": site, "path": path, "number": number, "mark": ""}
    claims = frozenset({f"path:{site}:{path}", f"number:{number}"})
    return world.cloud.create(Thing("", "Sign", "foreign", values, refs=frozenset({site}), claims=claims))
