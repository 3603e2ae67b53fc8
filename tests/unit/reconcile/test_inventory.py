"""What reads and writes make of what is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed, Phase, State

pytestmark = pytest.mark.unit

MINE, OTHERS = Owner("fleet", "team", "a").mark, Owner("fleet", "team", "b").mark
DOUBT = 5.0


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def inventory(time: Time) -> Inventory:
    return Inventory(time, DOUBT)


def seen(name: str = "x", id: str = "id-1", size: int = 1, **more: Any) -> Observed:
    return Observed("Ground", name, id, fields={"size": size}, owner=MINE, **more)


def size_of(inventory: Inventory, name: str = "x") -> int | None:
    have = inventory.get("Ground", name)
    return have.fields["size"] if have else None


# reads after writes


def test_a_write_counts_at_once(inventory: Inventory) -> None:
    inventory.wrote(seen(size=2))
    assert size_of(inventory) == 2


def test_a_read_that_began_before_the_write_was_answered_changes_nothing(
    inventory: Inventory, time: Time
) -> None:
    began = time.now
    time.now += 1
    inventory.wrote(seen(size=2))
    time.now += 100
    inventory.read("Ground", ["x"], [seen(size=1)], began, deep=False)
    assert size_of(inventory) == 2


@pytest.mark.parametrize(("later", "shown"), [(0.0, 2), (DOUBT - 0.1, 2), (DOUBT, 1), (60.0, 1)])
def test_a_read_that_contradicts_a_write_counts_only_after_the_doubt(
    inventory: Inventory, time: Time, later: float, shown: int
) -> None:
    inventory.wrote(seen(size=2))
    time.now += later
    inventory.listed("Ground", [seen(size=1)], time.now)
    assert size_of(inventory) == shown


def test_one_agreeing_read_does_not_make_a_lagging_one_credible(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen(size=2))
    time.now += 1
    inventory.read("Ground", ["x"], [seen(size=2)], time.now, deep=False)
    time.now += 1
    inventory.read("Ground", ["x"], [seen(size=1)], time.now, deep=False)
    assert size_of(inventory) == 2


def test_what_agrees_with_the_write_counts_at_once(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen(size=2, state=State(Phase.SETTLING)))
    time.now += 1
    inventory.read("Ground", ["x"], [seen(size=2)], time.now, deep=False)
    have = inventory.get("Ground", "x")
    assert have
    assert have.state.phase is Phase.SETTLED


def test_a_thing_just_made_does_not_vanish_by_a_lagging_list(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen())
    time.now += 1
    inventory.listed("Ground", [], time.now)
    assert inventory.get("Ground", "x")
    time.now += DOUBT
    inventory.listed("Ground", [], time.now)
    assert inventory.get("Ground", "x") is None


def test_a_thing_just_deleted_does_not_come_back_by_a_lagging_list(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen())
    time.now += 60
    inventory.deleted("Ground", "x")
    time.now += 1
    inventory.listed("Ground", [seen()], time.now)
    assert inventory.get("Ground", "x") is None
    time.now += DOUBT
    inventory.listed("Ground", [seen()], time.now)
    assert inventory.get("Ground", "x")


def test_an_older_thing_of_the_same_name_is_a_contradiction(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen(id="id-2"))
    time.now += 1
    inventory.listed("Ground", [seen(id="id-1")], time.now)
    have = inventory.get("Ground", "x")
    assert have
    assert have.id == "id-2"


def test_what_goes_may_be_gone_at_once_but_does_not_stop_going(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen(state=State(Phase.GOING)))
    time.now += 1
    inventory.read("Ground", ["x"], [seen()], time.now, deep=False)
    have = inventory.get("Ground", "x")
    assert have
    assert have.state.phase is Phase.GOING
    time.now += 1
    inventory.read("Ground", ["x"], [], time.now, deep=False)
    assert inventory.get("Ground", "x") is None


def test_a_contradicted_thing_is_asked_again_when_the_doubt_is_over(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen(size=2))
    time.now += 1
    inventory.listed("Ground", [seen(size=1)], time.now)
    assert inventory.contested(MINE) == []
    time.now += DOUBT
    assert inventory.contested(MINE) == [("Ground", "x")]
    assert inventory.age("Ground", "x") == float("inf")
    inventory.read("Ground", ["x"], [seen(size=1)], time.now, deep=False)
    assert (size_of(inventory), inventory.contested(MINE)) == (1, [])


# listings beside reads


def test_a_listing_does_not_list_away_what_became_known_after_it_began(
    inventory: Inventory, time: Time
) -> None:
    """Given things are listed only once they are known: a listing under way does not know them."""
    read_began = time.now
    time.now += 1
    list_began = time.now
    time.now += 1
    inventory.read("Ground", ["x"], [seen()], read_began, deep=False)
    inventory.listed("Ground", [], list_began)
    assert inventory.get("Ground", "x")
    assert inventory.contested(MINE) == [("Ground", "x")]


def test_an_older_listing_does_not_undo_a_newer_read(inventory: Inventory, time: Time) -> None:
    began = time.now
    time.now += 1
    inventory.read("Ground", ["x"], [seen(size=2)], time.now, deep=False)
    inventory.listed("Ground", [seen(size=1)], began)
    assert size_of(inventory) == 2


def test_kinds_that_are_not_listed_keep_what_was_read(inventory: Inventory, time: Time) -> None:
    inventory.read("Ground", ["x"], [seen()], time.now, deep=False)
    time.now += 1
    inventory.listed("Ground", None, time.now)
    assert inventory.get("Ground", "x")
    assert inventory.listed_at("Ground") == time.now


def test_two_of_one_name_are_both_known_and_the_known_one_keeps_the_name(
    inventory: Inventory, time: Time
) -> None:
    inventory.wrote(seen(id="id-2"))
    time.now += 60
    inventory.listed("Ground", [seen(id="id-1"), seen(id="id-2")], time.now)
    assert {o.name: o.id for o in inventory.owned(MINE)} == {"x": "id-2", "x (id-1)": "id-1"}


def test_what_is_long_gone_is_forgotten(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen())
    inventory.deleted("Ground", "x")
    time.now += 2 * DOUBT
    inventory.listed("Ground", [], time.now)
    assert inventory.age("Ground", "x") == float("inf")


def test_places_are_counted_when_found_and_not_when_made(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen("made"))
    assert inventory.arrivals("Ground") == 0
    inventory.listed("Ground", [seen("made"), seen("found", id="id-2")], time.now)
    assert inventory.arrivals("Ground") == 1
    inventory.listed("Ground", [seen("made"), seen("found", id="id-2")], time.now)
    assert inventory.arrivals("Ground") == 1


# fast and deep


def test_a_fast_read_keeps_deep_fields_of_the_same_thing(inventory: Inventory, time: Time) -> None:
    full = replace(seen(), fields={"size": 1, "colour": "red"})
    inventory.read("Ground", ["x"], [full], time.now, deep=True)
    time.now += 60
    inventory.listed("Ground", [seen(size=3)], time.now)
    have = inventory.get("Ground", "x")
    assert have
    assert have.fields == {"size": 3, "colour": "red"}
    assert inventory.deep_age("Ground", "x") == 60


def test_a_fast_read_of_another_thing_of_that_name_knows_no_deep_fields(
    inventory: Inventory, time: Time
) -> None:
    full = replace(seen(), fields={"size": 1, "colour": "red"})
    inventory.read("Ground", ["x"], [full], time.now, deep=True)
    time.now += 60
    inventory.listed("Ground", [seen(id="id-2")], time.now)
    have = inventory.get("Ground", "x")
    assert have
    assert have.fields == {"size": 1}


def test_a_write_keeps_deep_fields_that_its_answer_does_not_show(inventory: Inventory, time: Time) -> None:
    inventory.read("Ground", ["x"], [replace(seen(), fields={"size": 1, "colour": "red"})], 0.0, deep=True)
    inventory.wrote(seen(size=2))
    have = inventory.get("Ground", "x")
    assert have
    assert have.fields == {"size": 2, "colour": "red"}


# doubt


def test_a_fast_look_leaves_open_what_a_lost_answer_did_to_deep_fields(
    inventory: Inventory, time: Time
) -> None:
    inventory.wrote(seen(), deep=True)
    assert not inventory.deep_doubted("Ground", "x")
    inventory.doubt("Ground", "x", MINE)
    time.now += 1
    inventory.listed("Ground", [seen()], time.now)
    assert not inventory.doubted("Ground", "x")
    assert inventory.deep_doubted("Ground", "x")
    inventory.wrote(seen(size=2))
    assert inventory.deep_doubted("Ground", "x")
    time.now += 10
    inventory.read("Ground", ["x"], [seen(size=2)], time.now, deep=True)
    assert not inventory.deep_doubted("Ground", "x")


def test_in_doubt_what_a_read_shows_is_believed(inventory: Inventory, time: Time) -> None:
    inventory.doubt("Ground", "x", MINE)
    assert inventory.doubts(MINE) == [("Ground", "x")]
    assert inventory.age("Ground", "x") == float("inf")
    time.now += 1
    inventory.read("Ground", ["x"], [seen()], time.now, deep=False)
    assert inventory.get("Ground", "x")
    assert not inventory.doubted("Ground", "x")


def test_in_doubt_nothing_to_be_seen_is_believed_only_after_a_while(inventory: Inventory, time: Time) -> None:
    inventory.doubt("Ground", "x", MINE)
    time.now += 1
    inventory.read("Ground", ["x"], [], time.now, deep=False)
    inventory.listed("Ground", [], time.now)
    assert inventory.doubted("Ground", "x")
    time.now += DOUBT
    inventory.read("Ground", ["x"], [], time.now, deep=False)
    assert not inventory.doubted("Ground", "x")
    assert inventory.get("Ground", "x") is None


def test_in_doubt_an_older_read_says_nothing(inventory: Inventory, time: Time) -> None:
    began = time.now
    time.now += 1
    inventory.doubt("Ground", "x", MINE)
    inventory.read("Ground", ["x"], [seen()], began, deep=False)
    assert inventory.doubted("Ground", "x")


def test_doubts_are_told_by_whose_write_it_was(inventory: Inventory) -> None:
    inventory.doubt("Ground", "x", MINE)
    inventory.doubt("Ground", "y", OTHERS)
    assert inventory.doubts(OTHERS) == [("Ground", "y")]
    assert set(inventory.doubts()) == {("Ground", "x"), ("Ground", "y")}


# what only one may hold


def test_claims_are_reserved_for_the_first(inventory: Inventory) -> None:
    inventory.reserve({"p"}, MINE)
    inventory.reserve({"p"}, OTHERS)
    assert inventory.reserved_by("p") == MINE
    inventory.release({"p"})
    assert inventory.reserved_by("p") is None
    assert inventory.reserved() == frozenset()


def test_what_a_doubtful_write_may_have_taken_is_as_good_as_taken(inventory: Inventory, time: Time) -> None:
    inventory.doubt("Ground", "x", MINE, frozenset({"p"}))
    assert inventory.reserved_by("p") == MINE
    assert inventory.reserved() == {"p"}
    time.now += 2 * DOUBT
    inventory.read("Ground", ["x"], [], time.now, deep=False)
    assert inventory.reserved_by("p") is None


def test_look_ups_follow_what_changes(inventory: Inventory, time: Time) -> None:
    inventory.wrote(seen(refs=frozenset({"r"}), claims=frozenset({"p"}), state=State(Phase.SETTLING)))
    assert [o.name for o in inventory.pointing_at("r")] == ["x"]
    assert [o.name for o in inventory.holders("p", "Ground")] == ["x"]
    assert inventory.holders("p", "Sign") == []
    assert [o.name for o in inventory.moving("Ground")] == ["x"]
    assert inventory.marks(MINE.fleet) == {MINE}
    inventory.wrote(replace(seen(), owner=OTHERS))
    assert inventory.pointing_at("r") == []
    assert inventory.holders("p", "Ground") == []
    assert inventory.moving("Ground") == []
    assert (inventory.owned(MINE), len(inventory.owned(OTHERS))) == ([], 1)
    inventory.deleted("Ground", "x")
    assert (inventory.all(), inventory.of_kind("Ground"), inventory.owned(OTHERS)) == ([], [], [])
