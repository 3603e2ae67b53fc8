"""What anyone who reaches the port can do with it: little."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from modelpoc.sync.source import Source
from modelpoc.sync.webhook import Webhook

pytestmark = pytest.mark.local
SIGNED = "X-Hub-Signature-256: sha256=guess\r\n"


@asynccontextmanager
async def listening(patience: float) -> AsyncIterator[int]:
    hook = Webhook(Source.of("https://host/x"), lambda: "hush-hush", lambda: None, patience=patience)
    runner = await hook.serve("127.0.0.1", 0)
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _promised(port: int, header: str) -> int:
    """The status that a call gets which promises a large body and never sends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST / HTTP/1.1\r\nHost: x\r\n{header}Content-Length: 20000000\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


async def test_nothing_is_read_of_a_call_without_a_signature() -> None:
    async with listening(patience=60) as port, asyncio.timeout(5):
        assert await _promised(port, "") == 401


async def test_a_secret_that_was_taken_away_signs_nothing() -> None:
    """Not even while a body comes in: what is signed with no secret, anyone can sign."""
    secrets, looks = ["hush-hush", ""], list[str]()
    hook = Webhook(Source.of("https://host/x"), lambda: secrets.pop(0), lambda: looks.append("look"))
    runner = await hook.serve("127.0.0.1", 0)
    signature = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        headers = {"X-Hub-Signature-256": f"sha256={signature}"}
        async with session.post(url, data=b"{}", headers=headers) as told:
            assert (told.status, looks) == (401, [])
    await runner.cleanup()


async def test_bodies_that_do_not_come_are_not_waited_for() -> None:
    async with listening(patience=0.3) as port:
        began = time.monotonic()
        statuses = await asyncio.gather(*(_promised(port, SIGNED) for _ in range(12)))
        assert set(statuses) == {503}
        assert time.monotonic() - began < 3
