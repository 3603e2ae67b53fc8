"""`python -m localcloud.node.init`: the first process of a node, in namespaces of its own.

Mounts, network and processes of the node are its own, so all of them go when this process does, however it
ends: the kernel sees to it. It starts the node's programs, starts again what ends, and collects orphans.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from localcloud.node.plan import GO, OWN, PLAN, STARTED

# <linux/sched.h>, <sys/mount.h>, <linux/prctl.h>
_NEW_NAMESPACES = {"mount": 0x00020000, "process": 0x20000000, "network": 0x40000000}
_MS_BIND, _MS_REC, _MS_PRIVATE, _MS_SHARED = 0x1000, 0x4000, 1 << 18, 1 << 20
_PR_SET_PDEATHSIG = 1
_AGAIN_SECONDS = 1.0
_END_SECONDS = 3.0
# pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables.
_TUNABLES = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def main() -> int:
    """Takes the node's directory as its argument; returns when the node has ended."""
    directory = Path(sys.argv[1])
    _check(_libc().unshare(sum(_NEW_NAMESPACES.values())), "new namespaces")
    ready, say_ready = os.pipe()
    child = os.fork()
    if child == 0:
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(ready)
        _node(directory, say_ready)
    os.close(say_ready)
    signal.signal(signal.SIGTERM, lambda *_: _tell(child))
    if os.read(ready, 1):
        fresh = directory / f".{STARTED}"
        fresh.write_text(json.dumps({"pid": child}))
        fresh.replace(directory / STARTED)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _tell(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)


def _node(directory: Path, say_ready: int) -> NoReturn:
    """As process 1 of the node."""
    # The first process of a namespace is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _mounts()
    os.write(say_ready, b"1")
    os.close(say_ready)
    while not (directory / GO).exists():  # its network is not laid yet
        time.sleep(0.02)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    supervised = Supervised(directory, json.loads((directory / PLAN).read_text()))
    signal.signal(signal.SIGTERM, supervised.end)
    supervised.run()


def _mounts() -> None:
    """What the node mounts is seen by the node alone, and so is what it writes to `OWN` and `_TUNABLES`."""
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    # Among the node's own: containers' mounts may be passed on to one another.
    _mount(None, "/", None, _MS_REC | _MS_SHARED)
    _mount("proc", "/proc", "proc")
    for place in OWN:
        _mount("tmpfs", place, "tmpfs")
    _try_overlay(Path("/run/trial"))
    for name in _TUNABLES:
        _set_apart(Path("/proc/sys") / name)


def _try_overlay(trial: Path) -> None:
    """containerd needs it for every container; a kernel without it shall be told from other failures."""
    layers = {name: trial / name for name in ("lowerdir", "upperdir", "workdir")}
    for place in (*layers.values(), trial / "all"):
        place.mkdir(parents=True)
    words = ",".join(f"{name}={place}" for name, place in layers.items())
    _check(_libc().mount(b"overlay", bytes(trial / "all"), b"overlay", 0, words.encode()), "mount overlay")
    _check(_libc().umount2(bytes(trial / "all"), 0), "unmount overlay")


def _set_apart(file: Path) -> None:
    """A file of the node's own in its place: kubelet sets it, and it is the whole machine's."""
    own = Path("/run") / file.name
    own.write_text(file.read_text())
    _mount(str(own), str(file), None, _MS_BIND)


class Supervised:
    """The node's programs."""

    def __init__(self, directory: Path, plan: dict[str, list[str]]) -> None:
        self._directory, self._plan = directory, plan
        self._running: dict[int, str] = {}

    def run(self) -> NoReturn:
        """Starts all, and again whichever ends, for ever."""
        for name in self._plan:
            self._start(name)
        while True:
            try:
                pid, _ = os.waitpid(-1, 0)
            except ChildProcessError:
                time.sleep(_AGAIN_SECONDS)
                continue
            if name := self._running.pop(pid, ""):
                time.sleep(_AGAIN_SECONDS)
                self._start(name)

    def end(self, _number: int, _frame: FrameType | None) -> None:
        """Asks all processes of the node to end, waits a little, and goes: what is left goes along."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    time.sleep(0.05)
            except ChildProcessError:
                break
        os._exit(0)

    def _start(self, name: str) -> None:
        with (self._directory / f"{name}.log").open("ab") as log:
            words = self._plan[name]
            path = f"{Path(words[0]).parent}:{os.environ.get('PATH', '')}"
            started = subprocess.Popen(
                words,
                cwd=self._directory,
                env={"PATH": path, "HOME": str(self._directory)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.returncode = 0  # collected above, by number
        self._running[started.pid] = name


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _mount(source: str | None, target: str, kind: str | None, flags: int = 0) -> None:
    words = [None if word is None else word.encode() for word in (source or "none", target, kind)]
    _check(_libc().mount(*words, flags, None), f"mount {target}")


def _check(answer: int, what: str) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(": ".join(str(word) for word in (error.filename, error.strerror) if word))
