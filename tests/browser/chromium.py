"""A headless Chromium, spoken to by its own DevTools protocol: no driver and no library needed.

https://chromedevtools.github.io/devtools-protocol/ documents the methods and events used.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1800",
    "--remote-debugging-port=0",
)
# Windows' virtual key code, and what the key writes.
_KEYS = {
    "Tab": (9, ""),
    "Enter": (13, "\r"),
    "Space": (32, " "),
    "ArrowLeft": (37, ""),
    "ArrowUp": (38, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
}
_START_S = 90
_END_S = 5
_STEP_S = 0.05


class Tab:
    """One page: `events` holds what the browser told about it, oldest first."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.events: list[dict[str, Any]] = []
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to one command; RuntimeError in the browser's words when it refuses."""
        number = next(self._ids)
        self._waiting[number] = coming = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        answer = await asyncio.wait_for(coming, _START_S)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page, as JSON would carry it; promises are awaited."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def wait_for(self, expression: str, seconds: float = 60) -> Any:
        """Its value as soon as that is truthy; AssertionError names what did not come."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not (value := await self.value(expression)):
            assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s: {expression}"
            await asyncio.sleep(_STEP_S)
        return value

    async def screenshot(self) -> bytes:
        """The visible part of the page, as a PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def press(self, key: str, times: int = 1) -> None:
        """A key of the keyboard, as pressed and let go: Tab, Shift+Tab, Enter, Space, ArrowDown, …"""
        name = key.removeprefix("Shift+")
        code, text = _KEYS[name]
        shift = 8 if key != name else 0
        about = {"key": text if name == "Space" else name, "code": name, "windowsVirtualKeyCode": code}
        for _ in range(times):
            down = {"type": "keyDown" if text else "rawKeyDown", "text": text}
            for what in (down, {"type": "keyUp"}):
                await self.call("Input.dispatchKeyEvent", **what, **about, modifiers=shift)

    async def choose_files(self, selector: str, *files: Path) -> None:
        """What a person does in the dialog of a file input."""
        document = await self.call("DOM.getDocument")
        found = await self.call("DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector)
        paths = [str(file) for file in files]
        await self.call("DOM.setFileInputFiles", nodeId=found["nodeId"], files=paths)

    async def drop_files(self, selector: str, *files: Path) -> None:
        """Files dragged from the desktop over an element, and let go there."""
        middle = f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            return {{x: box.x + box.width / 2, y: box.y + box.height / 2}};
        }})()"""
        where = await self.value(middle)
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            await self.call("Input.dispatchDragEvent", type=kind, data=data, **where)

    def complaints(self) -> list[str]:
        """What the browser's console holds of errors and warnings, oldest first."""
        return [complaint for event in self.events if (complaint := _complaint(event))]

    async def listen(self) -> None:
        """Take what the browser sends, until it closes."""
        async for message in self._socket:
            told = json.loads(message.data)
            if "method" in told:
                self.events.append(told)
            elif not (coming := self._waiting.pop(told["id"])).done():
                coming.set_result(told)


def _complaint(event: dict[str, Any]) -> str:
    told = event["params"]
    match event["method"]:
        case "Runtime.exceptionThrown":
            thrown = told["exceptionDetails"]
            return str(thrown.get("exception", {}).get("description") or thrown["text"])
        case "Runtime.consoleAPICalled" if told["type"] in ("error", "warning", "assert"):
            return " ".join(str(arg.get("value", arg.get("description"))) for arg in told["args"])
        case "Log.entryAdded" if told["entry"]["level"] in ("error", "warning"):
            return f"{told['entry']['text']} ({told['entry'].get('url', '')})"
    return ""


@asynccontextmanager
async def open_tab() -> AsyncIterator[Tab]:
    """A fresh browser with an empty profile and one page, network events on; gone afterwards."""
    assert BROWSER, "a browser is needed: apt-get install chromium"
    with tempfile.TemporaryDirectory(prefix="browser-") as profile:
        process = await asyncio.create_subprocess_exec(
            BROWSER,
            *_FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": profile},
            start_new_session=True,
        )
        try:
            async with aiohttp.ClientSession() as session:
                address = await _page_address(session, Path(profile) / "DevToolsActivePort")
                async with (
                    session.ws_connect(address, max_msg_size=0) as socket,
                    _listening(Tab(socket)) as tab,
                ):
                    yield tab
        finally:
            process.terminate()
            await process.wait()
            await _all_gone(process.pid)


async def _all_gone(group: int) -> None:
    """Its helpers outlive the browser for a moment, and still write into the profile."""
    with suppress(ProcessLookupError):
        for _ in range(int(_END_S / _STEP_S)):
            os.killpg(group, 0)
            await asyncio.sleep(_STEP_S)
        os.killpg(group, signal.SIGKILL)
        await asyncio.sleep(_STEP_S)


@asynccontextmanager
async def _listening(tab: Tab) -> AsyncIterator[Tab]:
    listening = asyncio.create_task(tab.listen())
    try:
        await tab.call("Network.enable")
        for domain in ("Page", "Runtime", "Log", "DOM"):
            await tab.call(f"{domain}.enable")
        yield tab
    finally:
        listening.cancel()


async def _page_address(session: aiohttp.ClientSession, port_file: Path) -> str:
    """The page's WebSocket address, once the browser has written its port down and opened the page."""
    async with asyncio.timeout(_START_S):
        while True:
            if port := _written_port(port_file):
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [page for page in await answer.json() if page["type"] == "page"]
                if pages:
                    return str(pages[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(_STEP_S)


def _written_port(file: Path) -> str:
    """The first of the file's two lines; empty while it is not all written."""
    lines = file.read_text().splitlines() if file.is_file() else []
    return lines[0] if len(lines) > 1 else ""
