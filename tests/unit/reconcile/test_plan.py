"""Desired against inventory: what is created, kept and changed, and what waits for what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reconcile.kinds import KINDS, Note, Seal, Sign
from tests.unit.reconcile.planning import (
    ALL,
    GROUND,
    HAVE_ALL,
    HAVE_GROUND,
    HAVE_SHEET,
    MACHINE,
    MINE,
    OTHERS,
    SHEET,
    SHEET_NAME,
    SIGN,
    planned,
    step,
    there,
    verbs,
)

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.plan import Verb, plan
from modelpoc.reconcile.resource import UNKNOWN, Change, Phase, Ref, State, When

pytestmark = pytest.mark.unit


# creating


def test_from_nothing_all_is_created_in_order_and_only_the_ground_is_ready() -> None:
    found = planned(ALL)
    assert verbs(found) == dict.fromkeys(("Ground", "Sign", "Sheet", "Machine"), Verb.CREATE)
    assert {s.kind for s in found.ready} == {"Ground", "Sheet"}
    assert step(found, "Sign").waits_for == ("Ground/g",)
    assert set(step(found, "Machine").waits_for) == {"Sheet/sh", "Ground/g", "Sign/s"}
    assert not found.settled


def test_what_is_not_known_yet_prints_as_such() -> None:
    want = step(planned(ALL), "Sign").want
    assert isinstance(want, Sign)
    assert want.ground is UNKNOWN
    assert str(UNKNOWN) == "(known later)"


def test_once_the_ground_is_there_its_id_is_known() -> None:
    found = step(planned(ALL, HAVE_GROUND), "Sign")
    assert found.ready
    assert isinstance(found.want, Sign)
    assert found.want.ground == "Ground:g"


def test_a_reference_that_asks_for_settled_waits_for_that() -> None:
    sign = replace(SIGN, ground=Ref("Ground", "g", "id", When.SETTLED))
    settling = replace(HAVE_GROUND, state=State(Phase.SETTLING))
    assert not step(planned((GROUND, sign), settling), "Sign").ready
    assert step(planned((GROUND, sign), HAVE_GROUND), "Sign").ready


def test_what_goes_lends_nothing_to_others() -> None:
    going = replace(HAVE_GROUND, state=State(Phase.GOING, message="it is going"))
    found = planned((GROUND, SIGN), going)
    assert step(found, "Ground").verb is Verb.WAIT
    assert step(found, "Ground").message == "it is going"
    assert step(found, "Sign").waits_for == ("Ground/g",)


# keeping, changing


def test_what_is_as_asked_is_kept() -> None:
    found = planned(ALL, *HAVE_ALL)
    assert found.settled
    assert not found.writes


def test_a_field_that_differs_is_updated() -> None:
    found = step(planned([replace(GROUND, size=2)], HAVE_GROUND), "Ground")
    assert found.verb is Verb.UPDATE
    assert found.changes == (Change("size", 1, 2),)


def test_a_field_that_was_not_read_is_not_compared() -> None:
    assert step(planned([replace(GROUND, colour="red")], HAVE_GROUND), "Ground").verb is Verb.KEEP


def test_a_field_left_to_the_cloud_is_not_compared() -> None:
    assert step(planned(ALL, *HAVE_ALL), "Sign").verb is Verb.KEEP


def test_what_is_busy_is_not_written_now() -> None:
    busy = replace(HAVE_GROUND, state=State(Phase.SETTLING, "Updating", busy=True))
    found = step(planned([replace(GROUND, size=2)], busy), "Ground")
    assert found.verb is Verb.UPDATE
    assert not found.ready
    assert found.waits_for == ("Ground/g (Updating)",)
    assert found.moving


def test_what_settles_is_waited_for_and_may_be_changed_meanwhile() -> None:
    settling = replace(HAVE_GROUND, state=State(Phase.SETTLING, "Starting", "1 of 2"))
    assert step(planned([GROUND], settling), "Ground").verb is Verb.WAIT
    assert step(planned([replace(GROUND, size=2)], settling), "Ground").ready


def test_what_is_broken_is_told_until_a_change_is_asked_for() -> None:
    broken = replace(HAVE_GROUND, state=State(Phase.BROKEN, "Broke", "it broke"))
    found = step(planned([GROUND], broken), "Ground")
    assert (found.verb, found.reason, found.message) == (Verb.BROKEN, "Broke", "it broke")
    assert step(planned([replace(GROUND, size=2)], broken), "Ground").verb is Verb.UPDATE


def test_another_content_is_another_thing_and_the_old_goes_last() -> None:
    found = planned((GROUND, SIGN, replace(SHEET, content="two"), MACHINE), *HAVE_ALL)
    new, old = step(found, "Sheet"), next(s for s in found.steps if s.name == SHEET_NAME)
    assert new.verb is Verb.CREATE
    assert new.ready
    assert step(found, "Machine").waits_for == ("Sheet/sh",)
    assert old.verb is Verb.DELETE
    assert set(old.waits_for) == {"Machine/m", "the rest"}


def test_a_content_that_depends_on_what_comes_later_has_no_name_yet() -> None:
    sheet = replace(SHEET, versions={"note": Ref("Note", "n", "version")})
    found = step(planned((Note(name="n", mark=str(MINE)), sheet)), "Sheet")
    assert (found.name, found.have, found.ready) == ("sh", None, False)


def test_a_reference_that_is_also_a_need_still_hides_the_content() -> None:
    ref = Ref("Note", "n", "version")
    sheet = replace(SHEET, versions={"note": ref}, needs=(ref,))
    assert step(planned((Note(name="n", mark=str(MINE)), sheet)), "Sheet").name == "sh"


def test_a_need_alone_does_not_hide_the_content() -> None:
    sheet = replace(SHEET, needs=(Ref("Ground", "g", "id"),))
    found = planned((GROUND, sheet), HAVE_SHEET)
    assert step(found, "Sheet").verb is Verb.KEEP


def test_what_an_update_will_change_is_not_known_while_it_is_due() -> None:
    note = Note(name="n", mark=str(MINE), text="new")
    sheet = replace(SHEET, versions={"note": Ref("Note", "n", "version"), "id": Ref("Note", "n", "id")})
    old = there("Note", "n", fields={"text": "old"}, attrs={"version": "v1"})
    assert step(planned((note, sheet), old), "Sheet").waits_for == ("Note/n",)
    new = there("Note", "n", fields={"text": "new"}, attrs={"version": "v2"})
    assert step(planned((note, sheet), new), "Sheet").ready


# given


def test_what_is_given_and_missing_holds_back_every_write() -> None:
    found = planned((GROUND, Seal(name="x", given=True)))
    assert step(found, "Seal").verb is Verb.MISSING
    assert not found.ready


def test_what_is_given_is_never_written_whoever_owns_it() -> None:
    found = planned([Seal(name="x", given=True)], there("Seal", "x", owner=OTHERS))
    assert found.settled


@pytest.mark.parametrize(
    ("phase", "verb"),
    [(Phase.SETTLING, Verb.WAIT), (Phase.GOING, Verb.WAIT), (Phase.BROKEN, Verb.BROKEN)],
)
def test_what_is_given_and_not_well_is_told(phase: Phase, verb: Verb) -> None:
    seal = there("Seal", "x", owner=None, state=State(phase, "Reason", "how it is"))
    found = step(planned([Seal(name="x", given=True)], seal), "Seal")
    assert (found.verb, found.message) == (verb, "how it is")


# doubt


def test_what_is_in_doubt_is_looked_at_before_it_is_done_again() -> None:
    inventory = Inventory()
    inventory.doubt("Ground", "g", MINE)
    found = plan(Graph([GROUND]), inventory, KINDS, MINE)
    assert (step(found, "Ground").verb, found.ready) == (Verb.WAIT, ())


def test_what_may_have_been_made_and_is_no_longer_wanted_keeps_the_owner_from_being_done() -> None:
    inventory = Inventory()
    inventory.doubt("Ground", "g", MINE)
    found = plan(Graph(), inventory, KINDS, MINE)
    assert not found.settled
    assert plan(Graph(), inventory, KINDS, OTHERS).settled
