"""What nobody asks for any more: when it goes, and what it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.reconcile.kinds import KINDS, Seal
from tests.unit.reconcile.planning import (
    ALL,
    GROUND,
    HAVE_ALL,
    HAVE_GROUND,
    HAVE_MACHINE,
    HAVE_SHEET,
    MACHINE,
    MINE,
    OTHERS,
    SHEET,
    SIGN,
    holding,
    planned,
    step,
    there,
)

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.plan import Verb, plan
from modelpoc.reconcile.resource import Phase, State

pytestmark = pytest.mark.unit


def test_an_empty_graph_takes_apart_what_nothing_points_at() -> None:
    found = planned((), *HAVE_ALL)
    assert {s.kind for s in found.ready} == {"Machine"}
    assert step(found, "Sign").waits_for == ("Machine/m",)
    assert set(step(found, "Ground").waits_for) == {"Sign/s", "Machine/m"}
    assert step(found, "Sheet").waits_for == ("Machine/m",)


def test_some_kinds_go_before_others_that_do_not_point_at_them() -> None:
    found = planned((), HAVE_MACHINE, there("Door", "d"))
    assert {s.kind for s in found.ready} == {"Door"}


def test_a_thing_that_goes_is_waited_for_and_still_in_the_way() -> None:
    going = replace(HAVE_MACHINE, state=State(Phase.GOING, "Deleting", "it is going"))
    found = planned((), HAVE_GROUND, HAVE_SHEET, going)
    assert (step(found, "Machine").verb, step(found, "Machine").message) == (Verb.WAIT, "it is going")
    assert not found.ready


def test_a_leftover_is_kept_as_long_as_somebody_else_points_at_it() -> None:
    theirs = there("Sign", "theirs", owner=OTHERS, refs=["Ground:g"])
    found = planned((), HAVE_GROUND, theirs)
    assert step(found, "Ground").waits_for == ("Sign/theirs",)


def test_a_busy_leftover_waits() -> None:
    busy = replace(HAVE_GROUND, state=State(Phase.SETTLING, "Updating", busy=True))
    assert not planned((), busy).ready


def test_leftovers_wait_until_the_rest_is_there_and_settled() -> None:
    old = there("Ground", "old", fields={"size": 1})
    assert not step(planned([GROUND], old), "Ground").waits_for
    waits = {
        "missing": planned([GROUND], old),
        "settling": planned([GROUND], old, replace(HAVE_GROUND, state=State(Phase.SETTLING))),
        "kept": planned([GROUND], old, HAVE_GROUND),
    }
    ready = {name: [s.name for s in p.ready if s.verb is Verb.DELETE] for name, p in waits.items()}
    assert ready == {"missing": [], "settling": [], "kept": ["old"]}


def meddling() -> dict[str, Any]:
    """Kinds of which a Door that nobody asks for any more would work against the machine it points at."""
    door = type(KINDS["Door"])()
    door.meddles = True
    return {**KINDS, "Door": door}


def test_what_meddles_goes_at_once_and_before_what_it_points_at_changes() -> None:
    stronger = replace(MACHINE, power=2)
    inventory = holding(*HAVE_ALL, there("Door", "d", refs=["Machine:m"]))
    found = plan(Graph((GROUND, SIGN, SHEET, stronger)), inventory, meddling(), MINE)
    assert step(found, "Door").ready
    assert step(found, "Machine").waits_for == ("Door/d",)
    inventory.deleted("Door", "d")
    assert step(plan(Graph((GROUND, SIGN, SHEET, stronger)), inventory, meddling(), MINE), "Machine").ready


def test_what_meddles_stays_when_nothing_can_be_done() -> None:
    inventory = holding(*HAVE_ALL[1:], there("Door", "d"), there("Ground", "g", owner=OTHERS))
    found = plan(Graph(ALL), inventory, meddling(), MINE)
    assert found.blocked
    assert not step(found, "Door").ready


def test_others_things_are_never_leftovers() -> None:
    found = planned((), there("Ground", "g", owner=OTHERS), there("Ground", "h", owner=None))
    assert found.steps == ()


def test_what_was_ours_and_is_now_named_by_the_user_is_no_leftover() -> None:
    ours = there("Seal", "made-by-us")
    named = replace(ours, name="named-by-the-user", owner=None)
    assert [s.verb for s in planned([Seal(name=named.name, given=True)], ours, named).steps] == [Verb.KEEP]
