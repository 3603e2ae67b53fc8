"""The lock of a model's dependencies: that there is one, and that it still fits what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from modelpoc.catalog.files import TextFile, found, read_text
from modelpoc.catalog.finding import Finding
from modelpoc.catalog.project import Project

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
PINNED = "requirements.txt"
_NAME = re.compile(r'^name = "([^"]+)"')
_COMMENT = re.compile(r"(^|\s)#.*$")


def lock_findings(folder: Path, project: Project | None) -> Iterator[Finding]:
    """Accepts one of LOCKS, or a requirements.txt in which every requirement is pinned."""
    present = [name for name in LOCKS if (folder / name).exists() or (folder / name).is_symlink()]
    if present:
        lock = read_text(folder / present[0], "lock", "")
        yield from [lock.finding] if lock.finding else _out_of_date(lock, project)
        yield from _of_nothing(folder, present[0])
    elif (folder / PINNED).exists():
        pins = read_text(folder / PINNED, "lock", "")
        yield from [pins.finding] if pins.finding else _loose(pins)
    else:
        yield found(
            folder,
            "lock",
            f"no lock file: run `uv lock` there and commit uv.lock ({', '.join(LOCKS[1:])} and a "
            f"{PINNED} of pinned versions will do as well)",
        )


def _of_nothing(folder: Path, lock: str) -> Iterator[Finding]:
    asks = folder / ("Pipfile" if lock == "Pipfile.lock" else "pyproject.toml")
    if lock != "pylock.toml" and not asks.exists():
        words = f"is missing, and without it {lock} locks nothing: write down what the model needs"
        yield found(asks, "project", words)


def _out_of_date(lock: TextFile, project: Project | None) -> Iterator[Finding]:
    """Dependencies that the project names and the lock does not know."""
    if not lock.lines:
        yield found(lock.file, "lock", "is empty: make it anew, as with `uv lock`")
        return
    if project is None or not lock.file.name.endswith(".lock") or lock.file.name == "Pipfile.lock":
        return
    known = {canonicalize_name(match[1]) for line in lock.lines if (match := _NAME.match(line))}
    for name in project.dependencies:
        if name not in known:
            yield found(
                project.file,
                "lock",
                f"{name} is not in {lock.file.name}: lock anew, as with `uv lock`, and commit it",
                project.line_of(name),
            )


def _loose(pins: TextFile) -> Iterator[Finding]:
    """Requirements that may be another version tomorrow."""
    if not any(_COMMENT.sub("", line).strip() for line in pins.lines):
        yield found(pins.file, "lock", "pins nothing: write each dependency as name==version")
    for number, line in _logical(pins.lines):
        if not _pinned(line):
            words = f"{line.split()[0][:80]} is not pinned: write name==version, as `uv pip compile` does"
            yield found(pins.file, "lock", words, number)


def _logical(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Requirements without comments and options, lines that end in a backslash joined."""
    begun, parts = 0, ""
    for number, line in enumerate(lines, 1):
        text = _COMMENT.sub("", line).strip()
        begun = begun or number
        parts += text.removesuffix("\\") + " "
        if text.endswith("\\"):
            continue
        if parts.strip() and not parts.lstrip().startswith("--"):
            yield begun, parts.strip()
        begun, parts = 0, ""


def _pinned(line: str) -> bool:
    text = re.split(r"\s--", line)[0].strip()
    if text.startswith(("-", ".", "/")):  # another file of the same repository
        return True
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    exact = any(one.operator in ("==", "===") and "*" not in one.version for one in requirement.specifier)
    return exact or requirement.url is not None
