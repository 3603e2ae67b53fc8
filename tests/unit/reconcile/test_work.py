"""One pass: what it does at once, and what refusals teach it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.unit.reconcile.cloud import Crash, Fault, Session, Thing
from tests.unit.reconcile.kinds import (
    BAD,
    KINDS,
    Ground,
    GroundKind,
    Machine,
    MachineKind,
    NoteKind,
    Sign,
    SignKind,
    ThingKind,
)
from tests.unit.reconcile.world import DOUBT, A, B, Spec, World, graph_of

from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.errors import (
    AlreadyThere,
    AnswerLost,
    CloudError,
    Gone,
    Misplaced,
    NotYet,
    Retry,
    Stall,
    Taken,
)
from modelpoc.reconcile.leave import leave
from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.plan import Step, Verb
from modelpoc.reconcile.resource import Change, Observed, Phase

pytestmark = pytest.mark.unit

PATH = "path:site-1:p"
DENIED = Stall("AccessDenied", "no identity-based policy allows it")


@pytest.fixture
def world() -> World:
    world = World()
    world.specs[A] = Spec()
    return world


def errors(outcome: Outcome) -> dict[str, type[CloudError]]:
    return {kind: type(e) for (kind, _), e in outcome.errors.items()}


def foreign_sign(world: World, path: str = "p", number: int = 1) -> Thing:
    site = world.given[0].id
    values = {"site": site, "path": path, "number": number, "mark": ""}
    claims = frozenset({f"path:{site}:{path}", f"number:{number}"})
    return world.cloud.create(Thing("", "Sign", "foreign", values, refs=frozenset({site}), claims=claims))


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
            await asyncio.wait_for(both.wait(), 5)
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
            await asyncio.wait_for(sheet_done.wait(), 5)
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


# what refusals teach


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


# looking


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


# leaving


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
