"""What is wrong in a file, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """How bad a finding is: only errors keep a repository from being used."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True)
class Mark:
    """A place in a file; lines and columns count from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong in `file`; `message` says what, and what to write instead.

    `rule` is the name of what was broken, the same for every finding of its kind.
    """

    file: Path
    line: int
    column: int
    field: str
    message: str
    severity: Severity = Severity.ERROR
    rule: str = "config"

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def words(self) -> str:
        """The message, behind the field that it is about."""
        return f"{self.field}: {self.message}" if self.field else self.message

    def of(self, rule: str, severity: Severity = Severity.ERROR) -> Finding:
        """The same under another rule's name."""
        return replace(self, rule=rule, severity=severity)

    def to_dict(self) -> dict[str, str | int]:
        return {
            "file": str(self.file),
            "line": self.line,
            "column": self.column,
            "field": self.field,
            "message": self.message,
            "severity": self.severity.value,
            "rule": self.rule,
        }
