"""Giving up ownership: what an owner holds stays where it is and is no one's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelpoc.reconcile.act import Ages, Engine
from modelpoc.reconcile.errors import CloudError, Gone
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed

_SIGNS: dict[str, Any] = {"tags": {}, "mark": ""}
"""Fields in which an owner stands."""


async def leave(engine: Engine, mark: Mark) -> None:
    """Takes `mark` off everything that carries it, by a fresh look.

    Raises the first `CloudError`, after having tried all.
    """
    await engine.observe(Graph(), mark, Ages(listing=0.0))
    first: CloudError | None = None
    for have in engine.inventory.owned(mark):
        try:
            await engine.kinds[have.kind].disown(engine.scope, have)
            engine.inventory.wrote(disowned(have))
        except Gone:
            engine.inventory.deleted(*have.key)
        except CloudError as error:
            first = first or error
    if first:
        raise first


def disowned(have: Observed) -> Observed:
    """How it is from now on. Did it still show our signs, whoever adopts it would find nothing to do."""
    bare = {name: _SIGNS.get(name, value) for name, value in have.fields.items()}
    return replace(have, owner=None, fields=bare)
