"""What counts as news: one message for one transition, none for a pass without one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.controller import resting_states, service_states, stuck_states
from tests.unit.controller.story import GOOD, Story
from tests.unit.controller.told import Tell
from tests.unit.notify.reader import (
    ALL,
    START,
    Reader,
    creating,
    failed,
    resting,
    rolling,
    serving,
    status,
    told_of,
)

from modelpoc.api.conditions import Reason
from modelpoc.api.modelpoc import ModelPOCStatus, NotificationEvent
from modelpoc.notify.transitions import CALM, UNREADY_FOR, ripens_in
from modelpoc.notify.wants import Wants

pytestmark = pytest.mark.unit
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def live() -> Reader:
    """Of a POC that became Ready in its first generation."""
    reader = Reader()
    reader.sees(creating())
    reader.sees(serving())
    assert reader.kinds() == ["Succeeded"]
    return reader


def test_the_first_ready_is_a_success() -> None:
    live()


def test_so_is_the_first_ready_after_a_change() -> None:
    reader = live()
    reader.sees(rolling(2))
    assert [n.event for n in reader.sees(serving(2))] == ["Succeeded"]


def test_a_change_that_touches_nothing_is_none() -> None:
    reader = live()
    assert reader.sees(serving(2)) == []
    reader.sees(status(Reason.REPAIRING, 2))
    assert reader.sees(serving(2)) == []


def test_a_failure_is_told_with_its_reason_and_once_in_a_generation() -> None:
    reader = live()
    [news] = reader.sees(failed(generation=2))
    assert (news.event, news.reason) == ("Failed", "RolloutFailed")
    for _ in range(5):  # tried again and again
        reader.sees(rolling(2))
        assert reader.sees(failed(generation=2)) == []
    assert [n.event for n in reader.sees(failed(generation=3))] == ["Failed"]


def test_what_passes_within_seconds_is_no_failure() -> None:
    """A Secret is applied a moment after the POC that names it."""
    for reason, news in ((Reason.SECRET_NOT_FOUND, []), (Reason.ROLLOUT_FAILED, ["Failed"])):
        reader = Reader()
        missing = status(reason, stalled=True, since=START + SECOND, revision=None)
        assert [n.event for n in reader.sees(missing, SECOND)] == news
        assert (ripens_in(missing, reader.now) is None) == bool(news)
    reader = Reader()
    missing = status(Reason.SECRET_NOT_FOUND, stalled=True, since=START + SECOND, revision=None)
    reader.sees(missing, SECOND)
    reader.sees(serving(), SECOND)
    assert reader.kinds() == ["Succeeded"]
    reader = Reader()
    reader.sees(missing, SECOND)
    wait = ripens_in(missing, reader.now)
    assert wait is not None
    assert [n.event for n in reader.sees(missing, timedelta(seconds=wait))] == ["Failed"]
    assert ripens_in(missing, reader.now) is None


def test_another_reason_of_the_same_failure_is_told_but_none_twice() -> None:
    reader = live()
    reasons = [Reason.QUOTA_EXCEEDED, Reason.ACCESS_DENIED] * 5
    told = [n.reason for reason in reasons for n in reader.sees(failed(reason))]
    assert told == ["QuotaExceeded", "AccessDenied"]


def test_ready_after_a_failure_is_a_recovery_by_itself_or_by_a_change() -> None:
    for generation in (1, 2):
        reader = live()
        reader.sees(failed())
        reader.sees(rolling(generation))
        [news] = reader.sees(serving(generation))
        assert (news.event, news.reason) == ("Recovered", "RolloutFailed")


def test_a_mended_failure_is_a_success_for_whoever_wants_no_recoveries() -> None:
    reader = Reader(replace(ALL, events=frozenset({NotificationEvent.SUCCESS})), old=serving())
    reader.sees(failed(generation=2))
    reader.sees(serving(3))
    assert reader.kinds() == ["Succeeded"]


def test_not_answering_for_a_while_is_a_failure_only_when_it_served_and_lasts() -> None:
    for early in (creating, lambda: rolling(2)):
        reader = live()
        reader.sees(early())
        down = status(Reason.AWS_UNAVAILABLE, 2, since=reader.now)
        assert reader.sees(down, UNREADY_FOR * 2) == []
    reader = live()
    down = status(Reason.REPAIRING, since=reader.now)
    assert reader.sees(down, UNREADY_FOR - MINUTE) == []
    assert [n.event for n in reader.sees(down, MINUTE)] == ["Failed"]
    assert [n.event for n in reader.sees(serving(since=reader.now), MINUTE)] == ["Recovered"]


def test_flapping_is_told_twice_and_then_waits_for_calm() -> None:
    reader = live()
    for _ in range(20):
        reader.sees(failed(Reason.PROBE_FAILED))
        reader.sees(serving(since=reader.now + MINUTE))
    assert reader.kinds() == ["Succeeded", *["Failed", "Recovered"] * 2, "Failed"]
    steady = serving(since=reader.now)
    assert reader.sees(steady, CALM - MINUTE) == []
    assert [n.event for n in reader.sees(steady, MINUTE)] == ["Recovered"]
    reader.sees(failed(Reason.PROBE_FAILED), HOUR * 2)
    assert [n.event for n in reader.sees(serving(since=reader.now + MINUTE))] == ["Recovered"]


def test_suspension_is_told_and_the_resumed_one_is_a_success() -> None:
    reader = live()
    reader.sees(status(Reason.SUSPENDING, 2))
    assert [n.event for n in reader.sees(resting())] == ["Suspended"]
    reader.sees(status(Reason.CREATING, 3, revision=None))
    assert [n.event for n in reader.sees(serving(3))] == ["Succeeded"]


def test_one_that_is_created_suspended_is_no_news() -> None:
    reader = Reader()
    assert reader.sees(resting(generation=1)) == []
    assert [n.event for n in reader.sees(serving(2))] == ["Succeeded"]


def test_a_coming_end_is_told_once_and_again_when_it_was_put_off() -> None:
    reader = live()
    end = START + timedelta(days=10)

    def ends(at: timedelta) -> ModelPOCStatus:
        return serving().model_copy(update={"expires_at": START + at})

    assert reader.sees(ends(timedelta(days=10)), timedelta(days=8)) == []
    [news] = reader.sees(ends(timedelta(days=10)), timedelta(days=1))
    assert (news.event, reader.status.expires_at) == ("Expiring", end)
    assert reader.sees(ends(timedelta(days=10))) == []
    assert reader.sees(ends(timedelta(days=12))) == []
    assert [n.event for n in reader.sees(ends(timedelta(days=12)), timedelta(days=2))] == ["Expiring"]
    over = resting(Reason.EXPIRED, 1).model_copy(update={"expires_at": START + timedelta(days=12)})
    assert [n.event for n in reader.sees(over, timedelta(days=1))] == ["Expired"]
    assert reader.sees(over) == []


def test_a_short_life_is_warned_of_in_its_last_quarter() -> None:
    reader = live()
    soon = serving().model_copy(update={"expires_at": START + timedelta(hours=4)})
    assert reader.sees(soon, timedelta(hours=2)) == []
    assert [n.event for n in reader.sees(soon, HOUR)] == ["Expiring"]


def test_what_is_there_when_news_are_switched_on_is_none() -> None:
    for there in (serving(), failed(), resting()):
        reader = Reader(old=there)
        for _ in range(3):
            assert reader.sees(there) == []
        assert reader.writes == 0
    reader = Reader(old=failed())
    assert [n.event for n in reader.sees(serving())] == ["Recovered"]
    reader = Reader(old=rolling(2))
    assert [n.event for n in reader.sees(serving(2))] == ["Succeeded"]


def test_a_pass_repeated_a_hundred_times_sends_and_writes_nothing() -> None:
    for there in (serving(2), failed(generation=2), resting()):
        reader = live()
        reader.sees(there)
        told, writes = len(reader.news), reader.writes
        for _ in range(100):
            assert reader.sees(there, timedelta(seconds=5)) == []
        assert (len(reader.news), reader.writes) == (told, writes)


def test_what_is_not_wanted_is_not_told_and_costs_no_write_of_its_own() -> None:
    reader = Reader(Wants(frozenset(), ("slack",), HOUR))
    passes = [creating(), serving(), failed(generation=2), serving(3), resting(generation=4)]
    for found in passes:
        assert reader.sees(found) == []
        assert reader.sees(found) == []
    assert reader.writes == len(passes)


def test_without_a_place_to_send_to_nothing_is_remembered() -> None:
    reader = Reader(None)
    for found in (creating(), serving(), failed(generation=2)):
        reader.sees(found)
    assert reader.status.notified is None


def test_what_was_not_sent_yet_stays_to_be_sent_with_the_same_id() -> None:
    reader = live()
    reader.dead = True
    reader.sees(failed(generation=2))
    reader.sees(failed(generation=2))
    reader.sees(serving(3))
    pending = reader.status.notified.pending if reader.status.notified else ()
    assert [n.event for n in pending] == ["Failed", "Recovered"]
    assert len({n.id for n in pending}) == 2
    reader.wants = None
    reader.sees(serving(3))
    assert reader.status.notified is not None
    assert reader.status.notified.pending == ()


# what the operator's own code writes


@pytest.mark.parametrize(
    ("tell", "news"),
    [
        (service_states.creating, []),
        (service_states.probing, []),
        (stuck_states.rollout_failed_while_serving, ["Failed"]),
        (stuck_states.access_denied, []),
        (stuck_states.probe_failed, ["Failed"]),
        (resting_states.suspended, ["Suspended"]),
        (resting_states.expired, ["Expired"]),
        (resting_states.suspended_from_the_start, []),
    ],
)
def test_the_statuses_of_real_passes(tell: Tell, news: list[str]) -> None:
    story = tell()
    assert told_of(story, Reader(old=story.before.status)) == news


def test_what_really_lasts_is_told() -> None:
    reader = Reader()
    assert told_of(stuck_states.access_denied(), reader) == []
    assert [n.event for n in reader.sees(stuck_states.access_denied().poc.status)] == ["Failed"]


def test_a_real_first_success() -> None:
    reader = Reader()
    story = Story().passed()
    assert told_of(story, reader) == []
    assert told_of(story.ready(), reader) == ["Succeeded"]
    assert told_of(story.passed(GOOD), reader) == []


# any history

STATES: Sequence[Callable[[int], ModelPOCStatus]] = (
    lambda g: status(Reason.CREATING, g, revision=None),
    serving,
    rolling,
    lambda g: failed(Reason.ROLLOUT_FAILED, g),
    lambda g: failed(Reason.QUOTA_EXCEEDED, g),
    lambda g: status(Reason.REPAIRING, g),
    lambda g: status(Reason.AWS_UNAVAILABLE, g),
    lambda g: resting(Reason.SUSPENDED, g),
    lambda g: resting(Reason.EXPIRED, g),
)


def histories(
    *beside: st.SearchStrategy[Any], max_size: int = 25
) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Statuses of one object, each with what is drawn beside it; an API server counts generations up only."""
    step = st.tuples(st.sampled_from(STATES), st.booleans(), *beside)

    def told(steps: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        generations = itertools.accumulate((int(changed) for _, changed, *_ in steps), initial=1)
        return [(state(g), *rest) for g, (state, _, *rest) in zip(generations, steps, strict=False)]

    return st.lists(step, max_size=max_size).map(told)


AFTER = st.sampled_from([timedelta(seconds=5), MINUTE, timedelta(minutes=20), timedelta(hours=2)])


@given(histories(AFTER, st.integers(1, 3)))
def test_never_two_messages_for_one_transition(history: list[tuple[ModelPOCStatus, timedelta, int]]) -> None:
    reader, before = Reader(), ModelPOCStatus()
    for found, after, times in history:
        ripens = ripens_in(before, reader.now) is not None
        told = [n for _ in range(times) for n in reader.sees(found, after)]
        assert len(told) <= 1, told
        turned = found.conditions != before.conditions
        waited = ripens or after >= UNREADY_FOR  # what lasts becomes news without a change
        assert not told or turned or waited
        before = found
    assert len({n.id for n in reader.news}) == len(reader.news)


@given(histories(AFTER))
def test_nothing_is_told_twice_in_a_row(history: list[tuple[ModelPOCStatus, timedelta]]) -> None:
    reader = Reader()
    for found, after in history:
        reader.sees(found, after)
    said = [(n.event, n.reason, n.id.split(".")[1]) for n in reader.news]
    assert all(one != other for one, other in itertools.pairwise(said))


@given(histories(st.booleans(), max_size=20))
def test_a_restart_between_any_two_passes_changes_nothing(history: list[tuple[ModelPOCStatus, bool]]) -> None:
    """All that is remembered stands in status, and status goes through JSON."""
    steady, restarted = Reader(), Reader()
    for found, restart in history:
        if restart:
            restarted.status = ModelPOCStatus.model_validate(restarted.status.to_dict())
        assert steady.sees(found) == restarted.sees(found)
