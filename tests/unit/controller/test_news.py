"""Events: one for a change, none for a pass without one; warnings for what needs someone."""

from __future__ import annotations

import pytest
from tests.unit.controller import resting_states, service_states, states, stuck_states
from tests.unit.controller.held import up
from tests.unit.controller.story import GOOD, Story
from tests.unit.controller.told import Tell

from modelpoc.controller.news import News, of_status, of_work
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.plan import Step, Verb
from modelpoc.reconcile.resource import Change

pytestmark = pytest.mark.unit


def news(story: Story) -> list[News]:
    return of_status(story.before.status, story.poc.status)


@pytest.mark.parametrize("told", [t for _, _, t in states.TOLD], ids=[n for n, _, _ in states.TOLD])
def test_nothing_new_is_told_when_nothing_changed(told: Tell) -> None:
    status = told().poc.status
    assert of_status(status, status) == []


def test_the_first_pass_is_told() -> None:
    [told] = news(service_states.creating())
    assert (told.reason, told.warning) == ("Creating", False)


def test_ready_is_told_with_its_url() -> None:
    story = service_states.probing().passed(GOOD)
    [told] = news(story)
    assert told.reason == "Ready"
    assert "https://" in told.message


def test_progress_within_one_stretch_is_not() -> None:
    story = service_states.creating()
    story.held.make(until=lambda step: step.kind == "Service")
    assert news(story.passed()) == []


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        (stuck_states.rollout_failed_while_serving, "RolloutFailed"),
        (stuck_states.route_conflict, "RouteConflict"),
        (stuck_states.size_not_allowed_while_serving, "SizeNotAllowed"),
        (stuck_states.probe_failed, "ProbeFailed"),
    ],
)
def test_what_needs_someone_is_a_warning_with_what_to_do(story: Tell, reason: str) -> None:
    [told] = news(story())
    assert (told.reason, told.warning) == (reason, True)
    assert told.message == story().poc.status.conditions[0].message


def test_recovery_is_told() -> None:
    story = stuck_states.rollout_failed_while_serving().change(ecs={"image": "local/echo:3"})
    story.held.roll_out()
    assert [n.reason for n in news(story.passed())] == ["RollingOut"]
    story.held.rolled_out()
    story.held.make()
    assert [(n.reason, n.warning) for n in news(story.passed(GOOD))] == [("Ready", False)]


def test_coming_to_rest_is_told() -> None:
    assert [n.reason for n in news(resting_states.suspended())] == ["Suspended"]
    assert [n.reason for n in news(resting_states.expired())] == ["Expired"]


# work


def test_work_is_told_in_one_event_for_each_kind() -> None:
    held = up()
    rule = held.plan().step("ListenerRule")
    assert rule
    changed = Step(Verb.UPDATE, "TargetGroup", "g", changes=(Change("health_path", "/", "/health"),))
    made = [Step(Verb.CREATE, "Route", "r1"), Step(Verb.CREATE, "Route", "r2")]
    told = of_work(Outcome(held.plan(), (*made, changed, Step(Verb.DELETE, "LogGroup", "l"))))
    assert told == [
        News("Created", "Route r1, Route r2"),
        News("Updated", "TargetGroup g (health_path)"),
        News("Deleted", "LogGroup l"),
    ]


def test_a_pass_that_wrote_nothing_tells_nothing() -> None:
    assert of_work(up().outcome()) == []


def test_no_value_of_a_secret_is_told() -> None:
    step = Step(Verb.UPDATE, "Secret", "s", changes=(Change("value", "old-secret", "new-secret"),))
    [told] = of_work(Outcome(up().plan(), (step,)))
    assert "secret" not in told.message.replace("Secret", "")
