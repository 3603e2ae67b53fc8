"""A small graph, what stands of it in the cloud, and the plan between the two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.unit.reconcile.kinds import KINDS, Door, Ground, Machine, Sheet, Sign

from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark, Owner
from modelpoc.reconcile.plan import Plan, Rules, Step, Verb, plan
from modelpoc.reconcile.resource import Observed, Phase, Ref, Resource, State

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
