"""What can only be made anew: the old goes when the new one is there."""

from __future__ import annotations

import pytest
from tests.unit.reconcile.cloud import Session
from tests.unit.reconcile.kinds import BAD, Machine, MachineKind, Sign, SignKind
from tests.unit.reconcile.world import A, Spec, World

from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import Misplaced
from modelpoc.reconcile.plan import Verb
from modelpoc.reconcile.resource import Change, Observed, Phase

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


async def test_what_cannot_be_moved_is_made_anew_and_the_old_is_collected(world: World) -> None:
    class Rooted(SignKind):
        async def update(
            self, scope: Session, want: Sign, have: Observed, changes: tuple[Change, ...]
        ) -> Observed:
            raise Misplaced(f"{have} cannot be moved")

    await world.settle()
    world.use(Rooted())
    world.specs[A] = Spec(path="q")
    assert not (await world.run(A)).errors
    await world.settle()
    assert [t.fields["path"] for t in world.held(A.mark) if t.kind == "Sign"] == ["q"]


async def test_what_can_only_be_made_again_is_taken_down_and_made_within_the_passes_that_follow(
    world: World,
) -> None:
    class Kiln(MachineKind):
        def replaces(self, want: Machine, have: Observed) -> bool:
            return have.state.phase is Phase.BROKEN and want.sheet != have.attrs["failed"]

    world.use(Kiln())
    world.specs[A] = Spec(content=BAD, door=False)
    (broken,) = (await world.settle()).values()
    assert [s.kind for s in broken.plan.of(Verb.BROKEN)] == ["Machine"]
    world.specs[A] = Spec(content="two", door=False)
    assert [s.verb for s in (await world.run(A)).done if s.kind == "Machine"] == [Verb.REPLACE]
    (mended,) = (await world.settle()).values()
    assert mended.settled
    assert world.cloud.calls["delete Machine"] == 1
    assert world.cloud.calls["create Machine"] == 2


async def test_the_door_always_leads_to_what_runs_while_another_machine_takes_over(world: World) -> None:
    await world.settle()
    for machine in ("-2", ""):
        world.specs[A] = Spec(machine=machine)
        for _ in range(12):
            await world.run(A, Ages(listing=0.0, settling=0.0))
            door = world.cloud.named("Door", "p")
            assert door
            led_to = world.cloud.things[str(door.fields["to"])]
            assert led_to.state(world.clock()).phase is Phase.SETTLED
            await world.clock.sleep(1.0)
        assert [t.name for t in world.held(A.mark) if t.kind == "Machine"] == [f"a{machine}"]
