"""What must always hold, whatever happens: it settles, only the spec counts, ours only, silence is quiet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.reconcile.kinds import BAD
from tests.unit.reconcile.operations import NO_ONE, Operation, calm, crowded, rough
from tests.unit.reconcile.world import A, B, Spec, World, fresh_shape

from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.plan import Verb

pytestmark = pytest.mark.unit

some = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


async def played(operations: Sequence[Operation]) -> World:
    world = World()
    for operation in operations:
        await operation.play(world)
    return world


async def settled(world: World) -> dict[Owner, Outcome]:
    """At rest, at first with whatever is asked for, then with good contents in the place of bad ones."""
    await world.settle()
    for owner, spec in world.specs.items():
        if spec and spec.content == BAD:
            world.specs[owner] = replace(spec, content="one")
    return await world.settle()


async def check(world: World, outcomes: dict[Owner, Outcome]) -> None:
    for owner, outcome in outcomes.items():
        if outcome.settled:
            seal = str(world.cloud.things[world.given[1].id].attrs["version"])
            assert world.shape(owner.mark) == await fresh_shape(owner, world.specs[owner], seal)
        else:
            assert_held_by_others(world, owner, outcome)


def assert_held_by_others(world: World, owner: Owner, outcome: Outcome) -> None:
    conflicts = outcome.plan.of(Verb.CONFLICT)
    assert conflicts, f"neither settled nor told why not: {outcome.plan.steps}"
    for step in conflicts:
        assert step.reason == "PathConflict"
        others = [t for t in world.cloud.things.values() if t.fields.get("mark") != str(owner.mark)]
        assert any(t.claims & step.claims or (t.kind, t.name) == step.key for t in others)


@some
@given(st.lists(calm, max_size=14))
def test_without_trouble_every_call_is_in_order(operations: list[Operation]) -> None:
    async def story() -> None:
        world = await played(operations)
        outcomes = await settled(world)
        await check(world, outcomes)
        assert world.cloud.refused == []

    run(story())


@some
@given(st.lists(rough, max_size=18))
def test_after_crashes_lost_answers_and_stale_reads_it_settles_as_a_fresh_creation(
    operations: list[Operation],
) -> None:
    async def story() -> None:
        world = await played(operations)
        await check(world, await settled(world))

    run(story())


@some
@given(st.lists(crowded, max_size=18))
def test_what_belongs_to_others_is_not_touched(operations: list[Operation]) -> None:
    async def story() -> None:
        world = World()
        foreign: dict[str, Any] = {}
        for operation in operations:
            await operation.play(world)
            foreign |= {t.id: t for t in world.cloud.things.values() if t.fields.get("mark") == NO_ONE}
        await check(world, await settled(world))
        assert {i: world.cloud.things.get(i) for i in foreign} == foreign

    run(story())


@some
@given(st.lists(rough, max_size=12))
def test_after_settling_a_new_process_writes_nothing(operations: list[Operation]) -> None:
    async def story() -> None:
        world = await played(operations)
        await settled(world)
        world.start()
        written = len(world.cloud.writes)
        for owner in world.specs:
            await world.run(owner)
        assert world.cloud.writes[written:] == []

    run(story())


@some
@given(st.lists(rough, max_size=10), st.booleans())
def test_of_two_that_want_one_path_exactly_one_gets_it(operations: list[Operation], first: bool) -> None:
    async def story() -> None:
        world = await played(operations)
        world.specs = {A: None, B: None}
        await world.settle()
        order = (A, B) if first else (B, A)
        world.specs = dict.fromkeys(order, Spec(path="p"))
        await asyncio.gather(*(world.run(owner) for owner in order))
        outcomes = await world.settle()
        assert sorted(o.settled for o in outcomes.values()) == [False, True]
        await check(world, outcomes)

    run(story())
