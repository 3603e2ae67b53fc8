"""Whatever goes wrong beside a look, the next one comes, and somebody is told."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from modelpoc.cli.operator import _beside
from modelpoc.sync.report import Report, Result
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Settings, _AtWork

pytestmark = pytest.mark.unit


class Broken:
    """Breaks wherever it is asked, but for the look itself."""

    snapshot = None

    async def look(self, _: object) -> Report:
        return Report(Result.UNCHANGED, "x@main", "0" * 40)

    async def tell(self, _: object) -> None:
        raise LookupError("teller")


async def test_a_look_outlives_whoever_tells_of_it(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = Broken()
    work = _AtWork(Settings(Source.of("https://host/x")), broken, broken, broken, None)
    heard: list[Report] = []

    def deaf(_: Report) -> None:
        raise UnicodeError("listener")

    work.on_report = [deaf, heard.append]
    report = await work.look()
    assert heard == [report]
    assert "telling failed" in caplog.text
    assert "reporting failed" in caplog.text


async def test_a_reader_who_went_away_ends_it() -> None:
    broken: Any = Broken()
    work = _AtWork(Settings(Source.of("https://host/x")), broken, broken, broken, None)

    def gone(_: Report) -> None:
        raise BrokenPipeError

    work.on_report = [gone]
    with pytest.raises(BrokenPipeError):
        await work.look()


class Ending:
    """Ends at once, each time."""

    def __init__(self) -> None:
        self.begun, self.thrice = 0, asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        if self.begun == 3:
            self.thrice.set()
        raise OSError("the port is taken")


async def test_in_the_operator_it_is_told_and_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    sync: Any = Ending()
    with caplog.at_level(logging.ERROR):
        beside = asyncio.create_task(_beside(sync, again=0.01))
        await sync.thrice.wait()
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
    assert "the port is taken" in caplog.text
    assert beside.cancelled()
