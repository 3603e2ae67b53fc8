"""Control groups that outlive what was in them."""

from __future__ import annotations

import os
from pathlib import Path

from localcloud.controlplane.process import wait_until

_ROOT = Path("/sys/fs/cgroup")
_SECONDS = 10.0


def make(name: str) -> None:
    """The group of that name below every hierarchy of this machine: kubelet wants it to be there."""
    for root in _hierarchies():
        (root / name).mkdir(exist_ok=True)


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
    return [root for root in _ROOT.iterdir() if root.is_dir() and not root.is_symlink()]
