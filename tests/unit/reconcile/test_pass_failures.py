"""What fails or breaks: what it stops, how it is explained, and when it is tried again."""

from __future__ import annotations

import pytest
from tests.unit.reconcile.cloud import Session
from tests.unit.reconcile.kinds import BAD, KINDS, Ground, GroundKind, MachineKind
from tests.unit.reconcile.outcomes import errors
from tests.unit.reconcile.world import A, Spec, World

from modelpoc.reconcile.errors import NotYet, Retry, Stall
from modelpoc.reconcile.plan import Verb
from modelpoc.reconcile.resource import Change, Observed

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


# failures


async def test_a_failure_stops_what_depends_on_it_and_nothing_else(world: World) -> None:
    world.cloud.scripted["create Sheet"].append(Stall("Bad", "no such sheet"))
    outcome = await world.run(A)
    assert errors(outcome) == {"Sheet": Stall}
    assert world.cloud.writes == ["create Ground", "create Sign"]
    assert not outcome.settled


async def test_what_failed_is_not_tried_again_in_the_same_pass_and_is_in_the_next(world: World) -> None:
    world.cloud.scripted["create Ground"].append(NotYet("wait"))
    assert errors(await world.run(A)) == {"Ground": NotYet}
    assert world.cloud.calls["create Ground"] == 1
    await world.run(A)
    assert world.held(A.mark)[-1].kind == "Door"


async def test_a_fault_of_ours_lets_the_others_end_and_is_raised(world: World) -> None:
    class Faulty(GroundKind):
        async def create(self, scope: Session, want: object) -> Observed:
            raise ZeroDivisionError

    world.use(Faulty())
    with pytest.raises(ZeroDivisionError):
        await world.run(A)
    assert world.cloud.writes == ["create Sheet"]
    assert world.inventory.doubts(A.mark) == [("Ground", "a-1")]
    assert world.inventory.reserved() == frozenset()


async def test_what_is_accepted_and_does_not_show_is_not_written_again_and_again(world: World) -> None:
    class Deaf(GroundKind):
        async def update(
            self, scope: Session, want: Ground, have: Observed, changes: tuple[Change, ...]
        ) -> Observed:
            await scope.write("update Ground", lambda: None)
            return have

    await world.settle()
    world.use(Deaf())
    world.specs[A] = Spec(size=2)
    outcome = await world.run(A)
    assert errors(outcome) == {"Ground": Retry}
    assert "does not show in size" in str(outcome.errors[("Ground", "a-1")])
    assert world.cloud.calls["update Ground"] == 1


# what breaks


async def test_what_breaks_is_explained_once_and_not_tried_again(world: World) -> None:
    await world.settle()
    world.specs[A] = Spec(content=BAD)
    outcome = (await world.settle())[A]
    broken = outcome.plan.of(Verb.BROKEN)
    assert [s.kind for s in broken] == ["Machine"]
    assert outcome.explained == {("Machine", "a"): "it says: bad sheet"}
    asked, written = world.cloud.calls["explain Machine"], len(world.cloud.writes)
    await world.run(A)
    assert (world.cloud.calls["explain Machine"], len(world.cloud.writes)) == (asked, written)


async def test_the_predecessor_stays_as_long_as_what_replaces_it_is_broken(world: World) -> None:
    await world.settle()
    world.specs[A] = Spec(content=BAD)
    await world.settle()
    contents = [t.fields["content"] for t in world.held(A.mark) if t.kind == "Sheet"]
    assert sorted(contents) == [BAD, "one"]
    world.specs[A] = Spec(content="two")
    assert (await world.settle())[A].settled
    assert [t.fields["content"] for t in world.held(A.mark) if t.kind == "Sheet"] == ["two"]


async def test_an_explanation_that_cannot_be_had_is_no_failure(world: World) -> None:
    world.specs[A] = Spec(content=BAD)
    await world.settle()
    world.start()
    world.cloud.scripted["explain Machine"].append(Retry("later"))
    first = await world.run(A)
    assert first.explained == {("Machine", "a"): ""}

    class Silent(MachineKind):
        async def explain(self, scope: Session, have: Observed) -> str:
            return ""

    loud = KINDS["Machine"]
    world.use(Silent())
    assert (await world.run(A)).explained == {("Machine", "a"): ""}
    world.use(loud)
    assert (await world.run(A)).explained == {("Machine", "a"): "it says: bad sheet"}
