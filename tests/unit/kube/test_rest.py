"""What an API server, or a proxy before it, may send."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio import client

from modelpoc.kube.errors import Unreachable
from modelpoc.kube.rest import Rest

pytestmark = pytest.mark.local


@asynccontextmanager
async def answering(body: bytes) -> AsyncIterator[Rest]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings: Any = client.Configuration()
    settings.host = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with client.ApiClient(configuration=settings) as api:
            yield Rest(api)
    finally:
        await runner.cleanup()


async def test_a_watch_takes_objects_as_large_as_there_are() -> None:
    events = [{"type": "MODIFIED", "object": {"n": n, "text": "x" * 1_400_000}} for n in range(2)]
    async with answering(b"".join(json.dumps(event).encode() + b"\n" for event in events)) as rest:
        assert [event async for event in rest.lines("/x", {})] == events


async def test_a_watch_that_ends_within_a_line_broke_off() -> None:
    async with answering(b'{"type": "ADDED", "object": {}}\n{"type": "ADD') as rest:
        with pytest.raises(Unreachable, match="broke off"):
            [event async for event in rest.lines("/x", {})]


async def test_a_page_of_a_proxy_is_no_answer() -> None:
    async with answering(b"<html>please log in</html>") as rest:
        with pytest.raises(Unreachable, match="no API server"):
            await rest.call("reading", "GET", "/x")
