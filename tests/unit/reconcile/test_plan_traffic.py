"""What leads traffic moves only to what serves; what can only be made again goes last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.unit.reconcile.kinds import KINDS, Door, Machine, MachineKind
from tests.unit.reconcile.planning import (
    ALL,
    DOOR,
    GROUND,
    HAVE_ALL,
    HAVE_GROUND,
    HAVE_MACHINE,
    HAVE_SHEET,
    HAVE_SIGN,
    MINE,
    OTHER_MACHINE,
    STARTING,
    door_to,
    holding,
    planned,
    step,
    there,
)

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.plan import Plan, Rules, Verb, plan
from modelpoc.reconcile.resource import Change, Observed, Phase, Resource, State

pytestmark = pytest.mark.unit


def test_traffic_moves_only_to_what_serves() -> None:
    to_the_old = door_to(OTHER_MACHINE.id)
    waiting = planned((*ALL, DOOR), *HAVE_ALL[:3], STARTING, OTHER_MACHINE, to_the_old)
    assert step(waiting, "Door").waits_for == ("Machine/m",)
    assert not [s for s in waiting.ready if s.verb is Verb.DELETE]
    assert step(planned((*ALL, DOOR), *HAVE_ALL, OTHER_MACHINE, to_the_old), "Door").ready


def test_what_does_not_move_traffic_is_changed_meanwhile() -> None:
    found = planned((*ALL, DOOR), *HAVE_ALL[:3], STARTING, OTHER_MACHINE, door_to(OTHER_MACHINE.id, width=2))
    door = step(found, "Door")
    assert door.ready
    assert door.changes == (Change("width", 2, 1),)
    assert isinstance(door.want, Door)
    assert door.want.to == OTHER_MACHINE.id


@pytest.mark.parametrize("owner", [None, Mark("another", "one")])
def test_traffic_that_was_led_astray_is_led_back_at_once(owner: Mark | None) -> None:
    astray = there("Machine", "astray", owner=owner)
    assert step(planned((*ALL, DOOR), *HAVE_ALL[:3], STARTING, astray, door_to(astray.id)), "Door").ready
    assert step(planned((*ALL, DOOR), *HAVE_ALL[:3], STARTING, door_to("nowhere")), "Door").ready


@pytest.mark.parametrize(("serving", "ready"), [("one", True), (None, False)])
def test_what_is_broken_gets_traffic_only_when_an_earlier_revision_serves(
    serving: str | None, ready: bool
) -> None:
    broken = replace(
        HAVE_MACHINE, state=State(Phase.BROKEN), attrs={**HAVE_MACHINE.attrs, "serving": serving}
    )
    found = planned((*ALL, DOOR), *HAVE_ALL[:3], broken, OTHER_MACHINE, door_to(OTHER_MACHINE.id))
    assert step(found, "Door").ready is ready


def test_what_answered_stays_for_a_while_after_traffic_moved_away() -> None:
    now = 100.0
    inventory = Inventory(clock=lambda: now)
    for one in (*HAVE_ALL, OTHER_MACHINE, door_to(HAVE_MACHINE.id)):
        inventory.wrote(one)

    def old(wanted: Iterable[Resource] = (*ALL, DOOR)) -> Verb:
        found = plan(Graph(wanted), inventory, KINDS, MINE, Rules(linger=5))
        return next(s.verb for s in found.steps if s.have and s.have.id == OTHER_MACHINE.id)

    assert old() is Verb.WAIT, "who was there before us may have moved it just now"
    now += 6
    assert old() is Verb.DELETE
    inventory.switched(MINE)
    assert old() is Verb.WAIT
    assert old([GROUND]) is Verb.DELETE, "nothing shall answer any more"
    now += 6
    assert old() is Verb.DELETE


def test_a_new_way_in_does_not_wait_for_what_it_leads_to() -> None:
    assert step(planned((*ALL, DOOR), *HAVE_ALL[:3], STARTING), "Door").ready


# what can only be made again


class Kiln(MachineKind):
    """One that broke at its first firing can only be taken down."""

    def replaces(self, want: Machine, have: Observed) -> bool:
        return have.state.phase is Phase.BROKEN and want.sheet != have.attrs["failed"]


CRACKED = replace(
    HAVE_MACHINE,
    attrs={**HAVE_MACHINE.attrs, "failed": "Sheet:bad"},
    fields={**HAVE_MACHINE.fields, "sheet": "Sheet:bad"},
    state=State(Phase.BROKEN, "Broke", "it cracked"),
)


def fired(*have: Observed) -> Plan:
    return plan(Graph(ALL), holding(*have), {**KINDS, "Machine": Kiln()}, MINE)


def test_what_can_only_be_made_again_is_replaced_once_the_new_content_is_there() -> None:
    early = step(fired(HAVE_GROUND, HAVE_SIGN, CRACKED), "Machine")
    assert (early.verb, early.ready, early.waits_for) == (Verb.REPLACE, False, ("Sheet/sh",))
    assert step(fired(HAVE_GROUND, HAVE_SIGN, HAVE_SHEET, CRACKED), "Machine").ready


def test_what_broke_on_what_is_asked_for_is_not_made_again() -> None:
    same = replace(CRACKED, attrs={**CRACKED.attrs, "failed": HAVE_SHEET.id}, fields=HAVE_MACHINE.fields)
    assert step(fired(*HAVE_ALL[:3], same), "Machine").verb is Verb.BROKEN
