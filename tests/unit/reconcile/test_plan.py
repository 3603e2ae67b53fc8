"""Desired against inventory: every verb, and what waits for what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.reconcile.kinds import KINDS, Door, Ground, Machine, MachineKind, Note, Seal, Sheet, Sign

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark, Owner
from modelpoc.reconcile.plan import Plan, Rules, Step, Verb, plan
from modelpoc.reconcile.resource import UNKNOWN, Change, Observed, Phase, Ref, Resource, State, When

pytestmark = pytest.mark.unit

MINE, OTHERS = Owner("fleet", "team", "a").mark, Owner("fleet", "team", "b").mark
GROUND = Ground(name="g", mark=str(MINE))
SIGN = Sign(name="s", mark=str(MINE), site="site", path="p", ground=Ref("Ground", "g", "id"))
SHEET = Sheet(name="sh", mark=str(MINE), content="one", versions={})
MACHINE = Machine(
    name="m",
    mark=str(MINE),
    sheet=Ref("Sheet", "sh", "id"),
    ground=Ref("Ground", "g", "id"),
    needs=(Ref("Sign", "s", "id"),),
)
ALL = (GROUND, SIGN, SHEET, MACHINE)


def there(
    kind: str, name: str, *, owner: Mark | None = MINE, refs: Iterable[str] = (), **more: Any
) -> Observed:
    """Something in the cloud; its id is `<kind>:<name>`."""
    fields = {"mark": str(owner) if owner else "", **more.pop("fields", {})}
    id = f"{kind}:{name}"
    attrs = {"id": id, "failed": "", **more.pop("attrs", {})}
    return Observed(kind, name, id, fields=fields, attrs=attrs, refs=frozenset(refs), owner=owner, **more)


SHEET_NAME = KINDS["Sheet"].identify(SHEET)
HAVE_GROUND = there("Ground", "g", fields={"size": 1})
HAVE_SIGN = there(
    "Sign",
    "s",
    refs=["Ground:g"],
    fields={"site": "site", "path": "p", "ground": "Ground:g", "number": 7},
    claims=frozenset({"path:site:p", "number:7"}),
)
HAVE_SHEET = there("Sheet", SHEET_NAME)
HAVE_MACHINE = there(
    "Machine",
    "m",
    refs=[f"Sheet:{SHEET_NAME}", "Ground:g"],
    fields={"sheet": f"Sheet:{SHEET_NAME}", "ground": "Ground:g", "power": 1},
)
HAVE_ALL = (HAVE_GROUND, HAVE_SIGN, HAVE_SHEET, HAVE_MACHINE)


def holding(*observed: Observed) -> Inventory:
    inventory = Inventory()
    for one in observed:
        inventory.wrote(one)
    return inventory


def planned(wanted: Iterable[Resource], *have: Observed, adopt: bool = False) -> Plan:
    return plan(Graph(wanted), holding(*have), KINDS, MINE, Rules(adopt))


def step(found: Plan, kind: str) -> Step:
    one = found.step(kind) or next(s for s in found.steps if s.kind == kind)
    return one


def verbs(found: Plan) -> dict[str, Verb]:
    return {s.kind: s.verb for s in found.steps}


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


# others


def test_somebody_elses_thing_of_our_name_is_a_conflict() -> None:
    found = planned([Door(name="d", mark=str(MINE), site="x")], there("Door", "d", owner=OTHERS))
    one = step(found, "Door")
    assert (one.verb, one.reason) == (Verb.CONFLICT, "PathConflict")
    assert "belongs to someone else" in one.message
    assert found.blocked


def test_no_ones_thing_is_a_conflict_unless_it_is_adopted() -> None:
    nobody = there("Ground", "g", owner=None, fields={"size": 1})
    assert step(planned([GROUND], nobody), "Ground").verb is Verb.CONFLICT
    adopted = step(planned([GROUND], nobody, adopt=True), "Ground")
    assert adopted.changes == (Change("mark", "", str(MINE)),)


def test_what_is_adopted_does_not_stand_in_its_own_way() -> None:
    nobody = replace(HAVE_SIGN, owner=None, fields={**HAVE_SIGN.fields, "mark": ""})
    found = planned([GROUND, SIGN], HAVE_GROUND, nobody, adopt=True)
    assert step(found, "Sign").verb is Verb.UPDATE


def test_somebody_elses_thing_is_never_adopted() -> None:
    others = there("Ground", "g", owner=OTHERS, fields={"size": 1})
    assert step(planned([GROUND], others, adopt=True), "Ground").verb is Verb.CONFLICT


def test_a_claim_that_somebody_holds_is_a_conflict_and_holds_back_every_write() -> None:
    theirs = there("Sign", "theirs", owner=OTHERS, claims=frozenset({"path:site:p"}))
    found = planned(ALL, theirs)
    assert (step(found, "Sign").verb, step(found, "Sign").reason) == (Verb.CONFLICT, "PathConflict")
    assert "path:site:p is held by Sign:theirs" in step(found, "Sign").message
    assert not found.ready
    assert "Sign/s" in step(found, "Ground").waits_for


def test_a_claim_is_told_by_what_it_is_about() -> None:
    theirs = there("Sign", "theirs", owner=None, claims=frozenset({"number:3"}))
    found = planned((GROUND, replace(SIGN, number=3)), theirs)
    assert step(found, "Sign").reason == "NumberConflict"


def test_a_claim_held_by_us_too_stays_ours() -> None:
    theirs = there("Sign", "theirs", owner=OTHERS, claims=frozenset({"path:site:p"}))
    changed = replace(HAVE_SIGN, fields={**HAVE_SIGN.fields, "ground": "elsewhere"})
    assert step(planned((GROUND, SIGN), theirs, HAVE_GROUND, changed), "Sign").verb is Verb.UPDATE


def test_a_claim_of_another_kind_is_no_matter() -> None:
    theirs = there("Door", "theirs", owner=OTHERS, claims=frozenset({"path:site:p"}))
    assert step(planned((GROUND, SIGN), theirs), "Sign").verb is Verb.CREATE


def test_what_another_is_about_to_take_is_a_conflict_and_our_own_is_not() -> None:
    inventory = Inventory()
    inventory.reserve({"path:site:p"}, OTHERS)
    assert step(plan(Graph((GROUND, SIGN)), inventory, KINDS, MINE), "Sign").verb is Verb.CONFLICT
    assert step(plan(Graph((GROUND, SIGN)), inventory, KINDS, OTHERS), "Sign").verb is Verb.CREATE


def test_claims_with_unknown_parts_are_not_made_yet() -> None:
    sign = replace(SIGN, site=Ref("Ground", "g", "id"))
    assert step(planned((GROUND, sign)), "Sign").claims == frozenset()
    assert step(planned((GROUND, sign), HAVE_GROUND), "Sign").claims == {"path:Ground:g:p"}


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


# leftovers


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


# moving traffic

OTHER_MACHINE = there("Machine", "before", fields={"power": 1})
DOOR = Door(
    name="d",
    mark=str(MINE),
    site="site",
    to=Ref("Machine", "m", "id"),
    switch_after=(Ref("Machine", "m", "serving"),),
)


def door_to(machine: str, width: int = 1) -> Observed:
    return there("Door", "d", refs=[machine], fields={"site": "site", "width": width, "to": machine})


STARTING = replace(HAVE_MACHINE, state=State(Phase.SETTLING))


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
