"""What a refusal teaches: a thing is there already, its number is taken, it is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reconcile.cloud import Fault, Thing
from tests.unit.reconcile.outcomes import errors, foreign_sign
from tests.unit.reconcile.world import A, B, Spec, World, graph_of

from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import AlreadyThere, Gone, NotYet, Retry, Stall, Taken
from modelpoc.reconcile.plan import Verb

pytestmark = pytest.mark.unit

DENIED = Stall("AccessDenied", "no identity-based policy allows it")


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


async def test_already_there_and_ours_is_taken_as_it_is(world: World) -> None:
    """A crash after the creation; then a list that does not show it yet."""
    world.specs[A] = Spec(path=None)
    await world.settle()
    (ground,) = world.held(A.mark)
    world.start()
    world.cloud.hide(ground)
    world.cloud.scripted["list Ground"].append(Fault.STALE)
    outcome = await world.run(A)
    assert outcome.settled
    assert outcome.done == ()
    assert world.cloud.calls["create Ground"] == 2


async def test_already_there_and_somebody_elses_is_a_conflict(world: World) -> None:
    await world.run(A)
    world.specs[B] = Spec(path="q")
    world.cloud.create(Thing("", "Machine", "b", {"mark": "", "sheet": "", "ground": "", "power": 1}))
    outcome = await world.run(B, Ages(listing=1e9))
    assert [s.kind for s in outcome.plan.of(Verb.CONFLICT)] == ["Machine"]
    assert not errors(outcome)


async def test_already_there_and_not_to_be_seen_is_tried_later(world: World) -> None:
    world.cloud.scripted["create Ground"].append(AlreadyThere("it exists"))
    outcome = await world.run(A)
    assert errors(outcome) == {"Ground": Retry}
    assert world.cloud.calls["create Ground"] == 1
    assert world.inventory.doubted("Ground", "a-1")


async def test_a_number_that_is_taken_is_chosen_anew(world: World) -> None:
    await world.run(A)
    foreign_sign(world, "x", number=2)
    world.specs[B] = Spec(path="q")
    outcome = await world.run(B, Ages(listing=1e9))
    assert not outcome.errors
    assert {t.fields["number"] for t in world.held(B.mark) if t.kind == "Sign"} == {3}


async def test_a_number_is_chosen_three_times_at_most(world: World) -> None:
    world.cloud.scripted["create Sign"].extend([Taken("in use")] * 5)
    outcome = await world.run(A)
    assert errors(outcome) == {"Sign": Retry}
    assert world.cloud.calls["create Sign"] == 3


async def test_a_given_number_that_turns_out_taken_is_a_conflict(world: World) -> None:
    await world.run(A)
    foreign_sign(world, "x", number=9)
    graph = graph_of(B, Spec(path="q"))
    numbered = [replace(r, number=9) if r.kind == "Sign" else r for r in graph]
    outcome = await world.engine.run(type(graph)(numbered), B.mark, ages=Ages(listing=1e9))
    assert [s.reason for s in outcome.plan.of(Verb.CONFLICT)] == ["NumberConflict"]


async def test_deleting_what_is_gone_is_done(world: World) -> None:
    await world.settle()
    door = world.cloud.named("Door", "p")
    assert door
    world.cloud.delete(door.id)
    world.specs[A] = Spec(door=False)
    outcome = await world.run(A, Ages(listing=1e9))
    assert outcome.settled


async def test_changing_what_is_gone_makes_it_anew_in_the_same_pass(world: World) -> None:
    await world.settle()
    door = world.cloud.named("Door", "p")
    assert door
    world.cloud.delete(door.id)
    world.specs[A] = Spec(width=2)
    outcome = await world.run(A, Ages(listing=1e9))
    assert outcome.settled
    assert [s.verb for s in outcome.done] == [Verb.CREATE]


async def test_when_what_it_refers_to_is_gone_the_thing_itself_is_not_made_twice(world: World) -> None:
    """AWS says "not found" of either; a rule taken for gone would be created a second time."""
    await world.settle()
    world.cloud.things = {i: t for i, t in world.cloud.things.items() if t.kind != "Ground"}
    graph = [replace(r, path="q") if r.kind == "Sign" else r for r in graph_of(A, Spec())]
    outcome = await world.engine.run(type(graph_of(A, None))(graph), A.mark, ages=Ages(listing=1e9))
    assert not outcome.errors
    assert [t.kind for t in world.held(A.mark)].count("Sign") == 1
    assert world.cloud.named("Ground", "a-1")


@pytest.mark.parametrize(("spec", "verb"), [(Spec(width=2), "update"), (Spec(door=False), "delete")])
async def test_what_is_gone_may_be_refused_by_a_policy_that_goes_by_tags(
    world: World, spec: Spec, verb: str
) -> None:
    await world.settle()
    door = world.cloud.named("Door", "p")
    assert door
    world.cloud.delete(door.id)
    world.specs[A] = spec
    world.cloud.scripted[f"{verb} Door"].append(DENIED)
    outcome = await world.run(A, Ages(listing=1e9))
    assert outcome.settled


async def test_what_is_there_and_refused_is_not_tried_again(world: World) -> None:
    await world.settle()
    world.specs[A] = Spec(width=2)
    world.cloud.scripted["update Door"].append(DENIED)
    outcome = await world.run(A, Ages(listing=1e9))
    assert list(outcome.errors.values()) == [DENIED]
    assert world.cloud.calls["update Door"] == 1


async def test_when_nothing_is_seen_to_be_gone_it_is_tried_later(world: World) -> None:
    world.cloud.scripted["create Sign"].append(Gone("no such ground"))
    outcome = await world.run(A)
    assert errors(outcome) == {"Sign": NotYet}
    assert world.cloud.calls["create Ground"] == 1
