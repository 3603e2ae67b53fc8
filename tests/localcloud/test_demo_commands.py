"""Programs that the demo runs: heard while they run, and ended with whoever waits for them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from localcloud.controlplane.process import Process
from localcloud.demo.commands import called
from localcloud.demo.errors import DemoFailed

pytestmark = pytest.mark.local


async def test_a_program_is_heard_while_it_runs() -> None:
    heard: list[str] = []
    lines = "import sys; print(input()); print('far', file=sys.stderr); print('farther')"
    out = await called([sys.executable, "-c", lines], stdin="near\n", hear=heard.append)
    assert out == "near\nfarther\n"
    assert sorted(heard) == ["far", "farther", "near"]


async def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(DemoFailed, match="no such bucket"):
        await called([sys.executable, "-c", "raise SystemExit('no such bucket')"], stdin="x" * 2**20)


async def test_a_program_ends_with_whoever_waits_for_it() -> None:
    beginning = asyncio.Event()
    pid: list[int] = []

    def hear(line: str) -> None:
        pid.append(int(line))
        beginning.set()

    lines = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    running = asyncio.create_task(called([sys.executable, "-c", lines], hear=hear))
    await asyncio.wait_for(beginning.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not Process.of(pid[0]).alive()
