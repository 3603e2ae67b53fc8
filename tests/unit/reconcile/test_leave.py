"""Leaving: the mark comes off, and all else stays as it is."""

from __future__ import annotations

import pytest
from tests.unit.reconcile.cloud import Thing
from tests.unit.reconcile.world import A, Spec, World

from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.leave import leave

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


async def test_leaving_takes_the_mark_off_and_deletes_nothing(world: World) -> None:
    await world.settle()
    before = len(world.cloud.things)
    await leave(world.engine, A.mark)
    assert world.held(A.mark) == []
    assert len(world.cloud.things) == before
    assert not any(w.startswith("delete") for w in world.cloud.writes)


async def test_leaving_looks_afresh(world: World) -> None:
    """What another process made a moment ago is left as well."""
    await world.settle()
    mark = {"mark": str(A.mark), "text": ""}
    await world.wait()
    world.cloud.create(Thing("", "Note", "more", mark, attrs={"version": "1"}))
    await leave(world.engine, A.mark)
    assert world.held(A.mark) == []


async def test_leaving_tries_all_and_tells_the_first_failure(world: World) -> None:
    await world.settle()
    world.cloud.scripted["disown Sign"].append(Stall("AccessDenied", "not allowed"))
    with pytest.raises(Stall, match="not allowed"):
        await leave(world.engine, A.mark)
    assert [t.kind for t in world.held(A.mark)] == ["Sign"]
