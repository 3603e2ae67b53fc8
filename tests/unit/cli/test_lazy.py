"""Commands are imported when they are called, and found like any others."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from modelpoc.cli.main import app

pytestmark = pytest.mark.unit


def imported_by(*words: str) -> set[str]:
    """The packages that `modelpoc` with these words has imported at its end."""
    code = (
        "import sys; from modelpoc.cli.main import app\n"
        f"try: app({list(words)!r})\n"
        "except SystemExit: pass\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_a_command_brings_nothing_of_the_others() -> None:
    found = imported_by("migrate", "--help")
    assert "yaml" in found
    assert found.isdisjoint({"kopf", "boto3", "kubernetes", "aiohttp", "moto"})


def test_every_command_is_there_and_has_a_help() -> None:
    whole = get_command(app)
    names = whole.list_commands(None)
    assert names[0] == "new"
    assert "local" in names
    for name in names:
        command = whole.get_command(None, name)
        assert command.name == name
        assert command.get_short_help_str(), name


def test_a_slip_of_the_finger_is_told_the_nearest_command() -> None:
    told = CliRunner().invoke(app, ["plam"])
    assert told.exit_code == 2
    assert "'plan'" in told.output
