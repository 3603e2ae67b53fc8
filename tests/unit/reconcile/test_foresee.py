"""A plan to be shown: what a pass alone does not tell, in order, and no value that is nobody's business."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.reconcile.kinds import KINDS, Note, NoteKind, Session, SheetKind
from tests.unit.reconcile.planning import (
    ALL,
    DOOR,
    GROUND,
    HAVE_ALL,
    HAVE_GROUND,
    HAVE_MACHINE,
    HAVE_SHEET,
    MINE,
    OTHER_MACHINE,
    SHEET,
    SIGN,
    STARTING,
    door_to,
    holding,
    step,
    there,
    verbs,
)

from modelpoc.reconcile.act import Engine
from modelpoc.reconcile.foresee import foresee
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.plan import Kinds, Plan, Rules, Verb
from modelpoc.reconcile.resource import UNKNOWN, Change, Observed, Phase, Ref, Resource, State

pytestmark = pytest.mark.unit


def foreseen(wanted: Iterable[Resource], *have: Observed, kinds: Kinds = KINDS) -> Plan:
    async def plan() -> Plan:
        engine = Engine(kinds, None, holding(*have))
        return await foresee(engine, Graph(wanted), MINE, Rules())

    return asyncio.run(plan())


def test_what_is_made_tells_its_fields() -> None:
    found = step(foreseen([GROUND]), "Ground")
    assert found.verb is Verb.CREATE
    assert Change("size", None, 1) in found.changes
    assert {c.have for c in found.changes} == {None}


def test_what_is_there_as_wanted_tells_nothing() -> None:
    found = foreseen(ALL, *HAVE_ALL)
    assert set(verbs(found).values()) == {Verb.KEEP}
    assert [s.changes for s in found.steps if s.changes] == []


def test_what_goes_once_the_new_one_serves_is_not_told_when_that_broke() -> None:
    old = replace(HAVE_SHEET, name="older", id="older")
    attrs = {**HAVE_MACHINE.attrs, "failed": HAVE_MACHINE.fields["sheet"]}
    broken = replace(HAVE_MACHINE, state=State(Phase.BROKEN, "Broke", "it cracked"), attrs=attrs)
    have = (*(h for h in HAVE_ALL if h.kind != "Machine"), broken)
    assert [s.name for s in foreseen(ALL, *HAVE_ALL, old).of(Verb.DELETE)] == ["older"]
    found = foreseen(ALL, *have, old)
    assert step(found, "Machine").verb is Verb.BROKEN
    assert found.writes == ()


class ToldSheetKind(SheetKind):
    async def content(self, scope: Session, have: Observed) -> Mapping[str, Any]:
        return {"content": "one", "versions": {"a": 1, "b": 1}}


TOLD: Kinds = {**KINDS, "Sheet": ToldSheetKind()}


def test_another_in_place_of_what_cannot_be_changed_tells_the_difference() -> None:
    new = replace(SHEET, content="two", versions={"a": 1, "b": 2})
    found = foreseen((GROUND, SIGN, new, ALL[3]), *HAVE_ALL, kinds=TOLD)
    made = next(s for s in found.steps if s.verb is Verb.CREATE)
    assert made.changes == (Change("content", "one", "two"), Change("versions.b", 1, 2))
    assert (step(found, "Machine").verb, [c.field for c in step(found, "Machine").changes]) == (
        Verb.UPDATE,
        ["sheet"],
    )
    assert [s.name for s in found.of(Verb.DELETE)] == [HAVE_SHEET.name]


def test_what_goes_comes_after_all_that_is_asked_for_and_in_its_own_order() -> None:
    found = foreseen([GROUND], there("Sheet", "old"), there("Machine", "old", refs=["Sheet:old"]))
    assert [(s.verb, s.kind) for s in found.steps] == [
        (Verb.CREATE, "Ground"),
        (Verb.DELETE, "Machine"),
        (Verb.DELETE, "Sheet"),
    ]


def test_a_switch_of_traffic_shows_although_it_waits_for_what_shall_serve() -> None:
    have = (*HAVE_ALL[:3], STARTING, OTHER_MACHINE, door_to(OTHER_MACHINE.id, width=2))
    found = step(foreseen((*ALL, DOOR), *have), "Door")
    assert {c.field for c in found.changes} == {"width", "to"}
    assert found.waits_for == ("Machine/m",)


def test_what_is_just_going_is_made_again() -> None:
    going = replace(HAVE_GROUND, state=State(Phase.GOING, "Deleting"))
    found = step(foreseen([GROUND], going), "Ground")
    assert (found.verb, found.waits_for) == (Verb.CREATE, ("Ground/g (Deleting)",))


@pytest.mark.parametrize(("text", "known"), [("new", False), ("old", True)])
def test_what_follows_a_field_is_known_unless_that_very_field_changes(text: str, known: bool) -> None:
    """The mark changes in either case; only the text makes another version."""
    note = Note(name="n", mark="another", text=text)
    sheet = replace(SHEET, versions={"n": Ref("Note", "n", "version")})
    have = there("Note", "n", fields={"text": "old"}, attrs={"version": "v"})
    want = step(foreseen([note, sheet], have), "Sheet").want
    assert want is not None
    assert (want.versions["n"] is not UNKNOWN) is known


class SecretNoteKind(NoteKind):
    hidden = frozenset({"text"})


@pytest.mark.parametrize("have", [(), (there("Note", "n", fields={"text": "hush"}),)])
def test_hidden_values_never_show(have: tuple[Observed, ...]) -> None:
    note = Note(name="n", mark=str(MINE), text="hush hush")
    found = step(foreseen([note], *have, kinds={**KINDS, "Note": SecretNoteKind()}), "Note")
    assert "text" in {c.field for c in found.changes}
    assert "hush" not in repr(found.changes)
