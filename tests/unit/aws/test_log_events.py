"""Following a log: every line once, whenever it comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpoc.aws.log_events import Fresh, LogLine, in_order

pytestmark = pytest.mark.unit


def _line(at: int, id_: str = "", text: str = "") -> LogLine:
    return LogLine(at, "g", "s", text, id_ or str(at))


def _ids(lines: list[LogLine]) -> list[str]:
    return [line.id for line in lines]


def test_lines_of_one_millisecond_are_each_given_once() -> None:
    fresh = Fresh(0)
    assert _ids(fresh.of([_line(5, "a"), _line(5, "b")])) == ["a", "b"]
    assert _ids(fresh.of([_line(5, "a"), _line(5, "b"), _line(5, "c")])) == ["c"]


def test_a_latecomer_is_given_although_younger_lines_were() -> None:
    fresh = Fresh(0, late=100)
    fresh.of([_line(1000)])
    assert fresh.since == 900
    assert _ids(fresh.of([_line(950, "late"), _line(1000)])) == ["late"]


def test_reading_goes_on_from_where_latecomers_may_still_be_and_remembers_no_more() -> None:
    fresh = Fresh(0, late=100)
    for at in range(0, 100_000, 10):
        fresh.of([_line(at)])
    assert fresh.since == 99_990 - 100
    assert len(fresh._given) <= 11


def test_before_the_first_line_reading_begins_at_the_beginning() -> None:
    fresh = Fresh(700, late=100)
    assert fresh.of([]) == []
    assert fresh.since == 700
    assert _ids(fresh.of([_line(699), _line(700)])) == ["700"]


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=40))
def test_each_line_is_given_once_when_none_is_later_than_promised(times: list[int]) -> None:
    """Lines come in in any order within `late`; each read shows what came in so far from `since` on."""
    late = 3_000
    lines = [_line(at, f"{n}") for n, at in enumerate(times)]
    fresh, given_ = Fresh(0, late), list[str]()
    arrived: list[LogLine] = []
    for line in lines:
        arrived.append(line)
        given_ += _ids(fresh.of(known for known in arrived if known.at >= fresh.since))
    assert sorted(given_) == sorted(line.id for line in lines)


def test_lines_of_one_millisecond_stay_as_they_came() -> None:
    lines = [_line(2, "c"), _line(1, "a"), _line(1, "b")]
    assert _ids(in_order(lines)) == ["a", "b", "c"]
