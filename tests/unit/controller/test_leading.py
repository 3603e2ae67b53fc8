"""What one replica does while it waits, and what only once it leads."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import generate_latest

from modelpoc.controller.keys import Key
from modelpoc.controller.operator import Operator
from modelpoc.controller.settings import Settings

pytestmark = pytest.mark.unit


class Going:
    """Goes on until it is cancelled, and takes its time then."""

    def __init__(self, story: list[str]) -> None:
        self._story, self.begun = story, asyncio.Event()

    async def run(self) -> None:
        self._story.append("meanwhile")
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            self._story.append("ended")


async def test_what_goes_on_meanwhile_has_ended_before_what_goes_on_beside_begins() -> None:
    operator, story = Operator(Settings()), list[str]()
    going = Going(story)

    async def beside() -> None:
        story.append("beside")

    waiting = [asyncio.create_task(operator._until_leading(going.run))]
    led = asyncio.create_task(operator._led(beside, waiting))
    await asyncio.wait_for(going.begun.wait(), 60)
    await asyncio.sleep(0.01)
    assert story == ["meanwhile"]
    operator._leading.began.set()
    await asyncio.wait_for(led, 60)
    assert story == ["meanwhile", "ended", "beside"]


async def test_who_is_told_to_stop_while_it_waits_ends_what_goes_on_meanwhile() -> None:
    operator, story = Operator(Settings()), list[str]()
    going = Going(story)
    waiting = asyncio.create_task(operator._until_leading(going.run))
    await asyncio.wait_for(going.begun.wait(), 60)
    waiting.cancel()
    await asyncio.wait([waiting], timeout=60)
    assert (waiting.cancelled(), story) == (True, ["meanwhile", "ended"])


async def test_of_several_replicas_only_the_one_that_leads_counts_what_is_there() -> None:
    operator = Operator(Settings())
    operator.queue.add(Key("default", "one"))

    def depth() -> str:
        lines = generate_latest(operator.metrics.registry).decode().splitlines()
        (row,) = (line for line in lines if line.startswith("modelpoc_queue_depth "))
        return row

    assert depth() == "modelpoc_queue_depth 0.0"
    operator._leading.began.set()
    assert depth() == "modelpoc_queue_depth 1.0"
