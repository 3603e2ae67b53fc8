"""What a node may leave behind, and taking it away."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from localcloud.controlplane.process import Process
from localcloud.node import cgroups
from localcloud.node.errors import NodeError
from localcloud.node.plan import FIRST

_GRACE_SECONDS = 15.0


def remove(directory: Path) -> None:
    """Whatever there is of the node of this directory. Raises `NodeError` if something cannot be removed."""
    # Where the directory was lost or the starter killed, no file tells of them.
    for process in list(_first_processes(directory)):
        process.end(_GRACE_SECONDS)
    gone = cgroups.remove(group(directory))
    shutil.rmtree(directory, ignore_errors=True)
    if not gone:
        raise NodeError(f"control groups named {group(directory)} are left in /sys/fs/cgroup")


def group(directory: Path) -> str:
    """The name of its control group."""
    return f"modelpoc-node-{hashlib.sha256(str(directory).encode()).hexdigest()[:10]}"


def _first_processes(directory: Path) -> Iterator[Process]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # Of any program of this machine: its words need not be UTF-8.
            words = os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
        except OSError:  # it has ended
            continue
        if words[-4:-1] == ["-m", FIRST, str(directory)]:
            yield Process.of(int(entry.name))
