"""Console blocks of a page that say `<!-- run -->` above them: what is typed, and what then stands there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^<!-- run -->\n```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FAILS = re.compile(r"# exits ([0-9]+)$")
_SHELL = """\
set -euo pipefail
cd "$1"; shift
[ ! -f .environment ] || source .environment
code=0
eval "$1" || code=$?
export -p > .environment
exit "$code"
"""
"""One line of a page; variables that it exports are there for the next one."""


@dataclass(frozen=True)
class Typed:
    """A line after the prompt, with the exit code and the output that the page shows."""

    line: str
    code: int
    shown: tuple[str, ...]


def typed(page: str) -> list[Typed]:
    """Everything to be run on a page, in its order."""
    return [one for block in _BLOCK.findall(page) for one in _of_block(block)]


def _of_block(block: str) -> Iterator[Typed]:
    assert block.startswith("$ "), f"a block begins with a prompt: {block[:40]!r}"
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        fails = _FAILS.search(line)
        yield Typed(line, int(fails[1]) if fails else 0, tuple(shown))


def run(line: str, folder: Path, environment: Mapping[str, str], seconds: float = 300) -> tuple[int, str]:
    """Exit code and standard output of a line in the session whose state `folder` keeps."""
    words = ["bash", "-c", _SHELL, "bash", str(folder), line]
    done = subprocess.run(
        words, env=dict(environment), text=True, capture_output=True, timeout=seconds, check=False
    )
    return done.returncode, done.stdout or done.stderr * bool(done.returncode)


def matches(shown: tuple[str, ...], output: str) -> bool:
    """Whether `output` is what is shown, where … stands for any text and a line of … for any lines.

    Columns may be of other widths.
    """
    return (
        re.fullmatch(_pattern(shown), "".join(f"{line.rstrip()}\n" for line in output.splitlines()))
        is not None
    )


def _pattern(shown: tuple[str, ...]) -> str:
    return "".join(r"(.*\n)*?" if line.strip() == "…" else f"{_line(line)}\n" for line in shown)


def _line(line: str) -> str:
    words = re.sub(r"\s+", " ", line.rstrip())
    return re.escape(words).replace(r"\ ", r"\s+").replace("…", ".*")
