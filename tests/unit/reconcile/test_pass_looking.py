"""What a pass looks at before it does anything, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reconcile.world import A, B, Spec, World

from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import Retry

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


async def test_deep_fields_are_looked_at_when_asked_and_mended(world: World) -> None:
    await world.settle()
    ground = world.cloud.named("Ground", "a-1")
    assert ground
    world.cloud.put(replace(ground, fields={**ground.fields, "colour": "other"}))
    await world.wait()
    assert (await world.run(A, Ages(listing=0.0))).settled
    outcome = await world.run(A, Ages(deep=0.0))
    assert [str(s) for s in outcome.done] == ["update Ground/a-1"]


async def test_after_a_crash_within_a_thing_its_deep_fields_are_looked_at_at_once(world: World) -> None:
    """Some things are made by two writes; a new process finds what the first one left."""
    await world.run(A)
    ground = world.cloud.named("Ground", "a-1")
    assert ground
    world.cloud.put(replace(ground, fields={**ground.fields, "colour": "as it comes"}))
    world.start()
    outcome = await world.run(A)
    assert "update Ground/a-1" in [str(s) for s in outcome.done]


async def test_deep_fields_just_written_need_no_look(world: World) -> None:
    await world.run(A)
    world.cloud.calls.clear()
    await world.run(A, Ages(listing=1e9, settling=1e9, deep=3600.0))
    assert "read Ground" not in world.cloud.calls


async def test_all_that_is_under_way_is_looked_at_together(world: World) -> None:
    world.specs[B] = Spec(path="q")
    await world.run(A)
    await world.run(B)
    await world.clock.sleep(2)
    world.cloud.calls.clear()
    await world.run(A, Ages(listing=1e9, settling=1.0))
    await world.run(B, Ages(listing=1e9, settling=1.0))
    assert world.cloud.calls["read Machine"] == 1


async def test_what_is_given_and_missing_is_looked_for_in_each_pass(world: World) -> None:
    world.specs[A] = Spec(seal=True)
    seal = world.cloud.things.pop(world.given[1].id)
    assert (await world.run(A)).plan.blocked
    world.cloud.put(seal)
    await world.clock.sleep(2)
    assert not (await world.run(A, Ages(listing=1e9))).plan.blocked


async def test_a_new_process_finds_what_stands_at_a_place_that_is_no_longer_asked_for(world: World) -> None:
    """Deleted while the operator was down: the empty graph names no listener to look at."""
    await world.settle()
    world.specs[A] = None
    world.start()
    await world.settle()
    assert not world.held(A.mark)


async def test_nothing_is_done_for_what_cannot_be_read(world: World) -> None:
    world.cloud.scripted["list Sign"].append(Retry("later"))
    with pytest.raises(Retry):
        await world.run(A)
    assert world.cloud.writes == []
