"""Actionlint, a Go module beside, finds nothing in the workflows, and shellcheck nothing in their scripts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.workflows.runner import ROOT

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


def test_shellcheck_finds_nothing() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed (apt-get install shellcheck)")
    words = [
        "shellcheck",
        "--external-sources",
        "--source-path=SCRIPTDIR",
        *map(str, (ROOT / ".github/scripts").glob("*.sh")),
    ]
    assert subprocess.run(words, text=True, capture_output=True, check=False).stdout == ""
