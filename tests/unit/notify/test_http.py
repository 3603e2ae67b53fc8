"""One POST: what is read of an answer, however it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
import pytest

from modelpoc.notify.http import MOST, Answer, Http

pytestmark = pytest.mark.local


async def _answer(parts: Sequence[bytes]) -> Answer:
    """What is made of an answer that comes in these parts, the connection being closed behind the last."""

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for part in parts:
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(part)
        writer.close()

    async with await asyncio.start_server(give, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with aiohttp.ClientSession() as session:
            return await Http(session).post(f"http://127.0.0.1:{port}/", b"", {})


async def test_an_answer_in_parts_is_read_whole() -> None:
    """Half of Slack's "ok" would be taken for a refusal, and the message be sent again."""
    assert (await _answer([b'{"ok": true, ', b'"ts": ', b'"1"}'])).text == '{"ok": true, "ts": "1"}'


async def test_no_more_of_an_answer_is_read_than_is_of_use() -> None:
    assert len((await _answer([b"x" * MOST, b"y" * MOST])).text) == MOST
