"""Each listing once for all, names gathered into batches, and places that turn up later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

import pytest
from tests.unit.reconcile.cloud import Clock

from modelpoc.reconcile.errors import Retry, Stall
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.observe import Observer
from modelpoc.reconcile.resource import Observed, Resource, Scope

pytestmark = pytest.mark.unit

Hook = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    pass


class Told(BaseKind[Resource, Scope]):
    """A kind that writes down what it is asked."""

    def __init__(self, kind: str, log: list[str], within: Collection[str] = ()) -> None:
        self.kind, self.log, self.within = kind, log, frozenset(within)
        self.there: list[str] = []
        self.forbidden: set[str] = set()
        self.passing: set[str] = set()
        self.meanwhile: Hook = _nothing

    async def list_all(self, scope: Scope) -> Iterable[Observed] | None:
        self.log.append(f"list {self.kind}")
        await asyncio.sleep(0)
        await self.meanwhile()
        return [Observed(self.kind, name, name) for name in self.there]

    async def read(self, scope: Scope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        self.log.append(f"read {self.kind} {','.join(names)}{' deep' if deep else ''}")
        await asyncio.sleep(0)
        if self.forbidden & set(names):
            raise Stall("AccessDenied", f"{sorted(self.forbidden)} is forbidden")
        if self.passing & set(names):
            raise Retry("slow down")
        return {name: Observed(self.kind, name, name) for name in names if name in self.there}


class Bench:
    """An observer over two kinds, Place and Inner, the second within the first."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.clock = Clock()
        self.inventory = Inventory(self.clock)
        self.place, self.inner = Told("Place", self.log), Told("Inner", self.log, within=["Place"])
        kinds = {"Inner": self.inner, "Place": self.place}
        self.observer = Observer(self.inventory, kinds, None, sleep=self.clock.sleep)

    async def list(self, age: float = 60.0, *kinds: str) -> list[str]:
        """What is asked for in one call."""
        self.log.clear()
        await self.observer.list_kinds(age, kinds or None)
        self.clock.time += 1
        return list(self.log)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# listings


async def test_what_tells_where_to_look_is_listed_first(bench: Bench) -> None:
    assert await bench.list() == ["list Place", "list Inner"]


async def test_a_listing_is_good_for_its_age(bench: Bench) -> None:
    await bench.list()
    assert await bench.list() == []
    bench.clock.time += 100
    assert await bench.list() == ["list Place", "list Inner"]


async def test_all_who_ask_at_once_share_a_listing(bench: Bench) -> None:
    await asyncio.gather(*(bench.observer.list_kinds(60.0) for _ in range(20)))
    assert bench.log == ["list Place", "list Inner"]


async def test_a_fresh_listing_of_one_kind_leaves_the_others(bench: Bench) -> None:
    await bench.list()
    assert await bench.list(0.0, "Inner") == ["list Inner"]


async def test_a_fresh_listing_is_one_that_began_after_the_call(bench: Bench) -> None:
    """Whoever was just told that a number is taken learns nothing from a listing under way."""
    await bench.list()
    early = asyncio.create_task(bench.observer.list_kinds(0.0, ["Inner"]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bench.clock.time += 1
    bench.log.clear()
    await asyncio.gather(early, *(bench.observer.list_kinds(0.0, ["Inner"]) for _ in range(5)))
    assert bench.log == ["list Inner"]


async def test_places_found_later_are_looked_into(bench: Bench) -> None:
    """A listener that the user named becomes known by a read, after all rules were listed."""
    await bench.list()
    bench.place.there = ["new"]
    await bench.observer.read([("Place", "new")])
    assert await bench.list() == ["list Inner"]
    assert await bench.list() == []


async def test_places_that_turn_up_during_a_listing_are_looked_into_by_another(bench: Bench) -> None:
    async def turn_up() -> None:
        if not bench.place.there:
            bench.place.there = ["new"]
            await bench.observer.read([("Place", "new")])

    bench.inner.meanwhile = turn_up
    assert await bench.list() == ["list Place", "list Inner", "read Place new", "list Inner"]


async def test_places_of_our_own_making_are_empty(bench: Bench) -> None:
    await bench.list()
    bench.inventory.wrote(Observed("Place", "made", "made"))
    assert await bench.list() == []


async def test_a_listing_that_fails_is_tried_again_by_the_next(bench: Bench) -> None:
    async def fail() -> None:
        raise Retry("later")

    bench.place.meanwhile = fail
    with pytest.raises(Retry):
        await bench.list()
    bench.place.meanwhile = _nothing
    assert await bench.list() == ["list Place", "list Inner"]


async def test_one_who_stops_waiting_does_not_stop_the_listing(bench: Bench) -> None:
    one = asyncio.create_task(bench.observer.list_kinds(60.0))
    other = asyncio.create_task(bench.observer.list_kinds(60.0))
    for _ in range(3):
        await asyncio.sleep(0)
    assert bench.log == ["list Place"]
    one.cancel()
    await other
    assert bench.log == ["list Place", "list Inner"]


# reads


async def test_names_asked_for_at_once_go_into_one_read(bench: Bench) -> None:
    bench.place.there = ["a", "b"]
    await asyncio.gather(
        bench.observer.read([("Place", "a")]),
        bench.observer.read([("Place", "b"), ("Inner", "x")]),
        bench.observer.read([("Place", "a")]),
    )
    assert sorted(bench.log) == ["read Inner x", "read Place a,b"]
    assert bench.inventory.get("Place", "b")


async def test_deep_reads_are_reads_of_their_own(bench: Bench) -> None:
    await asyncio.gather(
        bench.observer.read([("Place", "a")]), bench.observer.read([("Place", "a")], deep=True)
    )
    assert sorted(bench.log) == ["read Place a", "read Place a deep"]


async def test_names_asked_for_while_a_read_is_under_way_go_into_the_next(bench: Bench) -> None:
    first = asyncio.create_task(bench.observer.read([("Place", "a")]))
    for _ in range(5):
        await asyncio.sleep(0)
    assert bench.log == ["read Place a"]
    await bench.observer.read([("Place", "b")])
    await first
    assert bench.log == ["read Place a", "read Place b"]


async def test_what_one_may_not_read_is_no_news_for_others(bench: Bench) -> None:
    bench.place.there, bench.place.forbidden = ["a"], {"secret"}
    results = await asyncio.gather(
        bench.observer.read([("Place", "a")]),
        bench.observer.read([("Place", "secret")]),
        return_exceptions=True,
    )
    assert results[0] is None
    assert isinstance(results[1], Stall)
    assert bench.inventory.get("Place", "a")


async def test_passing_trouble_is_not_multiplied(bench: Bench) -> None:
    bench.place.passing = {"a"}
    results = await asyncio.gather(
        *(bench.observer.read([("Place", name)]) for name in "abc"), return_exceptions=True
    )
    assert [type(r) for r in results] == [Retry] * 3
    assert bench.log == ["read Place a,b,c"]
