"""Ends processes when the one that started them is gone, however it went (kill -9 included).

A small process of its own reads process numbers from a pipe that only its starter holds open; when the pipe
closes, it ends what it was told of. (Linux's parent-death signal would follow the *thread* that started
them.)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from localcloud.controlplane.process import Process


class Guard:
    """Watches over processes on behalf of this one."""

    def __init__(self) -> None:
        self._watcher = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def watch(self, process: Process, grace: float = 10.0) -> None:
        """From now on `process` does not outlive this one by more than `grace` seconds."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.write(f"{process.pid} {process.started} {grace}\n")
        self._watcher.stdin.flush()

    def clear(self, folder: Path) -> None:
        """Nor does this folder, which is removed after them."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.write(f"{folder.absolute()}\n")
        self._watcher.stdin.flush()

    def close(self) -> None:
        """Ends what still runs of what is watched, removes what is to be cleared, and the watching ends."""
        self._watcher.communicate()


def main() -> None:
    """The watcher: `pid started [grace]` or a folder's path per line until the pipe closes."""
    lines = [line.rstrip("\n") for line in sys.stdin]
    folders = [line for line in lines if line.startswith("/")]
    for pid, started, *grace in (line.split() for line in reversed(lines) if line not in folders):
        Process(int(pid), int(started)).end(*map(float, grace))
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
