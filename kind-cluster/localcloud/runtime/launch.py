"""Becomes the command of a task: dies with its parent, leaves no core, then execs.

Run as a file by a bare Python (`python -I -S launch.py PARENT ARGV…`) with the task's own environment and
working directory. Its own program, because code between fork and exec may hang where the parent has threads.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Asks the kernel for SIGKILL when the cloud process goes, however it goes (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the kernel knew
        os._exit(137)


def main() -> None:
    die_with(int(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    argv = sys.argv[2:]
    try:
        os.execvpe(argv[0], argv, os.environ)
    except OSError as error:
        sys.stderr.write(f'exec: "{argv[0]}": {error.strerror}\n')
        os._exit(127)


if __name__ == "__main__":
    main()
