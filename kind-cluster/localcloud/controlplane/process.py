"""Processes known by more than their number, so that a number used again is never taken for the same one."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

POLL_SECONDS = 0.05
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Process:
    """A process of this machine: its number and when it began (clock ticks since boot; 0 where unknown)."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this number now."""
        return cls(pid, _started(pid) or 0)

    def alive(self) -> bool:
        """Whether it still runs; one that ended and was not yet asked after counts as gone."""
        _reap(self.pid)
        started = _started(self.pid)
        return started is not None and (self.started in (0, started))

    def end(self, grace: float = 10.0) -> None:
        """Asks it to end, and kills it after `grace` seconds. One that is gone is no error."""
        for sign, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            if not self.alive():
                return
            _signal(self.pid, sign)
            if wait_until(lambda: not self.alive(), patience):
                return

    def as_dict(self) -> dict[str, int]:
        """For a state file; `Process(**…)` reads it."""
        return asdict(self)


def spawn(arguments: Sequence[str], directory: Path, log: Path, environ: Mapping[str, str]) -> Process:
    """Starts a program in a session of its own, so that a terminal's Ctrl-C does not reach it and it may
    outlive us; its output is appended to `log`.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            arguments,
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    # Whoever loads the state file ends it by number, so nobody needs the handle: tell it not to mind.
    child.returncode = 0
    return Process.of(child.pid)


@contextmanager
def undivided() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until this is done: nothing is started without being noted.

    By handlers, not by a mask, which what is started would inherit. Only the main thread is ever interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {s: signal.signal(s, lambda sign, _: came.append(sign)) for s in _INTERRUPTS}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
        if came:
            signal.raise_signal(came[0])


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Asks every 50 ms until it holds or the time is over; whether it did."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty if there is none."""
    if not log.exists():
        return ""
    return "\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-lines:])


def _signal(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    """Collects it if it is an ended child of ours: until then it would stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _started(pid: int) -> int | None:
    """When a running process began; None if there is none of that number."""
    try:
        # The name in the second field may hold spaces and brackets: fields count from after the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return _started_without_proc(pid)
    return None if fields[0] in "ZX" else int(fields[19])


def _started_without_proc(pid: int) -> int | None:
    """On systems without /proc only the number tells."""
    if Path("/proc/self").exists():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return 0
