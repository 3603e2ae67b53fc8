"""A cloud's start waits for its CRDs, also where `kubectl wait` gives up on one that was just made."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud import lifecycle
from localcloud.controlplane.binaries import Binaries
from localcloud.lifecycle import LifecycleError

pytestmark = pytest.mark.unit

KUBECTL = """#!/bin/sh
echo "$1" >> "$0.asked"
if [ "$1" = wait ] && [ "$(grep -c wait "$0.asked")" -le {failures} ]; then
  echo "error: .status.conditions accessor error" >&2
  exit 1
fi
"""


def started(folder: Path, failures: int) -> list[str]:
    """What kubectl was asked for, one after the other."""
    kubectl = folder / "kubectl"
    kubectl.write_text(KUBECTL.format(failures=failures))
    kubectl.chmod(0o755)
    lifecycle._apply_crds({"PATH": "/usr/bin:/bin"}, Binaries(kubectl, kubectl, kubectl), folder, wait=True)
    return (folder / "kubectl.asked").read_text().split()


def test_it_waits_again_where_kubectl_gives_up(tmp_path: Path) -> None:
    assert started(tmp_path, failures=2) == ["apply", "wait", "wait", "wait"]


def test_what_does_not_come_is_told_in_kubectls_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_CRD_SECONDS", 0.0)
    with pytest.raises(LifecycleError, match="conditions accessor error"):
        started(tmp_path, failures=9)
