"""Another try that somebody asked for: when it counts as begun."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.controller.endpoint_states import (
    artifact_not_found,
    endpoint_failed,
    endpoint_ready,
    endpoint_rolled_back,
    function_failed,
)
from tests.unit.controller.service_states import ready
from tests.unit.controller.story import Story
from tests.unit.controller.stuck_states import (
    access_denied,
    first_rollout_failed,
    rollout_failed_while_serving,
)
from tests.unit.controller.told import Tell

from modelpoc.controller.motion import changed_since, gave_up
from modelpoc.controller.running import bears_on_rollout, untried
from modelpoc.reconcile.errors import AnswerLost, CloudError, Retry
from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.plan import Plan

pytestmark = pytest.mark.unit


def changed() -> Story:
    """A new image, its revision there, the service not yet told."""
    story = ready().change(ecs={"image": "local/echo:2"})
    story.held.make(until=lambda step: step.kind == "Service")
    return story


def test_it_is_not_begun_before_what_runs_is_written() -> None:
    assert untried(changed().held.outcome())


def test_it_is_begun_once_that_is_written_whatever_the_plan_says_since() -> None:
    outcome = changed().held.outcome()
    service = outcome.plan.step("Service")
    assert service
    assert not untried(replace(outcome, done=(service,)))
    others = tuple(s for s in outcome.plan.steps if s.kind != "Service")
    assert untried(replace(outcome, done=others))


@pytest.mark.parametrize(("error", "again"), [(Retry("throttled"), True), (AnswerLost("no answer"), False)])
def test_it_is_not_begun_when_aws_refused_for_now(error: CloudError, again: bool) -> None:
    """What it then did is in doubt, and waited for."""
    story = ready()
    story.held.errors["Service"] = error
    assert untried(story.held.outcome()) is again


def test_nor_when_aws_refused_the_function_for_now() -> None:
    story = function_failed()
    story.held.errors["Function"] = Retry("throttled")
    assert untried(story.held.outcome())


@pytest.mark.parametrize(
    "tell",
    [
        first_rollout_failed,
        rollout_failed_while_serving,
        endpoint_failed,
        endpoint_rolled_back,
        function_failed,
    ],
)
def test_what_aws_gave_up_on_can_be_tried_again(tell: Tell) -> None:
    assert gave_up(tell().poc.status)


@pytest.mark.parametrize(
    ("change", "bears"),
    [
        ({"ecs": {"healthCheck": {"path": "/well"}}}, True),
        ({"ecs": {"healthCheck": {"gracePeriodSeconds": 900}}}, True),
        ({"tags": {"team": "blue"}}, False),
        ({"ecs": {"image": "local/echo:2"}}, False),
        ({}, False),
    ],
)
def test_some_changes_make_no_revision_and_bear_on_its_rollout(change: dict[str, Any], bears: bool) -> None:
    """A new revision needs no other try of the one before it."""
    story = ready().change(**change) if change else ready()
    assert bears_on_rollout(story.held.plan()) is bears


@pytest.mark.parametrize("tell", [first_rollout_failed, endpoint_rolled_back])
def test_a_changed_spec_is_another_try_once(tell: Tell) -> None:
    poc = tell().poc
    assert not changed_since(poc)
    later = poc.metadata.model_copy(update={"generation": poc.metadata.generation + 1})
    assert changed_since(poc.model_copy(update={"metadata": later}))


def test_a_changed_spec_of_what_is_well_is_no_other_try() -> None:
    assert not changed_since(ready().change(ecs={"image": "local/echo:2"}).poc)


@pytest.mark.parametrize("tell", [ready, endpoint_ready, access_denied, artifact_not_found])
def test_otherwise_there_is_nothing_to_try_again(tell: Tell) -> None:
    assert not gave_up(tell().poc.status)


def test_there_is_nothing_to_try_where_nothing_is_to_be_written() -> None:
    assert not untried(ready().held.outcome())
    assert not untried(Outcome(Plan()))
