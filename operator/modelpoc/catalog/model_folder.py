"""`models/<name>`: what must be there for an image to be built from it, today and in a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from modelpoc.catalog.files import TextFile, found, read_text
from modelpoc.catalog.finding import Finding, Severity
from modelpoc.catalog.links import stray_links
from modelpoc.catalog.lock import lock_findings
from modelpoc.catalog.project import Project, read_project

DOCKERFILE = "Dockerfile"
PYTHON_VERSION = ".python-version"
_VERSION = re.compile(r"(?:cpython[-@])?(\d+)\.(\d+)(?:\.(\d+))?")
_PYTHON_IMAGE = re.compile(r"(?:^|/)python:(\d+\.\d+)")
_LARGEST_PATCH = 999


def model_findings(folder: Path) -> Iterator[Finding]:
    """Everything that is wrong in one model's directory."""
    yield from stray_links(folder)
    project, findings = read_project(folder)
    yield from findings
    dockerfile = read_text(
        folder / DOCKERFILE, "dockerfile", "write one that builds the model's image, as `modelpoc new` does"
    )
    version = read_text(
        folder / PYTHON_VERSION, "python-version", "write the version of Python in it, as in 3.11"
    )
    yield from [dockerfile.finding] if dockerfile.finding else _begins(dockerfile)
    yield from [version.finding] if version.finding else _python(version, project, dockerfile)
    yield from lock_findings(folder, project)


def _instructions(dockerfile: TextFile) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(dockerfile.lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if text and not text.startswith("#"):
            yield number, text


def _begins(dockerfile: TextFile) -> Iterator[Finding]:
    """The first instruction is FROM; only ARG may come before it (Dockerfile reference, "FROM")."""
    for number, text in _instructions(dockerfile):
        word = text.split()[0].upper()
        if word == "FROM":
            return
        if word != "ARG":
            words = f"{text.split()[0]} stands before FROM: begin with FROM and an image"
            yield found(dockerfile.file, "dockerfile", words, number)
            return
    yield found(dockerfile.file, "dockerfile", "has no FROM: begin it with FROM and an image")


def _python(version: TextFile, project: Project | None, dockerfile: TextFile) -> Iterator[Finding]:
    number, text = next(
        ((n, t) for n, line in enumerate(version.lines, 1) if (t := line.partition("#")[0].strip())), (1, "")
    )
    match = _VERSION.fullmatch(text)
    if match is None:
        words = f'"{text}" is no version of Python: write one, as in 3.11 or 3.11.9'
        yield found(version.file, "python-version", words, number)
        return
    if project and project.python is not None and not _within(match, project):
        words = (
            f'{text} is outside of requires-python "{project.python}" in pyproject.toml: change one of them'
        )
        yield found(version.file, "python-version", words, number)
    yield from _base(f"{match[1]}.{match[2]}", dockerfile)


def _within(match: re.Match[str], project: Project) -> bool:
    """Whether it, or without a third number any of its patches, is within requires-python."""
    assert project.python is not None
    minor = f"{match[1]}.{match[2]}"
    patches = [match[3]] if match[3] else ["0", str(_LARGEST_PATCH)]
    return any(project.python.contains(f"{minor}.{patch}") for patch in patches)


def _base(minor: str, dockerfile: TextFile) -> Iterator[Finding]:
    """An image of another Python than the one that the model was tested with."""
    for number, text in _instructions(dockerfile):
        named = [word for word in re.split(r"[\s=]+", text) if _PYTHON_IMAGE.search(word)]
        if text.upper().startswith(("FROM ", "ARG ")) and named:
            other = _PYTHON_IMAGE.search(named[0])
            if other and other[1] != minor:
                words = f"{named[0]} is not the Python {minor} of {PYTHON_VERSION}: change one of them"
                yield found(dockerfile.file, "python-version", words, number, severity=Severity.WARNING)
