"""What must be true of a POC's /docs page, seen by a real browser, at any URL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.chromium import Tab, open_tab

_OPERATIONS = """
[...document.querySelectorAll(".opblock")].map(block =>
    block.querySelector(".opblock-summary-method").textContent + " " +
    block.querySelector(".opblock-summary-path").dataset.path)
"""
_PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
_TRY = ".opblock-post .execute"
# Only when the example has come into it does "Execute" send anything.
_BODY = ".opblock-post textarea"
_STATUS = ".opblock-post .live-responses-table .response-col_status"


@dataclass(frozen=True)
class Asked:
    """One request of the page's and the status of its answer; 0 when none came."""

    url: str
    status: int


@dataclass(frozen=True)
class DocsPage:
    """What the browser saw: operations as "POST /predict", and all that the page asked for."""

    operations: tuple[str, ...]
    predict_status: str
    asked: tuple[Asked, ...]


def check_docs_page(url: str, screenshot: Path | None = None) -> DocsPage:
    """Open `url`, a POC's /docs as the world sees it, and send /predict the example it proposes.

    AssertionError when Swagger UI does not show the operations, when anything is loaded from elsewhere
    than under the same prefix, when a request fails, or when the example is not answered with 200.
    Blocking, and with an event loop of its own: in async code call it by `asyncio.to_thread`.
    """
    page, picture = asyncio.run(_look(url))
    if screenshot:
        screenshot.write_bytes(picture)
    _check(url.removesuffix("/docs"), page)
    return page


async def _look(url: str) -> tuple[DocsPage, bytes]:
    async with open_tab() as tab:
        await tab.call("Page.navigate", url=url)
        await tab.wait_for("document.readyState === 'complete'")
        assert await tab.value("'SwaggerUIBundle' in window"), f"Swagger UI's script did not load at {url}"
        await tab.wait_for("document.querySelectorAll('.opblock').length > 0")
        operations = tuple(await tab.value(_OPERATIONS))
        status = await _send_example(tab)
        return DocsPage(operations, status, await _all_asked(tab)), await tab.screenshot()


async def _send_example(tab: Tab) -> str:
    """The status that the page shows after "Execute" on POST /predict."""
    await tab.value("document.querySelector('.opblock-post .opblock-summary-control').click()")
    await tab.wait_for(
        f"document.querySelector('{_BODY}')?.value && document.querySelector('{_TRY}') !== null"
    )
    await tab.wait_for(_PAINTED)
    await tab.value(f"document.querySelector('{_TRY}').click()")
    cells = (
        f"[...document.querySelectorAll('{_STATUS}')].map(cell => parseInt(cell.textContent)).find(n => n)"
    )
    return str(await tab.wait_for(cells))


async def _all_asked(tab: Tab, seconds: float = 30) -> tuple[Asked, ...]:
    """Every request, once each has its answer or has had `seconds` to get it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while any(not asked.status for asked in _asked(tab.events)):
        if asyncio.get_running_loop().time() > deadline:
            break
        await tab.value(_PAINTED)
    return _asked(tab.events)


def _asked(events: Sequence[dict[str, Any]]) -> tuple[Asked, ...]:
    """From the browser's own record of the network, so that nothing the page does goes unseen."""
    urls: dict[str, str] = {}
    statuses: dict[str, int] = {}
    for event in events:
        params = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            urls[params["requestId"]] = params["request"]["url"]
        elif event["method"] == "Network.responseReceived":
            statuses[params["requestId"]] = params["response"]["status"]
    return tuple(Asked(url, statuses.get(key, 0)) for key, url in urls.items() if _leaves_the_browser(url))


def _leaves_the_browser(url: str) -> bool:
    return urlsplit(url).scheme not in ("data", "blob", "about")


def _check(base: str, page: DocsPage) -> None:
    assert {"POST /predict", "GET /health"} <= set(page.operations), page.operations
    assert page.predict_status == "200"
    outside = [asked.url for asked in page.asked if not asked.url.startswith(f"{base}/")]
    assert not outside, f"asked for what is not under {base}: {outside}"
    failed = [asked for asked in page.asked if asked.status != 200]
    assert not failed, failed
    assert {f"{base}/openapi.json", f"{base}/predict"} <= {asked.url for asked in page.asked}
