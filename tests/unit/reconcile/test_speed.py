"""What a plan costs when the inventory is large."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.unit.reconcile.kinds import KINDS, Ground, Note

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.plan import plan
from modelpoc.reconcile.resource import Observed, Phase

pytestmark = pytest.mark.unit

OWNERS, EACH = 1_000, 9


def filled() -> Inventory:
    inventory = Inventory()
    for n in range(OWNERS):
        mark = Owner("fleet", "team", f"p{n}").mark
        for i in range(EACH):
            kind, name = ("Ground", "Note")[i % 2], f"p{n}-{i}"
            fields = {"size": 1, "mark": str(mark), "text": "x"}
            refs, claims = frozenset({f"id-p{n}-{i - 2}"}), frozenset({f"path:{name}"})
            inventory.wrote(Observed(kind, name, f"id-{name}", fields, refs=refs, claims=claims, owner=mark))
    return inventory


def graph_of(owner: Owner) -> Graph:
    mark = str(owner.mark)
    names = [f"{owner.name}-{i}" for i in range(EACH)]
    grounds = [Ground(name=n, mark=mark) for n in names[::2]]
    return Graph([*grounds, *(Note(name=n, mark=mark, text="x") for n in names[1::2])])


def test_a_plan_among_a_thousand_owners_costs_far_less_than_a_millisecond_a_resource() -> None:
    inventory, owner = filled(), Owner("fleet", "team", "p500")
    graph = graph_of(owner)
    took = []
    for _ in range(20):
        began = time.perf_counter()
        found = plan(graph, inventory, KINDS, owner.mark)
        took.append(time.perf_counter() - began)
    assert found.settled
    assert min(took) / EACH < 0.000_5


def test_taking_apart_among_a_thousand_owners_looks_only_at_ones_own() -> None:
    inventory, owner = filled(), Owner("fleet", "team", "p500")
    took = []
    for _ in range(20):
        began = time.perf_counter()
        found = plan(Graph(), inventory, KINDS, owner.mark)
        took.append(time.perf_counter() - began)
    assert len(found.steps) == EACH
    assert min(took) < 0.05


def test_forgetting_leaves_nothing_behind() -> None:
    """Names with content in them come and go for as long as the process lives."""
    now = [0.0]
    inventory = Inventory(lambda: now[0])
    for n in range(100):
        one = Observed("Ground", f"x@{n}", f"id-{n}", refs=frozenset({f"r-{n}"}), owner=Owner("f").mark)
        inventory.wrote(replace(one, state=replace(one.state, phase=Phase.SETTLING)))
        inventory.deleted(*one.key)
    now[0] = 1000.0
    inventory.listed("Ground", [], 1000.0)
    assert inventory._entries == {}
    assert len(inventory._index) == 0
