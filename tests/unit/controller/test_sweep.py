"""The sweep deletes nothing on the ground of an old list: neither objects nor what POCs made meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.controller.held import PLATFORM

from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Store
from modelpoc.controller.sweep import Sweep
from modelpoc.controller.watch import Watch
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark, Owner
from modelpoc.reconcile.plan import Plan
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit


def poc_key(name: str) -> Key:
    return Key("default", name, What.POC)


def body(name: str, uid: str = "1") -> dict[str, Any]:
    meta = {"name": name, "namespace": "default", "uid": uid, "resourceVersion": "1", "generation": 1}
    return {"metadata": meta, "spec": {"ecs": {"image": "local/echo:latest"}}}


@dataclass
class Cluster:
    """Kubernetes and AWS, in which something happens while names are listed."""

    names_there: set[str] = field(default_factory=set)
    meanwhile: Any = None
    """Done once, when the names of POCs were listed and before the answer is seen."""
    taken_apart: list[Mark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inventory, self.store = Inventory(), Store()
        self.watch = Watch(self.store, Queue())
        self.store.put(platform_key("default"), PLATFORM)
        engine = SimpleNamespace(inventory=self.inventory, observer=self, run=self.run)
        accounts: Any = SimpleNamespace(get=lambda _: SimpleNamespace(engine=engine, checked=True))
        this: Any = self
        self.sweep = Sweep(self.store, accounts, this, self.watch, this, 1.0)

    async def names(self, what: What) -> set[Key]:
        if what is What.PLATFORM:
            return {platform_key("default")}
        found = {poc_key(name) for name in self.names_there}
        if self.meanwhile:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        return found

    async def list_kinds(self, max_age: float) -> None:
        assert max_age == 0.0

    async def run(self, _graph: Any, mark: Mark, **_: Any) -> Outcome:
        self.taken_apart.append(mark)
        return Outcome(Plan())

    async def tell(self, *_: Any) -> None:
        return None

    def make(self, name: str) -> Mark:
        """A POC's log group in AWS."""
        mark = Owner("default", "default", name).mark
        self.inventory.wrote(Observed("LogGroup", name, id=name, owner=mark))
        return mark

    def create(self, name: str, uid: str = "1") -> None:
        """A POC that its event tells of, and which has made something at once."""
        self.names_there.add(name)
        self.watch.put(poc_key(name), body(name, uid), wake=True)
        self.make(name)


async def test_what_carries_the_mark_of_no_poc_is_taken_apart_and_nothing_else() -> None:
    cluster = Cluster()
    cluster.create("stays")
    gone = cluster.make("gone")
    stranger = Observed("LogGroup", "theirs", id="theirs", owner=Owner("another", "default", "x").mark)
    cluster.inventory.wrote(stranger)
    await cluster.sweep.once()
    assert cluster.taken_apart == [gone]


async def test_a_poc_created_while_names_are_listed_is_neither_dropped_nor_taken_apart() -> None:
    cluster = Cluster()
    cluster.make("gone")
    cluster.meanwhile = lambda: cluster.create("fresh")
    await cluster.sweep.once()
    assert cluster.store.poc(poc_key("fresh")) is not None
    assert Owner("default", "default", "fresh").mark not in cluster.taken_apart


async def test_an_object_that_went_without_an_event_is_dropped() -> None:
    cluster = Cluster()
    cluster.create("ghost")
    cluster.names_there.clear()
    await cluster.sweep.once()
    assert cluster.store.poc(poc_key("ghost")) is None
    assert cluster.taken_apart == [Owner("default", "default", "ghost").mark]


async def test_an_object_made_anew_while_names_are_listed_is_kept() -> None:
    cluster = Cluster()
    cluster.create("again", uid="1")
    cluster.names_there.clear()
    cluster.meanwhile = lambda: cluster.create("again", uid="2")
    await cluster.sweep.once()
    assert cluster.store.poc(poc_key("again")) is not None
    assert not cluster.taken_apart
