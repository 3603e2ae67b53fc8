"""Ends processes when the one that started them is gone, however it went (kill -9 included).

A small process of its own reads process numbers from a pipe that only its starter holds open; when the pipe
closes, it ends what it was told of. (Linux's parent-death signal would follow the *thread* that started
them.)
"""

from __future__ import annotations

import subprocess
import sys

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

    def close(self) -> None:
        """Ends what still runs of what is watched, and the watching."""
        self._watcher.communicate()


def main() -> None:
    """The watcher: `pid started [grace]` per line until the pipe closes."""
    watched = [line.split() for line in sys.stdin]
    for pid, started, *grace in reversed(watched):
        Process(int(pid), int(started)).end(*map(float, grace))


if __name__ == "__main__":
    main()
