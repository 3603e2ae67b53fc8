"""Docker's engine of this machine, spoken to over its socket: https://docs.docker.com/reference/api/engine/"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

_SOCKET = "/var/run/docker.sock"
_REAPER = Path(__file__).with_name("reap.py")
_LABEL = "modelpoc.dev/cloud"
_SECONDS = 60.0  # what any call may take but those that wait for a container
_REAP_SECONDS = 30.0
_ENDLESS = aiohttp.ClientTimeout(total=None, sock_connect=5)


class EngineError(Exception):
    """The engine refused (`status`, 0 if it did not answer at all); `str()` is its own words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Engine:
    """The engine, and the containers that it runs for this cloud; they never outlive the cloud's process."""

    def __init__(self, socket: Path | None = None) -> None:
        self._socket = socket or default_socket()
        self._label = f"{_LABEL}={uuid.uuid4().hex}"
        self._reaper: subprocess.Popen[bytes] | None = None

    def there(self) -> bool:
        """Whether there is a socket that we may speak to; only a look, so it may be asked each time."""
        return os.access(self._socket, os.R_OK | os.W_OK)

    async def image(self, reference: str) -> str | None:
        """The id (`sha256:…`) of the image called so; `None` if the engine has none, or does not answer."""
        if not self.there():
            return None
        try:
            found = await self.ask("GET", f"/images/{quote(reference, safe='/:@')}/json")
        except EngineError:
            return None
        return str(found["Id"])

    async def create(self, name: str, container: Mapping[str, Any]) -> None:
        """Makes a container that is removed, at the latest, when this process is gone."""
        self._reaper = self._reaper or self._start_reaper()
        key, _, value = self._label.partition("=")
        document = {**container, "Labels": {key: value}}
        await self.ask("POST", f"/containers/create?name={quote(name)}", document)

    async def ask(self, method: str, path: str, body: object = None, seconds: float | None = _SECONDS) -> Any:
        """One call; its answer read from JSON. `EngineError` if it is refused or nobody answers."""
        async with self.stream(method, path, body, seconds) as content:
            raw = await content.read()
        return json.loads(raw) if raw else None

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, body: object = None, seconds: float | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """One call whose answer is read as it comes; `None` seconds waits as long as it takes."""
        timeout = _ENDLESS if seconds is None else aiohttp.ClientTimeout(total=seconds)
        connector = aiohttp.UnixConnector(str(self._socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                session.request(method, URL(f"http://docker{path}", encoded=True), json=body) as answer,
            ):
                if answer.status >= 400:
                    raise EngineError(answer.status, _words(await answer.text()))
                yield answer.content
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineError(0, f"Docker's engine at {self._socket} does not answer: {error}") from error

    def close(self) -> None:
        """Removes what is left of our containers (blocking, for as long as that takes)."""
        if self._reaper is not None and self._reaper.stdin is not None:
            self._reaper.stdin.close()
            with suppress(subprocess.TimeoutExpired):  # it goes on without us
                self._reaper.wait(_REAP_SECONDS)
            self._reaper = None

    def _start_reaper(self) -> subprocess.Popen[bytes]:
        """In a session of its own, so that what ends us does not end it too."""
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_REAPER), str(self._socket), self._label],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def default_socket() -> Path:
    """What `DOCKER_HOST` names if that is a socket, else where Docker puts it."""
    named = os.environ.get("DOCKER_HOST", "")
    return Path(named.removeprefix("unix://") if named.startswith("unix://") else _SOCKET)


def _words(answer: str) -> str:
    """The engine's refusals are `{"message": …}`."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.strip()
