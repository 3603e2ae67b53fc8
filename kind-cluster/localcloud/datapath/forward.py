"""Carrying one request to another server and its answer back, without holding bodies in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from localcloud.datapath.headers import Headers, end_to_end

CONNECT_SECONDS = 10.0
# Servers close idle connections (uvicorn after 5 s); a request must not meet one that is closing.
KEEP_ALIVE_SECONDS = 2.0
_NOT_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class ForwardError(Exception):
    """The other server gave no answer."""


class Refused(ForwardError):
    """It could not be connected to, or broke the connection."""


class TimedOut(ForwardError):
    """It did not answer in time."""


def client_session() -> aiohttp.ClientSession:
    """A client that keeps connections, and changes nothing in what passes through."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=_NOT_ADDED,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        max_line_size=64 * 1024,
        max_field_size=64 * 1024,
    )


async def relay(
    session: aiohttp.ClientSession,
    request: web.BaseRequest,
    url: str,
    headers: Headers,
    *,
    method: str | None = None,
    body: Any = None,
    idle_seconds: float,
    total_seconds: float | None = None,
    decorate: Callable[[CIMultiDict[str]], None] | None = None,
) -> web.StreamResponse:
    """Sends the request to `url` (already encoded) and streams the answer back.

    `idle_seconds` bounds each silence, `total_seconds` all of it. `decorate` may change the answer's
    headers. Raises `Refused` or `TimedOut` when no answer came; an answer that breaks off half way
    closes the client's connection, as then nothing can be said any more.
    """
    data = body if body is not None else await incoming_body(request)
    response: web.StreamResponse | None = None
    try:
        async with session.request(
            method or request.method,
            URL(url, encoded=True),
            headers=CIMultiDict(headers),
            data=data,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=total_seconds, sock_connect=CONNECT_SECONDS, sock_read=idle_seconds
            ),
        ) as answer:
            response = await _begin(request, answer, decorate)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response
    except TimeoutError as error:
        return _broken_off(request, response, TimedOut(str(error)))
    except (aiohttp.ClientError, OSError) as error:
        return _broken_off(request, response, Refused(str(error)))


async def incoming_body(request: web.BaseRequest) -> Any:
    """The request's body as a stream, or None; lets a client go on that waits for `100 Continue`."""
    if not request.body_exists:
        return None
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return request.content


async def _begin(
    request: web.BaseRequest,
    answer: aiohttp.ClientResponse,
    decorate: Callable[[CIMultiDict[str]], None] | None,
) -> web.StreamResponse:
    headers = CIMultiDict(end_to_end(answer.headers.items()))
    if decorate:
        decorate(headers)
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    return response


def _broken_off(
    request: web.BaseRequest, response: web.StreamResponse | None, error: ForwardError
) -> web.StreamResponse:
    """Raises the error while the client knows of no answer yet; cuts the connection afterwards."""
    if response is None or not response.prepared:
        raise error
    if request.transport is not None:
        request.transport.abort()
    return response
