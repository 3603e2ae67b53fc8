"""One at a time, however many processes are at it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


def _nothing() -> None:
    """Nobody is to be told, or was told already."""


@contextmanager
def alone(root: Path, lock: Path, waiting: Callable[[], None] = _nothing) -> Iterator[None]:
    """One at a time brings up or takes down what is in `root`; others wait, and `waiting` is called once.

    Where `root` is gone afterwards, `lock` (beside it) goes too, with two folders above if they are empty.
    """
    held = _held(lock, waiting)
    try:
        yield
    finally:
        if not root.exists():
            lock.unlink(missing_ok=True)
            with suppress(OSError):  # not empty: others run
                root.parent.rmdir()
                root.parent.parent.rmdir()
        held.close()


def _held(lock: Path, waiting: Callable[[], None]) -> IO[str]:
    while True:
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            held = lock.open("w")
        except FileNotFoundError:  # whoever held it before removed the folder, too
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            waiting = _nothing
            fcntl.flock(held, fcntl.LOCK_EX)
        # Whoever held it before may have removed it: then it locks nothing any more.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(held.fileno()), lock.stat()):
                return held
        held.close()
