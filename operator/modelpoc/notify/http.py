"""One POST with limits: of time, of what is read, and of what is told about it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from modelpoc.notify.errors import Later, Refused, Unfit

MOST = 64 * 1024
"""Bytes of an answer that are read."""


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    text: str
    retry_after: float | None


class Http:
    """Posts within `seconds` in all: looking up the name, connecting, sending and the answer."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        seconds: float = 10.0,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self._session, self._seconds, self._may_write = session, seconds, may_write

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises Later when there was no answer, Refused when the URL is none. Follows no redirect: what is
        secret in the URL or the headers is for this host alone."""
        if not url.startswith(("https://", "http://")):
            raise Refused("what the Secret holds is no URL")
        if not self._may_write():
            raise Later("this process no longer leads")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, body, headers)
        except TimeoutError:
            raise Later(f"no answer within {self._seconds:g} s") from None
        except aiohttp.ClientConnectorDNSError:
            raise Later("its name cannot be looked up") from None
        except aiohttp.ClientSSLError:
            raise Later("its certificate does not hold") from None
        except (aiohttp.InvalidURL, ValueError):  # their texts show the URL, or what is in a header
            raise Refused("what the Secret holds is no URL, or no token") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Later(f"no connection ({type(error).__name__})") from None

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as got:
            text = (await _begin(got.content)).decode("utf-8", "replace")
            return Answer(got.status, text, _seconds(got.headers.get("Retry-After")))


async def _begin(content: aiohttp.StreamReader) -> bytes:
    """The first MOST bytes: a single read gives only what has come in so far."""
    begun = bytearray()
    while len(begun) < MOST and (part := await content.read(MOST - len(begun))):
        begun += part
    return bytes(begun)


def judge(answer: Answer, said: str = "") -> None:
    """Nothing for a 2xx; else raises what its status means. `said` is the other side's word for it."""
    if 200 <= answer.status < 300:
        return
    words = f"HTTP {answer.status}" + (f" {said}" if said else "")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Later(words, answer.retry_after)
    if answer.status in (400, 413, 415, 422):
        raise Unfit(words)
    raise Refused(words)


def _seconds(header: str | None) -> float | None:
    """Of a Retry-After; its other form, a date, is passed over."""
    return min(float(header), 600.0) if header and header.isdecimal() else None


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections of its own: a dead Slack takes none away from anyone else."""
    connector = aiohttp.TCPConnector(limit=20, resolver=_Lookups())
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=True) as opened:
        yield opened


class _Lookups(AbstractResolver):
    """Looks names up in threads of its own: those that asyncio shares among all are few, and a dead name
    server would hold them for a long time. They do not keep the process from ending either."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Any]] = loop.create_future()

        def look() -> None:
            try:
                rows = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            except OSError as error:
                _tell(loop, found, None, error)
            else:
                _tell(loop, found, rows, None)

        threading.Thread(target=look, daemon=True, name="notify-dns").start()
        return [_row(host, row) for row in await found]

    async def close(self) -> None:
        return None


def _tell(
    loop: asyncio.AbstractEventLoop,
    found: asyncio.Future[list[Any]],
    rows: list[Any] | None,
    error: OSError | None,
) -> None:
    def set_it() -> None:
        if found.done():
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(rows or [])

    if not loop.is_closed():
        loop.call_soon_threadsafe(set_it)


def _row(host: str, row: Any) -> ResolveResult:
    family, _, proto, _, address = row
    return ResolveResult(
        hostname=host,
        host=address[0],
        port=address[1],
        family=family,
        proto=proto,
        flags=int(socket.AI_NUMERICHOST),
    )
