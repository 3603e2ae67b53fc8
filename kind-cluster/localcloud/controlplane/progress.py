"""Saying how far a long piece of work is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Tell = Callable[[str], None]

QUIET_SECONDS = 15.0


def silent(_line: str) -> None:
    """Tells no one."""


@contextmanager
def telling(stream: TextIO | None = None) -> Iterator[Tell]:
    """A `Tell` that writes to stderr.

    On a terminal the line is rewritten in place; elsewhere one line goes out when the subject changes (what
    stands before the `…`) and every 15 s, so that a log stays short.
    """
    teller = _Teller(stream or sys.stderr)
    try:
        yield teller
    finally:
        teller.close()


class _Teller:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._subject = ""
        self._written_at = 0.0

    def __call__(self, line: str) -> None:
        subject, now = line.partition("…")[0], time.monotonic()
        fresh = subject != self._subject
        if self._live:
            self._write(("\n" if fresh and self._subject else "\r") + line + "\x1b[K")
        elif fresh or now - self._written_at >= QUIET_SECONDS:
            self._written_at = now
            self._write(line + "\n")
        self._subject = subject

    def close(self) -> None:
        if self._live and self._subject:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
