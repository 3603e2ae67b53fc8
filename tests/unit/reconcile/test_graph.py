"""Order, and what a graph refuses."""

from __future__ import annotations

import pytest
from tests.unit.reconcile.kinds import Ground, Machine, Note, Sheet

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.references import refs_of, resolve, value_refs
from modelpoc.reconcile.resource import UNKNOWN, Ref

pytestmark = pytest.mark.unit

GROUND = Ground(name="g")
SHEET = Sheet(name="s", content="one", versions={"note": Ref("Note", "n", "version")})
NOTE = Note(name="n")
MACHINE = Machine(name="m", sheet=Ref("Sheet", "s", "id"), ground=Ref("Ground", "g", "id"))


def test_each_comes_after_what_it_refers_to_whatever_the_order_given() -> None:
    names = [r.name for r in Graph([MACHINE, SHEET, GROUND, NOTE])]
    assert names.index("m") > names.index("s") > names.index("n")
    assert names.index("m") > names.index("g")


def test_needs_give_order_too() -> None:
    note = Note(name="n", needs=(Ref("Ground", "g"),))
    assert [r.name for r in Graph([note, GROUND])] == ["g", "n"]


def test_a_reference_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="Machine/m refers to Sheet/s, which is not in the graph"):
        Graph([MACHINE, GROUND])


def test_a_circle_is_refused() -> None:
    one = Note(name="1", needs=(Ref("Note", "2"),))
    two = Note(name="2", needs=(Ref("Note", "1"),))
    with pytest.raises(ValueError, match="in a circle"):
        Graph([one, two])


def test_two_of_one_kind_and_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two resources"):
        Graph([GROUND, Ground(name="g", size=2)])


def test_one_name_in_two_kinds_is_fine() -> None:
    graph = Graph([Ground(name="x"), Note(name="x")])
    assert len(graph) == 2
    assert graph.get("Note", "x") == Note(name="x")
    assert ("Ground", "x") in graph


def test_an_empty_graph_is_a_graph() -> None:
    assert list(Graph()) == []


def test_references_are_found_in_mappings_and_tuples_each_once() -> None:
    ref = Ref("Note", "n", "version")
    sheet = Sheet(name="s", content="one", versions={"a": ref, "b": ref}, needs=(ref, Ref("Ground", "g")))
    assert value_refs(sheet) == (ref,)
    assert refs_of(sheet) == (ref, Ref("Ground", "g"))


def test_resolving_replaces_references_in_fields_and_leaves_needs() -> None:
    sheet = Sheet(name="s", content="one", versions={"a": Ref("Note", "n")}, needs=(Ref("Note", "n"),))
    resolved = resolve(sheet, lambda ref: UNKNOWN)
    assert resolved.versions == {"a": UNKNOWN}
    assert resolved.needs == sheet.needs
