"""What belongs to somebody else: conflicts, adoption, and places that are taken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reconcile.kinds import KINDS, Door
from tests.unit.reconcile.planning import (
    ALL,
    GROUND,
    HAVE_GROUND,
    HAVE_SIGN,
    MINE,
    OTHERS,
    SIGN,
    planned,
    step,
    there,
)

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.plan import Verb, plan
from modelpoc.reconcile.resource import Change, Ref

pytestmark = pytest.mark.unit


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
