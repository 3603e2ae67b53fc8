"""Frames between the local AWS and a sandbox: lengths, a JSON header, a payload."""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any

_LENGTHS = struct.Struct(">II")


@dataclass(frozen=True)
class Frame:
    """One message."""

    header: dict[str, Any]
    payload: bytes

    @property
    def kind(self) -> str:
        """What a sandbox says with it: ready, broken, answer or error."""
        return str(self.header.get("kind"))


class Frames:
    """One end of a stream of frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, frame: Frame) -> None:
        """Sends one; `ConnectionError` when the other end is gone."""
        head = json.dumps(frame.header).encode()
        self._writer.write(_LENGTHS.pack(len(head), len(frame.payload)) + head + frame.payload)
        await self._writer.drain()

    async def receive(self) -> Frame:
        """The next one; `EOFError` or `ConnectionError` when the other end is gone."""
        header, payload = _LENGTHS.unpack(await self._reader.readexactly(_LENGTHS.size))
        head = await self._reader.readexactly(header)
        return Frame(json.loads(head), await self._reader.readexactly(payload))

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()
