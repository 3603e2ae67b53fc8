"""The object-counter's public page, used as people use it: by mouse, by keys, with files of theirs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.chromium import Tab, open_tab

_ANSWER_SECONDS = 90
_TABS = 20
_TOLD = """(() => {
    const text = (selector) => document.querySelector(selector)?.innerText ?? "";
    const told = {answer: text("#status .answer"), verdict: text("#status .quiet"), problem: text("#problem"),
                  request: text("#request"), response: text("#response")};
    return !document.querySelector("#status .waiting") && (told.answer || told.problem) ? told : null;
})()"""


@dataclass(frozen=True)
class Told:
    """What the page shows after a submission; what it does not show is empty."""

    answer: str
    verdict: str
    problem: str
    request: str
    response: str


class CounterPage:
    """The page in a tab."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    async def open(self, url: str) -> None:
        """Until its examples can be picked."""
        await self.tab.call("Page.navigate", url=url)
        await self.tab.wait_for("document.readyState === 'complete' && document.images.length > 1")
        await self.tab.wait_for("[...document.images].every(image => image.hidden || image.complete)")

    async def examples(self) -> list[dict[str, Any]]:
        """Each example's `file`, and the `words` under its picture."""
        found = """[...document.querySelectorAll("#choices label")].map(label =>
            ({file: label.querySelector("input").value, words: label.innerText.trim()}))"""
        return list(await self.tab.value(found))

    async def pick(self, file: str) -> None:
        await self.tab.value(f"document.querySelector('input[value={json.dumps(file)}]').click()")

    async def send(self, way: str = "address") -> None:
        """`address` lets the model fetch an example, `picture` sends it; own pictures are always sent."""
        await self.tab.value(f"document.querySelector('input[name=way][value={way}]').click()")
        await self.tab.value("document.querySelector('#submit').click()")

    async def told(self) -> Told:
        """Once the answer, or what went wrong, is there."""
        return Told(**await self.tab.wait_for(_TOLD, _ANSWER_SECONDS))

    async def can_send(self) -> bool:
        return bool(await self.tab.value("!document.querySelector('#submit').disabled"))

    async def own(self, file: Path) -> None:
        """Chosen in the dialog."""
        await self.tab.choose_files("#file", file)
        await self._picked(file)

    async def drop(self, file: Path) -> None:
        """Dragged onto the page and let go."""
        await self.tab.drop_files("#drop", file)
        await self._picked(file)

    async def tab_to(self, selector: str) -> None:
        """By the Tab key alone."""
        for _ in range(_TABS):
            await self.tab.press("Tab")
            if await self.tab.value(f"document.activeElement.matches({json.dumps(selector)})"):
                return
        raise AssertionError(f"{_TABS} tabs do not lead to {selector}")

    async def _picked(self, file: Path) -> None:
        caption = "document.querySelector('#caption').innerText"
        await self.tab.wait_for(f"{caption} === {json.dumps(file.name)} || {_PROBLEM}")


_PROBLEM = "document.querySelector('#problem').innerText !== ''"


@asynccontextmanager
async def counter_page(url: str) -> AsyncIterator[CounterPage]:
    """The page, opened in a fresh browser."""
    async with open_tab() as tab:
        page = CounterPage(tab)
        await page.open(url)
        yield page
