"""pyproject.toml of a model, as far as a repository's rules ask about it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from modelpoc.catalog.files import TextFile, found, read_text
from modelpoc.catalog.finding import Finding

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True)
class Project:
    """`dependencies` are names in their canonical form; `python` is requires-python."""

    file: Path
    lines: tuple[str, ...]
    python: SpecifierSet | None
    dependencies: tuple[str, ...]

    def line_of(self, word: str) -> int:
        """The first line that names `word`, however it writes '-', '_' and '.'."""
        loose = re.compile(rf"(?<![\w.-]){'[-_.]+'.join(map(re.escape, word.split('-')))}(?![\w-])", re.I)
        return next((n for n, line in enumerate(self.lines, 1) if loose.search(line)), 1)


def read_project(folder: Path) -> tuple[Project | None, tuple[Finding, ...]]:
    """None where there is no pyproject.toml, or none that can be read."""
    file = folder / "pyproject.toml"
    if not file.exists():
        return None, ()
    text = read_text(file, "project", "")
    if text.finding:
        return None, (text.finding,)
    try:
        data = tomllib.loads("\n".join(text.lines))
    except tomllib.TOMLDecodeError as error:
        return None, (_not_toml(text, str(error)),)
    return _project(text, data)


def _not_toml(text: TextFile, message: str) -> Finding:
    at = _AT.search(message)
    line, column = (int(at[1]), int(at[2])) if at and at[1] else (max(len(text.lines), 1), 1)
    return found(text.file, "project", f"is not valid TOML: {_AT.sub('', message)}: mend it", line, column)


def _project(text: TextFile, data: dict[str, Any]) -> tuple[Project | None, tuple[Finding, ...]]:
    table = data.get("project", {})
    if not isinstance(table, dict):
        return None, (found(text.file, "project", "project must be a table: write [project]"),)
    python, findings = _python(text, table.get("requires-python"))
    listed = table.get("dependencies", [])
    entries = listed if isinstance(listed, list) else []
    names = [name for entry in entries if (name := _name(entry))]
    return Project(text.file, text.lines, python, tuple(names)), findings


def _python(text: TextFile, written: Any) -> tuple[SpecifierSet | None, tuple[Finding, ...]]:
    if written is None:
        return None, ()
    try:
        return SpecifierSet(written if isinstance(written, str) else "?"), ()
    except InvalidSpecifier:
        line = next((n for n, line in enumerate(text.lines, 1) if line.startswith("requires-python")), 1)
        words = f'"{written}" is no range of versions: write it as in requires-python = ">=3.11"'
        return None, (found(text.file, "python-version", words, line, field="project.requires-python"),)


def _name(entry: Any) -> str | None:
    """A dependency's name; None for what only some machines need, which a lock may leave out."""
    try:
        requirement = Requirement(str(entry))
    except InvalidRequirement:
        return None
    return None if requirement.marker else canonicalize_name(requirement.name)
