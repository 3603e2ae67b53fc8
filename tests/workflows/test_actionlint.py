"""Actionlint, a Go module beside, finds nothing in the workflows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.local


def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(
        ["go", "test", "-count=1", "-mod=readonly", "./..."],
        cwd=Path(__file__).parent / "actionlint",
        text=True,
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
