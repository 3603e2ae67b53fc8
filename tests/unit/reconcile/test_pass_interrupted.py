"""Lost answers, cancelled passes and crashes: what is in doubt is looked for, and nothing is made twice."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.reconcile.cloud import Crash, Fault, Session
from tests.unit.reconcile.kinds import KINDS, SignKind
from tests.unit.reconcile.outcomes import errors
from tests.unit.reconcile.world import DOUBT, A, B, Spec, World

from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import AnswerLost
from modelpoc.reconcile.plan import Verb
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit

PATH = "path:site-1:p"


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


# lost answers


@pytest.mark.parametrize("kind", ["Ground", "Sheet", "Sign", "Machine", "Door"])
@pytest.mark.parametrize("fault", [Fault.LOST_DONE, Fault.LOST_UNDONE])
async def test_after_a_lost_answer_there_is_one_of_each(world: World, kind: str, fault: Fault) -> None:
    world.cloud.scripted[f"create {kind}"].append(fault)
    world.cloud.scripted[f"list {kind}"].extend([None, Fault.STALE, Fault.STALE])
    world.cloud.scripted[f"read {kind}"].extend([Fault.STALE, Fault.STALE])
    first = await world.run(A)
    assert errors(first) == {kind: AnswerLost}
    for _ in range(3):
        await world.run(A, Ages(listing=0.0))
    await world.settle()
    kinds = sorted(t.kind for t in world.held(A.mark))
    assert kinds == ["Door", "Ground", "Machine", "Sheet", "Sign"]


async def test_what_is_in_doubt_is_not_written_before_it_was_looked_for_long_enough(world: World) -> None:
    world.cloud.scripted["create Sign"].append(Fault.LOST_UNDONE)
    await world.run(A)
    outcome = await world.run(A)
    assert outcome.in_progress
    assert world.cloud.calls["create Sign"] == 1
    await world.clock.sleep(DOUBT)
    await world.run(A)
    assert world.cloud.calls["create Sign"] == 2


async def test_a_path_that_a_lost_answer_may_have_taken_is_not_given_to_another(world: World) -> None:
    world.cloud.scripted["create Sign"].append(Fault.LOST_DONE)
    world.cloud.scripted["read Sign"].append(Fault.STALE)
    await world.run(A)
    world.specs[B] = Spec(path="p")
    outcome = await world.run(B)
    assert [s.reason for s in outcome.plan.of(Verb.CONFLICT)] == ["PathConflict"]
    assert not world.held(B.mark)


async def test_what_a_lost_answer_made_and_nobody_wants_any_more_is_collected(world: World) -> None:
    world.cloud.scripted["create Ground"].append(Fault.LOST_DONE)
    world.cloud.scripted["read Ground"].append(Fault.STALE)
    await world.run(A)
    world.specs[A] = None
    outcome = await world.run(A)
    assert not outcome.settled
    await world.settle()
    assert not world.held(A.mark)


# the end of a process, or of a pass


async def test_cancelled_it_releases_what_it_reserved_and_doubts_what_was_under_way(world: World) -> None:
    started = asyncio.Event()

    class Slow(SignKind):
        async def create(self, scope: Session, want: object) -> Observed:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

    world.use(Slow())
    running = asyncio.create_task(world.run(A))
    await started.wait()
    assert world.inventory.reserved_by(PATH) == A.mark
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.inventory.doubts(A.mark) == [("Sign", "a-1")]
    await world.clock.sleep(DOUBT + 1)
    world.use(*KINDS.values())
    await world.engine.observer.list_kinds(0.0)
    assert world.inventory.reserved_by(PATH) is None
    assert (await world.settle())[A].settled


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
@pytest.mark.parametrize("step", range(5))
async def test_a_crash_at_any_step_of_creating_leaves_no_double(
    world: World, fault: Fault, step: int
) -> None:
    name = ["Ground", "Sheet", "Sign", "Machine", "Door"][step]
    world.cloud.scripted[f"create {name}"].append(fault)
    with pytest.raises(Crash):
        await world.run(A)
    world.start()
    assert (await world.settle())[A].settled
    assert len(world.held(A.mark)) == 5


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
@pytest.mark.parametrize("name", ["Ground", "Sheet", "Sign", "Machine", "Door"])
async def test_a_crash_at_any_step_of_deleting_leaves_nothing(world: World, fault: Fault, name: str) -> None:
    await world.settle()
    world.specs[A] = None
    world.cloud.scripted[f"delete {name}"].append(fault)
    for _ in range(8):
        await world.try_run(A)
        await world.wait()
    assert not world.held(A.mark)
