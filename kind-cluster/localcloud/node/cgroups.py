"""Control groups that outlive what was in them."""

from __future__ import annotations

import os
from pathlib import Path

from localcloud.controlplane.process import wait_until
from localcloud.node.errors import NodeError

_ROOT = Path("/sys/fs/cgroup")
_SECONDS = 30.0


def make(name: str) -> None:
    """The group of that name below every hierarchy of this machine: kubelet wants it to be there.

    Raises `NodeError` where none can be made, as in a container that sees them read-only.
    """
    if not (roots := _hierarchies()):
        raise NodeError(f"a node needs control groups, and none are mounted at {_ROOT}")
    try:
        for root in roots:
            (root / name).mkdir(exist_ok=True)
    except OSError as error:
        raise NodeError(f"a node needs a control group of its own below {_ROOT}: {error}") from error


def remove(name: str) -> bool:
    """Removes it with all below it, once nothing is in it; whether it is gone."""
    return wait_until(lambda: _removed(name), _SECONDS)


def _removed(name: str) -> bool:
    there = [root / name for root in _hierarchies() if (root / name).is_dir()]
    for group in there:
        for folder, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:  # still busy: tried again
                break
    return not any(group.exists() for group in there)


def _hierarchies() -> list[Path]:
    """One for each controller (version 1), or one for all (version 2)."""
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    return [root for root in _ROOT.glob("*") if root.is_dir() and not root.is_symlink()]
