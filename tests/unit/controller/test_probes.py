"""Ready: able to work. Alive: working, or waiting as it should."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.controller.held import PLATFORM

from modelpoc.controller import leading as leading_module
from modelpoc.controller import probes
from modelpoc.controller.calls import Calls
from modelpoc.controller.keys import Key
from modelpoc.controller.leading import Alone, Elected
from modelpoc.controller.probes import STUCK_AFTER, Alive, Ready
from modelpoc.controller.queue import Queue
from modelpoc.kube.lease import Moment, Term
from modelpoc.kube.lease_election import Election, Periods

pytestmark = pytest.mark.unit


NOW = Moment(100_000.0, 1.8e9)


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still."""
    for module in (probes, leading_module):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: NOW.monotonic))


def _ago(seconds: float) -> Moment:
    return Moment(NOW.monotonic - seconds, NOW.wall - seconds)


class Place:
    """Platforms by name, and those whose account was seen."""

    def __init__(self, *names: str) -> None:
        self.names, self.checked, self.synced = names, set[str](), True
        store: Any = SimpleNamespace(platforms=lambda: [(Key("", n), _named(n)) for n in self.names])
        accounts: Any = SimpleNamespace(get=lambda n: SimpleNamespace(checked=n in self.checked))
        self.ready = Ready(store, accounts, lambda: self.synced)


def _named(name: str) -> Any:
    return PLATFORM.model_copy(update={"metadata": PLATFORM.metadata.model_copy(update={"name": name})})


def test_without_a_platform_the_caches_are_enough() -> None:
    place = Place()
    place.synced = False
    assert place.ready.missing() == ["Kubernetes caches"]
    place.synced = True
    assert place.ready.missing() == []


def test_one_bad_platform_of_many_takes_nothing_out_of_service() -> None:
    place = Place("a", "b", "c")
    assert len(place.ready.missing()) == 3
    place.checked = {"b"}
    assert place.ready.missing() == []


def test_once_ready_always_ready() -> None:
    place = Place("a")
    place.checked = {"a"}
    assert place.ready.missing() == []
    place.names, place.checked = ("a", "new"), set()
    assert place.ready.missing() == []


@pytest.mark.usefixtures("_now")
def test_a_queue_that_stands_still_is_death_only_to_who_works() -> None:
    queue, leading = Queue(), Alone()
    queue.add(Key("default", "one"))
    queue.moved_at = _ago(STUCK_AFTER + 1).monotonic
    alive = Alive(queue, leading)
    assert alive.stuck() == "", "it waits for the lease"
    leading.began.set()
    assert "the queue has not moved for 301 s" in alive.stuck()


@pytest.mark.usefixtures("_now")
def test_a_lease_loop_that_stands_still_is_death() -> None:
    periods = Periods()
    election: Any = SimpleNamespace(tried_at=_ago(30).monotonic)
    alive = Alive(Queue(), Elected(election, periods))
    assert alive.stuck() == ""
    election.tried_at -= 30
    assert "the lease was not looked at for 60 s" in alive.stuck()


@pytest.mark.usefixtures("_now")
def test_who_does_not_stand_for_the_lease_yet_looks_at_none() -> None:
    """Caches take as long as they take: without the CRDs, until somebody applies them."""
    periods, lease = Periods(), cast(Any, SimpleNamespace(identity="me"))
    election = Election(lease, periods, Term(periods.deadline), lambda: _ago(3600))
    assert Alive(Queue(), Elected(election, periods)).stuck() == ""


@pytest.mark.usefixtures("_now")
async def test_who_stands_for_it_is_looked_after_from_the_first_try_on() -> None:
    periods, lease = Periods(), cast(Any, SimpleNamespace(identity="me", held=False, get=_never))
    election = Election(lease, periods, Term(periods.deadline), lambda: _ago(60))
    standing = asyncio.create_task(election.acquire())
    await asyncio.sleep(0)
    assert "the lease was not looked at for 60 s" in Alive(Queue(), Elected(election, periods)).stuck()
    standing.cancel()
    await asyncio.wait([standing])


async def _never(*_: Any) -> None:
    await asyncio.Event().wait()


async def test_calls_under_way_are_waited_for_a_while() -> None:
    calls, loop = Calls(1), asyncio.get_running_loop()
    answer, begun = threading.Event(), threading.Event()
    first = loop.run_in_executor(calls, answer.wait, 60)
    never = loop.run_in_executor(calls, begun.set)
    assert not await calls.drain(0.01)
    assert calls.busy
    answer.set()
    assert await calls.drain(60)
    assert not calls.busy
    assert not begun.is_set()
    await asyncio.wait([first, never], timeout=60)
