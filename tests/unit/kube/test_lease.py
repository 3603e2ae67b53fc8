"""Who leads: one at most may write, whatever happens; somebody does, once nothing happens any more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kubernetes.aio import client
from tests.unit.kube.lease_world import (
    Clocks,
    Contender,
    LibraryTime,
    Net,
    Server,
    leaderelection_module,
    run,
)

from modelpoc.kube.lease import Moment, Term
from modelpoc.kube.lease_election import Periods

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True, scope="module")
def _library_time() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leaderelection_module, "time", LibraryTime)
        yield


@asynccontextmanager
async def living(*contenders: Contender) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(c.live()) for c in contenders]
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_the_first_leads_and_stays() -> None:
    async def story() -> None:
        server = Server()
        one, two = Contender(server, "one"), Contender(server, "two")
        async with living(one):
            await asyncio.sleep(1)
            async with living(two):
                for _ in range(200):
                    await asyncio.sleep(1)
                    assert (one.writes, two.writes) == (True, False)
        assert server.holder == "one-1"
        assert server.lease is not None
        assert server.lease.spec.lease_transitions == 0
        assert server.lease.spec.lease_duration_seconds == 15

    run(story())


def test_who_dies_is_followed_when_its_lease_is_over() -> None:
    async def story() -> None:
        one, two = _two()
        async with living(one) as (first,):
            await asyncio.sleep(1)
            async with living(two):
                await asyncio.sleep(30)
                first.cancel()
                await asyncio.sleep(14)
                assert not two.began
                await asyncio.sleep(4)
                assert len(two.began) == 1

    run(story())


def test_who_releases_is_followed_at_once() -> None:
    async def story() -> None:
        one, two = _two()
        async with living(one) as (first,):
            await asyncio.sleep(1)
            async with living(two):
                await asyncio.sleep(30)
                first.cancel()
                assert await one.election.release()
                assert not one.writes
                await asyncio.sleep(2.2)
                assert two.writes
        assert one.server.lease is not None
        assert one.server.lease.spec.lease_transitions == 1

    run(story())


def test_who_does_not_hold_it_gives_nothing_up() -> None:
    async def story() -> None:
        one, two = _two()
        async with living(one):
            await asyncio.sleep(1)
            await two.election.release()
            assert one.server.holder == "one-1"

    run(story())


@pytest.mark.parametrize("trouble", ["no answer", 500, 403, 429])
def test_passing_trouble_is_survived_and_lasting_trouble_is_loss(trouble: str | int) -> None:
    async def story() -> None:
        server = Server()
        one = Contender(server, "one")

        def broken(yes: bool) -> None:
            one.net.down = yes and trouble == "no answer"
            server.refuses = trouble if yes and isinstance(trouble, int) else 0

        async with living(one):
            await asyncio.sleep(5)
            broken(True)
            await asyncio.sleep(5)
            broken(False)
            await asyncio.sleep(20)
            assert one.writes
            assert one.losses == []
            broken(True)
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(10.5)
            assert not one.writes
            await asyncio.sleep(2)
            ((at, why),) = one.losses
            assert at - began < 12.1
            assert "10 s" in why

    run(story())


def test_a_lease_in_other_hands_is_lost_at_the_next_look() -> None:
    async def story() -> None:
        server = Server()
        one = Contender(server, "one")
        async with living(one):
            await asyncio.sleep(5)
            assert server.lease is not None
            stolen = server.read()
            stolen.spec.holder_identity = "somebody"
            server.replace(stolen)
            await asyncio.sleep(2.1)
            assert not one.writes
            assert [why for _, why in one.losses] == ["the lease is in other hands"]
            assert server.holder == "somebody"

    run(story())


def test_a_deleted_lease_is_a_lost_one() -> None:
    async def story() -> None:
        server = Server()
        one = Contender(server, "one")
        async with living(one):
            await asyncio.sleep(5)
            server.lease = None
            await asyncio.sleep(2.1)
            assert [why for _, why in one.losses] == ["somebody deleted the lease"]
            await asyncio.sleep(2)
            assert server.holder == "one-2", "a new process may have it"

    run(story())


def test_who_waits_knows_where_the_one_that_leads_is() -> None:
    async def story() -> None:
        server = Server()
        one, two = Contender(server, "one", address="10.0.0.1"), Contender(server, "two", address="fd00::2")
        async with living(one) as (first,):
            await asyncio.sleep(1)
            async with living(two):
                await asyncio.sleep(5)
                assert (one.election.leader_address, two.election.leader_address) == ("", "10.0.0.1")
                first.cancel()
                await one.election.release()
                await asyncio.sleep(5)
                assert two.writes
                assert two.election.leader_address == ""
                async with living(three := Contender(server, "three")):
                    await asyncio.sleep(3)
                    assert three.election.leader_address == "fd00::2"

    run(story())


def test_who_says_no_address_leaves_none_of_who_led_before() -> None:
    async def story() -> None:
        server = Server()
        one, two = Contender(server, "one", address="10.0.0.1"), Contender(server, "two")
        async with living(one) as (first,):
            await asyncio.sleep(1)
            first.cancel()
            await one.election.release()
        async with living(two):
            await asyncio.sleep(5)
            assert two.writes
            assert server.lease is not None
            assert not server.lease.metadata.annotations

    run(story())


def test_a_lease_that_says_longer_is_waited_for_longer() -> None:
    async def story() -> None:
        server = Server()
        patient = Contender(server, "patient", periods=Periods(60.0, 40.0, 2.0))
        brief = Contender(server, "brief")
        async with living(patient) as (first,):
            await asyncio.sleep(1)
            async with living(brief):
                await asyncio.sleep(5)
                first.cancel()
                await asyncio.sleep(50)
                assert not brief.began
                await asyncio.sleep(15)
                assert brief.began

    run(story())


def test_durations_need_not_be_whole() -> None:
    async def story() -> None:
        server = Server()
        async with living(one := Contender(server, "one", periods=Periods(6.5, 4.5, 1.25))):
            await asyncio.sleep(20)
            assert one.writes
            assert server.lease is not None
            assert server.lease.spec.lease_duration_seconds == 7

    run(story())


def test_a_lease_written_by_something_else_is_understood() -> None:
    async def story() -> None:
        server = Server()
        meta = client.V1ObjectMeta(name="it")
        server.create(client.V1Lease(metadata=meta, spec=client.V1LeaseSpec()))
        async with living(one := Contender(server, "one")):
            await asyncio.sleep(1)
            assert one.writes

    run(story())


def test_a_clock_that_is_set_back_during_a_look_takes_nobody_elses_lease() -> None:
    async def story() -> None:
        one, two = _two()
        async with living(one):
            await asyncio.sleep(5)
            two.net.slow = 3.0
            async with living(two):
                for _ in range(200):
                    await asyncio.sleep(0.5)
                    two.clocks.set_by -= 600
                    assert (one.writes, two.writes) == (True, False)
        assert one.losses == []

    run(story())


@pytest.mark.parametrize(
    "periods", [(10.0, 10.0, 2.0), (15.0, 2.0, 2.0), (15.0, 10.0, 0.5)], ids=["equal", "deadline", "retry"]
)
def test_periods_that_do_not_fit_are_refused(periods: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="must be greater"):
        Periods(*periods)


@pytest.mark.parametrize(
    ("monotonic", "wall", "holds"),
    [(9.9, 9.9, True), (10.1, 10.1, False), (1.0, 30.0, False), (30.0, 1.0, False), (30.0, -500.0, False)],
    ids=["within", "over", "the machine slept", "the clock was set back", "far back"],
)
def test_a_term_holds_while_both_clocks_say_so(monotonic: float, wall: float, holds: bool) -> None:
    now = Moment(100.0, 1000.0)
    term = Term(10.0, lambda: now)
    assert not term.holds()
    term.renewed(now)
    now = Moment(100.0 + monotonic, 1000.0 + wall)
    assert term.holds() is holds
    term.end()
    assert not term.holds()


FAULTS = ("kill", "stop", "down", "up", "set clock")


_CUT_AFTER_A_LOST_CANCELLATION = [
    (17.0, 0, "set clock"),
    (1.0, 0, "down"),
    (1.0, 1, "down"),
    (1.0, 0, "kill"),
]


@settings(max_examples=60, deadline=None)
@example(
    seed=0,
    rates=(1.0, 1.0),
    slow=0.0,
    lost=0.125,
    frozen=0.09375,
    faults=[*_CUT_AFTER_A_LOST_CANCELLATION, (10.0, 0, "down")],
)
@given(
    seed=st.integers(0, 2**32),
    rates=st.tuples(st.floats(0.9, 1.1), st.floats(0.9, 1.1)),
    slow=st.floats(0.0, 6.0),
    lost=st.floats(0.0, 0.3),
    frozen=st.floats(0.0, 0.1),
    faults=st.lists(st.tuples(st.floats(0.5, 20.0), st.integers(0, 1), st.sampled_from(FAULTS)), max_size=8),
)
def test_two_never_write_at_one_time_and_one_does_in_the_end(
    seed: int,
    rates: tuple[float, float],
    slow: float,
    lost: float,
    frozen: float,
    faults: list[tuple[float, int, str]],
) -> None:
    """Clocks run up to a tenth too fast or too slow, and the wall's is set by anything."""
    rng, server = random.Random(seed), Server()

    async def story() -> None:
        two = [
            Contender(server, f"c{i}", Clocks(rates[i], rng.uniform(0, 1e5)), Net(rng, slow, lost, frozen))
            for i in (0, 1)
        ]
        watching = asyncio.create_task(_never_both(two))
        tasks = [asyncio.create_task(c.live(rng.uniform(0.1, 3))) for c in two]
        for pause, who, what in faults:
            await asyncio.sleep(pause)
            tasks[who] = await _happens(what, two[who], tasks[who], rng)
        for c in two:
            c.net.slow = c.net.lost = c.net.frozen = 0.0
            c.net.down = False
        await asyncio.sleep(120)
        assert sum(c.writes for c in two) == 1
        (leader,) = (c for c in two if c.writes)
        assert server.holder == f"{leader.name}-{leader._lives}"
        await _cancelled([watching, *tasks])

    run(story())


async def _happens(
    what: str, whom: Contender, task: asyncio.Task[None], rng: random.Random
) -> asyncio.Task[None]:
    if what in ("down", "up"):
        whom.net.down = what == "down"
    elif what == "set clock":
        whom.clocks.set_by += rng.choice((-3600.0, -8.0, 8.0, 3600.0))
    else:
        if what == "stop":
            whom.election.term.end()
        await _cancelled([task])
        if what == "stop":
            await whom.election.release()
        whom.die()
        return asyncio.create_task(whom.live())
    return task


async def _never_both(two: list[Contender]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        assert not all(c.writes for c in two), f"both at {loop.time():.2f} s"
        await asyncio.sleep(0.1)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    """As often as it takes: a process that is stopped just then may lose a cancellation."""
    for task in tasks:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
        with suppress(asyncio.CancelledError):
            await task


def _two() -> tuple[Contender, Contender]:
    server = Server()
    return Contender(server, "one"), Contender(server, "two")
