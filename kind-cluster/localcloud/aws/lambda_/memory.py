"""How much memory a sandbox uses, as the kernel tells it (Linux; elsewhere nothing is known)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

MB = 1024 * 1024
_PROC = Path("/proc")


def resident(pid: int) -> int:
    """Bytes resident in a process and what its descendants do not share with others; 0 when it is gone."""
    own = _status(pid, "VmRSS")
    return own + sum(_private(child) for child in _descendants(pid))


def peak(pid: int) -> int:
    """The most bytes that were ever resident in the process itself; 0 when it is gone."""
    return _status(pid, "VmHWM")


def _private(pid: int) -> int:
    return _status(pid, "RssAnon")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            with suppress(OSError, ValueError):
                children = [int(child) for child in (task / "children").read_text().split()]
                found += [*children, *(deeper for child in children for deeper in _descendants(child))]
    return found


def _status(pid: int, name: str) -> int:
    """A size out of `/proc/<pid>/status`, in bytes."""
    with suppress(OSError, ValueError, IndexError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0
