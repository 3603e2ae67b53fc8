"""A push to the replica that waits comes to the one that works, as it was sent, and goes no further."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from modelpoc.sync.passing_on import PassingOn
from modelpoc.sync.source import Source
from modelpoc.sync.webhook import Webhook

pytestmark = pytest.mark.local
BODY = b'{"ref": "refs/heads/main"}'
NOBODY = "http://127.0.0.1:1"


@asynccontextmanager
async def waiting(works: str) -> AsyncIterator[int]:
    passing = PassingOn(lambda: works.format(port=passing.bound), "127.0.0.1", 0, patience=2)
    task = asyncio.create_task(passing.run())
    await passing.listens.wait()
    yield passing.bound
    task.cancel()
    await asyncio.wait([task])


@asynccontextmanager
async def working(looks: list[str]) -> AsyncIterator[str]:
    hook = Webhook(Source.of("https://host/x"), lambda: "hush-hush", lambda: looks.append("look"))
    runner = await hook.serve("127.0.0.1", 0)
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def _call(port: int, secret: str = "hush-hush", **headers: str) -> tuple[int, str]:
    signature = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    headers["X-Hub-Signature-256"] = f"sha256={signature}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/any", data=BODY, headers=headers) as told,
    ):
        return told.status, (await told.json())["message"]


async def test_the_one_that_works_looks_and_its_answer_comes_back() -> None:
    looks: list[str] = []
    async with working(looks) as works, waiting(works) as port:
        assert await _call(port) == (202, "looking")
        assert looks == ["look"]
        assert await _call(port, **{"X-GitHub-Event": "ping"}) == (200, "pong")
        assert (await _call(port, secret="guess"))[0] == 401
        assert looks == ["look"]


async def test_what_carries_no_signature_is_not_passed_on() -> None:
    async with (
        waiting(NOBODY) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/", data=BODY) as told,
    ):
        assert told.status == 401


@pytest.mark.parametrize(("works", "said"), [("", "nobody works"), (NOBODY, "does not answer")])
async def test_while_nobody_works_the_caller_is_told(works: str, said: str) -> None:
    async with waiting(works) as port:
        status, message = await _call(port)
        assert (status, said in message) == (503, True)


async def test_of_many_at_once_four_are_under_way_and_the_others_wait() -> None:
    now, most = 0, 0

    async def works(_: web.Request) -> web.Response:
        nonlocal now, most
        most = max(most, now := now + 1)
        await asyncio.sleep(0.1)
        now -= 1
        return web.json_response({"message": "looking"}, status=202)

    app = web.Application()
    app.add_routes([web.post("/{any:.*}", works)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with waiting(f"http://127.0.0.1:{runner.addresses[0][1]}") as port:
        told = await asyncio.gather(*(_call(port) for _ in range(10)))
    await runner.cleanup()
    assert {status for status, _ in told} == {202}
    assert most == 4


async def test_what_was_passed_on_goes_no_further() -> None:
    async with waiting("http://127.0.0.1:{port}") as port, asyncio.timeout(2):
        assert (await _call(port))[0] == 503
