"""The queue: each key once, never twice at the same time, fresh before routine, the soonest delay wins."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.waiting import until

from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.controller.queue import Backoff, Queue

pytestmark = pytest.mark.unit

A, B, C = Key("team", "a"), Key("team", "b"), Key("team", "c")


async def take(queue: Queue) -> Key:
    return await asyncio.wait_for(queue.get(), 60)


async def empty(queue: Queue) -> bool:
    try:
        await asyncio.wait_for(queue.get(), 0.01)
    except TimeoutError:
        return True
    return False


async def test_keys_come_in_the_order_in_which_they_were_added() -> None:
    queue = Queue()
    for key in (A, B, C):
        queue.add(key)
    assert [await take(queue) for _ in range(3)] == [A, B, C]


async def test_a_key_added_again_comes_once() -> None:
    queue = Queue()
    for _ in range(3):
        queue.add(A)
    assert len(queue) == 1
    assert await take(queue) == A
    queue.done(A)
    assert await empty(queue)


async def test_fresh_changes_go_before_routine() -> None:
    queue = Queue()
    queue.add(A, fresh=False)
    queue.add(B, fresh=False)
    queue.add(C)
    queue.add(B)
    assert [await take(queue) for _ in range(3)] == [C, B, A]
    assert len(queue) == 0


async def test_a_fresh_key_is_not_put_back_by_routine() -> None:
    queue = Queue()
    queue.add(A)
    queue.add(B, fresh=False)
    queue.add(A, fresh=False)
    assert await take(queue) == A


async def test_a_key_in_work_waits_until_it_is_done() -> None:
    queue = Queue()
    queue.add(A)
    assert await take(queue) == A
    queue.add(A)
    queue.add(A, fresh=False)
    assert await empty(queue)
    queue.done(A)
    assert await take(queue) == A
    queue.done(A)
    assert await empty(queue)


async def test_what_was_added_while_in_work_keeps_its_freshness() -> None:
    queue = Queue()
    queue.add(A)
    await take(queue)
    queue.add(A, fresh=False)
    queue.add(B)
    queue.done(A)
    assert [await take(queue), await take(queue)] == [B, A]


async def test_nothing_added_while_in_work_is_forgotten_when_done_comes_late() -> None:
    queue = Queue()
    queue.add(A)
    await take(queue)
    queue.add_after(A, 0.01)
    await asyncio.sleep(0.03)
    queue.done(A)
    assert await take(queue) == A


async def test_the_soonest_of_several_delays_counts() -> None:
    queue = Queue()
    queue.add_after(A, 30)
    queue.add_after(A, 0.01)
    queue.add_after(A, 20)
    assert await take(queue) == A
    queue.done(A)
    assert await empty(queue)
    queue.close()


async def test_an_immediate_addition_makes_the_delayed_superfluous() -> None:
    queue = Queue()
    queue.add_after(A, 0.01)
    queue.add(A)
    assert await take(queue) == A
    queue.done(A)
    await asyncio.sleep(0.03)
    assert await empty(queue)


async def test_a_delay_does_not_hold_back_what_waits_already() -> None:
    queue = Queue()
    queue.add(A)
    queue.add_after(A, 30)
    assert await take(queue) == A
    queue.done(A)
    assert await empty(queue)


async def test_forgotten_keys_do_not_come_back() -> None:
    queue = Queue()
    queue.add(B)
    await take(queue)
    queue.add_after(A, 0.01)
    queue.add(B)
    queue.forget(A)
    queue.forget(B)
    queue.done(B)
    await asyncio.sleep(0.03)
    assert await empty(queue)


async def test_a_poc_and_a_platform_of_one_name_are_two() -> None:
    queue = Queue()
    queue.add(Key("", "a", What.POC))
    queue.add(platform_key("a"))
    assert len(queue) == 2


async def test_several_workers_share_the_keys() -> None:
    queue, worked = Queue(), Counter[Key]()
    busy: set[Key] = set()

    async def worker() -> None:
        while True:
            key = await queue.get()
            assert key not in busy
            busy.add(key)
            await asyncio.sleep(0)
            busy.discard(key)
            worked[key] += 1
            queue.done(key)

    workers = [asyncio.create_task(worker()) for _ in range(4)]
    keys = [Key("team", str(n)) for n in range(20)]
    for key in (*keys, *keys):
        queue.add(key)
        await asyncio.sleep(0)
    await until(lambda: not len(queue) and not queue.working)
    for task in workers:
        task.cancel()
    assert set(worked) == set(keys)
    assert len(queue) == queue.working == 0


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["add", "routine", "get", "done"]), st.sampled_from([A, B, C])), max_size=40
)


@given(OPERATIONS)
def test_no_key_is_lost_and_none_runs_twice_at_once(operations: list[tuple[str, Key]]) -> None:
    """Against the plainest model: a set of keys that are owed a pass, and a set of those in work."""

    async def tried() -> None:
        queue, owed, working = Queue(), set[Key](), set[Key]()
        for operation, key in operations:
            if operation in ("add", "routine"):
                queue.add(key, fresh=operation == "add")
                owed.add(key)
            elif operation == "done" and key in working:
                queue.done(key)
                working.discard(key)
            elif operation == "get" and owed - working:
                got = await take(queue)
                assert got in owed - working
                owed.discard(got)
                working.add(got)
        assert len(queue) == len(owed - working)
        assert queue.working == len(working)

    asyncio.run(tried())


# Backoff


def test_waits_double_up_to_the_most() -> None:
    backoff = Backoff(first=1, most=8, rng=random.Random(1))
    waits = [backoff.next(A) for _ in range(6)]
    for wait, ceiling in zip(waits, (1, 2, 4, 8, 8, 8), strict=True):
        assert ceiling / 2 <= wait <= ceiling


def test_a_success_starts_anew_and_keys_do_not_share() -> None:
    backoff = Backoff(first=1, most=100, rng=random.Random(1))
    for _ in range(5):
        backoff.next(A)
    backoff.forget(A)
    assert backoff.next(A) <= 1
    assert backoff.next(B) <= 1


def test_two_that_fail_together_do_not_come_back_together() -> None:
    backoff = Backoff(rng=random.Random(1))
    assert backoff.next(A) != backoff.next(B)
    assert len({round(backoff.spread(), 6) for _ in range(10)}) == 10


def test_a_thousand_failures_in_a_row_are_still_a_number() -> None:
    backoff = Backoff(first=1, most=300)
    assert max(backoff.next(A) for _ in range(1100)) <= 300
