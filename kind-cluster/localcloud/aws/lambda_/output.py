"""What a sandbox writes: read from its pipe without ever waiting for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

from localcloud.runtime.lines import Lines


class OutputPipe:
    """The standard output and error of a process, handed over line by line.

    `drain` hands over at once what was written so far: a process that answers has written before it answered.
    """

    def __init__(self, take: Callable[[str], None]) -> None:
        self._lines = Lines(take)
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self._loop = asyncio.get_running_loop()
        self._open = True

    def started(self) -> None:
        """The process holds the other end now."""
        os.close(self.write)
        self._loop.add_reader(self._read, self.drain)

    def drain(self) -> None:
        """Takes what is there."""
        while self._open:
            try:
                piece = os.read(self._read, 1 << 16)
            except BlockingIOError:
                return
            if not piece:
                self.close()
                return
            self._lines.add(piece)

    def cut(self) -> None:
        """What was written so far is a line, whether ended or not."""
        self.drain()
        self._lines.end()

    def close(self) -> None:
        """Reads no more."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._read)
            with suppress(OSError):
                os.close(self._read)
            self._lines.end()
