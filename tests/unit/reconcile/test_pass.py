"""One pass: what it does at once, in which order and at what price; and two at once."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.reconcile.cloud import Session
from tests.unit.reconcile.kinds import GroundKind, NoteKind, ThingKind
from tests.unit.reconcile.outcomes import foreign_sign
from tests.unit.reconcile.world import A, B, Spec, World, graph_of

from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import CloudError, Stall
from modelpoc.reconcile.plan import Step, Verb
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


# one pass


async def test_dependants_run_in_the_same_pass(world: World) -> None:
    outcome = await world.run(A)
    assert world.cloud.writes == [
        "create Ground", "create Sheet", "create Sign", "create Machine", "create Door",
    ]  # fmt: skip
    assert [s.kind for s in outcome.done] == ["Ground", "Sheet", "Sign", "Machine", "Door"]
    assert outcome.in_progress
    assert not outcome.settled


async def test_each_thing_costs_one_call_and_nothing_is_read_between_writes(world: World) -> None:
    await world.run(A)
    before = world.cloud.calls.copy()
    world.specs[B] = Spec(path="q")
    await world.run(B, Ages(listing=1e9))
    calls = world.cloud.calls - before
    assert {k: v for k, v in calls.items() if not k.startswith("create")} == {}
    assert set(calls.values()) == {1}


async def test_what_does_not_depend_on_each_other_runs_side_by_side(world: World) -> None:
    world.specs[A] = Spec(note="x")
    under_way: set[str] = set()
    both = asyncio.Event()

    class Held(ThingKind):
        async def create(self, scope: Session, want: object) -> Observed:
            under_way.add(self.kind)
            if len(under_way) == 2:
                both.set()
            await asyncio.wait_for(both.wait(), 60)
            return await super().create(scope, want)

    class HeldGround(Held, GroundKind): ...

    class HeldNote(Held, NoteKind): ...

    world.use(HeldGround(), HeldNote())
    assert not (await world.run(A)).errors


async def test_what_is_under_way_is_not_begun_again_when_something_else_ends(world: World) -> None:
    world.specs[A] = Spec(note="x")
    sheet_done = asyncio.Event()

    class Slow(GroundKind):
        async def create(self, scope: Session, want: object) -> Observed:
            await asyncio.wait_for(sheet_done.wait(), 60)
            return await super().create(scope, want)

    def tell(step: Step, error: CloudError | None) -> None:
        if step.kind == "Sheet":
            sheet_done.set()

    world.use(Slow())
    await world.engine.run(graph_of(A, Spec()), A.mark, on_step=tell)
    assert world.cloud.calls["create Ground"] == 1


async def test_what_stands_at_a_place_named_just_now_is_known_before_anything_is_done(world: World) -> None:
    foreign_sign(world)
    outcome = await world.engine.run(graph_of(A, Spec()), A.mark)
    assert [s.reason for s in outcome.plan.of(Verb.CONFLICT)] == ["PathConflict"]
    assert not world.held(A.mark)


async def test_an_unchanged_owner_causes_no_write_and_no_read_by_name(world: World) -> None:
    await world.settle()
    world.cloud.calls.clear()
    outcome = await world.run(A, Ages(listing=1e9, settling=1e9))
    assert outcome.settled
    assert not world.cloud.calls


async def test_steps_are_told_as_they_end(world: World) -> None:
    world.cloud.scripted["create Sign"].append(Stall("Bad", "no such sign"))
    told: list[tuple[str, bool]] = []

    def tell(step: Step, error: CloudError | None) -> None:
        told.append((step.kind, error is None))

    await world.engine.run(graph_of(A, Spec()), A.mark, on_step=tell)
    assert told == [("Ground", True), ("Sheet", True), ("Sign", False)]


# claims


async def test_two_at_once_for_one_path_and_only_one_begins(world: World) -> None:
    world.specs[B] = Spec(path="p")
    await asyncio.gather(world.run(A), world.run(B))
    assert sum(bool(world.held(o.mark)) for o in (A, B)) == 1
    outcomes = await world.settle()
    assert sorted(o.settled for o in outcomes.values()) == [False, True]


async def test_the_second_gets_the_path_when_the_first_gives_it_up(world: World) -> None:
    await world.settle()
    world.specs[B] = Spec(path="p")
    assert (await world.run(B)).plan.blocked
    world.specs[A] = Spec(path="q")
    outcomes = await world.settle()
    assert all(o.settled for o in outcomes.values())


async def test_two_of_one_owner_do_not_stand_in_each_others_way(world: World) -> None:
    world.specs[B] = Spec(path="q")
    outcomes = await asyncio.gather(world.run(A), world.run(B))
    assert not any(o.errors for o in outcomes)
    numbers = [t.fields["number"] for t in world.cloud.things.values() if t.kind == "Sign"]
    assert len(set(numbers)) == 2
