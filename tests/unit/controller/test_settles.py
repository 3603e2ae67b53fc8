"""Status is written only when it differs, and time moves only with status: for every state, and for any
sequence of what may happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.controller import service_states, states, stuck_states
from tests.unit.controller.held import SETTLING, Held
from tests.unit.controller.story import BAD, GOOD, WAITING, Story
from tests.unit.controller.told import CHANGED, Tell

from modelpoc.api.conditions import ConditionStatus, ConditionType, Reason
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Goal
from modelpoc.reconcile.errors import NotYet
from modelpoc.reconcile.plan import Verb

pytestmark = pytest.mark.unit

TOLD = {name: tell for name, state, tell in states.TOLD if state != CHANGED}
"""Those that end with a look."""


@pytest.mark.parametrize("tell", TOLD.values(), ids=TOLD)
def test_a_second_look_at_the_same_changes_nothing(tell: Tell) -> None:
    story = tell()
    assert story.found is not None
    once = story.poc.status.to_dict()
    assert story.see(story.found).poc.status.to_dict() == once


# any sequence


def spec_image(story: Story, n: int) -> Story:
    return story.change(ecs={"image": f"local/echo:{n}"})


def goal_of(story: Story) -> Goal:
    return Goal.SUSPEND if story.poc.spec.suspend else Goal.RUN


def work(story: Story, n: int) -> Story:
    """A pass that carries out some of what is to be done."""
    graph = story.graph(goal_of(story))
    for step in story.held.plan(graph).ready[: n + 1]:
        story.held.carry_out(step)
    return look(story, n)


def look(story: Story, n: int) -> Story:
    return story.passed((GOOD, WAITING, BAD)[n % 3], goal=goal_of(story))


def fail_in_passing(story: Story, n: int) -> Story:
    if n % 2:
        return story.failed((stuck_states.NO_ANSWER, stuck_states.DENIED)[n // 2 % 2], goal=goal_of(story))
    error = (
        stuck_states.THROTTLED,
        stuck_states.DENIED,
        NotYet("CreateService: the target group is not attached yet"),
    )
    story.held.errors = {"TargetGroup": error[n // 2 % 3]}
    look(story, n)
    story.held.errors = {}
    return story


def by_hand(story: Story, n: int) -> Story:
    kinds = sorted({s.kind for s in story.held.plan().steps if s.verb is Verb.KEEP and s.have})
    if kinds:
        kind = kinds[n % len(kinds)]
        delete = n % 2 and kind != "Service"
        have = story.held.of_kind(kind)
        if delete:
            story.held.inventory.deleted(*have.key)
        elif "tags" in have.fields:
            story.held.change(kind, tags={})
    return look(story, n)


def rollout(story: Story, n: int) -> Story:
    service = story.held.plan().step("Service")
    if goal_of(story) is Goal.RUN and service and service.have and service.verb is not Verb.CREATE:
        running = service.have.attrs["serving"] or service.have.fields["task_definition"]
        if n % 3 == 0:
            story.held.rolled_out()
        elif n % 3 == 1:
            story.held.fail(back_to=running)
        else:
            story.held.state("Service", SETTLING, running=n % 2)
    return look(story, n)


def suspend(story: Story, n: int) -> Story:
    return story.change(suspend=not story.poc.spec.suspend)


ACTIONS: tuple[Callable[[Story, int], Story], ...] = (
    spec_image,
    work,
    work,
    look,
    fail_in_passing,
    by_hand,
    rollout,
    suspend,
)
SEQUENCES = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 11)), max_size=14)


BEGINNINGS: tuple[Tell, ...] = (
    Story,
    service_states.ready,
    service_states.rolling_out,
    stuck_states.rollout_failed_while_serving,
)


@given(st.sampled_from(BEGINNINGS), SEQUENCES)
@settings(max_examples=60, deadline=None)
def test_whatever_happens(begin: Tell, actions: list[tuple[Callable[[Story, int], Story], int]]) -> None:
    story = begin()
    for act, n in actions:
        before = story.poc
        act(story, n)
        holds(before, story.poc)
        if story.found is not None:
            once = story.poc.status.to_dict()
            assert story.see(story.found).poc.status.to_dict() == once


def holds(before: ModelPOC, after: ModelPOC) -> None:
    conditions = {c.type: c for c in after.status.conditions}
    true = {t for t, c in conditions.items() if c.status is ConditionStatus.TRUE}
    assert not {"Reconciling", "Stalled"} <= true
    for condition in after.status.conditions:
        assert condition.reason in set(Reason)
        assert condition.message or condition.status is ConditionStatus.TRUE
        old = before.status.condition(ConditionType(condition.type))
        if old and old.status == condition.status:
            assert condition.last_transition_time == old.last_transition_time
    if ready := conditions.get("Ready"):
        settled = not true & {"Reconciling", "Stalled"}
        assert not (settled and ready.status is ConditionStatus.UNKNOWN)
    assert_earned(after, conditions)


def assert_earned(poc: ModelPOC, conditions: dict[str, Any]) -> None:
    """Ready is True for this generation only when the URL answered, and something serves."""
    ready = conditions.get("Ready")
    if (
        ready
        and ready.status is ConditionStatus.TRUE
        and ready.observed_generation == poc.metadata.generation
    ):
        assert ready.reason in (Reason.READY, Reason.REPAIRING)
        assert poc.status.revision is not None


def test_a_held_pocs_words_hold() -> None:
    """The helper itself: what is made is settled, and one more look finds nothing to do."""
    held: Held = Story().ready().held
    assert held.plan().settled
