"""AWS forgets a stopped task after an hour; what it said of a failed rollout stays said."""

from __future__ import annotations

import pytest
from tests.unit.controller.story import Story

from modelpoc.api.conditions import ConditionType

pytestmark = pytest.mark.unit

WORDS = "container exited with 3: Essential container in task exited; last lines: no weights"


def _failed(story: Story, image: str, words: str) -> Story:
    """Changed to an image whose rollout fails, which AWS explains by `words`."""
    before = story.held.of_kind("Service").attrs["serving"]
    story.change(ecs={"image": image}).during(lambda held: held.roll_out())
    story.passed()
    story.held.fail(back_to=before)
    story.held.explained["Service"] = words
    return story.passed()


def _message(story: Story) -> str:
    stalled = story.poc.status.condition(ConditionType.STALLED)
    assert stalled is not None
    assert stalled.reason == "RolloutFailed"
    return stalled.message


def test_what_was_said_stays() -> None:
    story = _failed(Story().ready(), "local/echo:2", WORDS)
    told = _message(story)
    assert WORDS in told
    story.held.explained.clear()
    assert _message(story.passed()) == told


def test_another_failure_is_not_told_in_words_of_the_one_before() -> None:
    story = _failed(_failed(Story().ready(), "local/echo:2", WORDS), "local/echo:3", "")
    assert WORDS not in _message(story)
    assert "AWS gives no reason" in _message(story)


def test_a_better_explanation_replaces_it() -> None:
    story = _failed(Story().ready(), "local/echo:2", "container exited with 3")
    story.held.explained["Service"] = WORDS
    assert WORDS in _message(story.passed())
