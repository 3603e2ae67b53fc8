"""Carrying requests and answers: what must pass unchanged, and what is said when nothing comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from localcloud.datapath.addresses import listening_socket
from localcloud.datapath.forward import ForwardError, TimedOut, client_session, relay
from localcloud.datapath.headers import end_to_end
from localcloud.datapath.server import HttpServer

pytestmark = pytest.mark.local


async def target(request: web.BaseRequest) -> web.StreamResponse:
    if request.path == "/cut":
        assert request.transport is not None
        request.transport.abort()
    if request.path == "/half":
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"abc")
        request.transport.abort()  # type: ignore[union-attr]
        return response
    if request.path == "/mute":
        await asyncio.sleep(5)
    if request.path == "/cookies":
        return web.Response(
            headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Connection", "X-Hop"), ("X-Hop", "1")]
        )
    status = int(request.path[1:]) if request.path[1:].isdigit() else 200
    text = (
        ""
        if status in (204, 304)
        else f"{request.method} {request.raw_path} {(await request.read()).decode()}"
    )
    return web.Response(status=status, text=text or None, headers={"ETag": '"a"'})


@pytest.fixture
async def proxy() -> AsyncIterator[str]:
    """The URL of a server that relays to `target` and answers 502 or 504 when it gets nothing."""
    behind = HttpServer(target, listening_socket("127.0.0.1", 0))
    session = client_session()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        url = f"http://127.0.0.1:{behind.port}{request.raw_path}"
        try:
            return await relay(session, request, url, end_to_end(request.headers.items()), idle_seconds=0.3)
        except ForwardError as error:
            return web.Response(status=504 if isinstance(error, TimedOut) else 502)

    front = HttpServer(handle, listening_socket("127.0.0.1", 0))
    await behind.start()
    await front.start()
    yield f"http://127.0.0.1:{front.port}"
    await front.stop()
    await behind.stop()
    await session.close()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_passes(proxy: str, client: aiohttp.ClientSession, method: str) -> None:
    async with client.request(method, f"{proxy}/a%2Fb?c=%20", data=b"body") as answer:
        assert (answer.status, await answer.text()) == (200, f"{method} /a%2Fb?c=%20 body")


@pytest.mark.parametrize("status", [201, 204, 304, 404, 500])
async def test_every_status_passes(proxy: str, client: aiohttp.ClientSession, status: int) -> None:
    async with client.get(f"{proxy}/{status}") as answer:
        assert (answer.status, answer.headers["ETag"]) == (status, '"a"')


async def test_head_keeps_the_length(proxy: str, client: aiohttp.ClientSession) -> None:
    async with client.head(f"{proxy}/abc") as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len("HEAD /abc ")))


async def test_repeated_headers_pass_and_those_for_one_hop_do_not(
    proxy: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{proxy}/cookies") as answer:
        assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
        assert "X-Hop" not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/cut", 502), ("/mute", 504)])
async def test_no_answer(proxy: str, client: aiohttp.ClientSession, path: str, status: int) -> None:
    async with client.post(proxy + path, data=b"x") as answer:
        assert answer.status == status


async def test_half_an_answer_is_not_taken_for_a_whole_one(proxy: str, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{proxy}/half") as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    async with client.get(f"{proxy}/200") as answer:
        assert answer.status == 200
