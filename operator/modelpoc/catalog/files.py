"""Reads the small text files beside a model, and turns what is wrong with them into findings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelpoc.catalog.finding import Finding, Severity

LARGEST = 4 * 1024 * 1024
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


def found(
    file: Path,
    rule: str,
    message: str,
    line: int = 1,
    column: int = 1,
    severity: Severity = Severity.ERROR,
    field: str = "",
) -> Finding:
    return Finding(file, line, column, field, message, severity, rule)


@dataclass(frozen=True)
class TextFile:
    """A file's lines, or why it has none."""

    file: Path
    lines: tuple[str, ...] = ()
    finding: Finding | None = None


def beginning(file: Path, most: int) -> bytes:
    """At most so many bytes of `file`: a link may lead to something without end. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(most)


def read_text(file: Path, rule: str, missing: str) -> TextFile:
    """The lines of `file`; `missing` says what to do when it is not there."""
    try:
        raw = beginning(file, LARGEST + 1)
        if len(raw) > LARGEST:
            return _broken(
                file, rule, f"is larger than {LARGEST // 1024 // 1024} MiB: this is no {file.name}"
            )
        lines = tuple(raw.decode("utf-8").splitlines())
    except FileNotFoundError:
        return _broken(file, rule, f"is missing: {missing}")
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        return _broken(file, rule, f"cannot be read ({reason}): put a plain file there")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _broken(file, rule, "is not UTF-8 text: save it as UTF-8", line)
    conflict = next((n for n, text in enumerate(lines, 1) if text.startswith(_CONFLICT)), None)
    if conflict:
        return _broken(
            file, "conflict", "holds a merge conflict: settle it and take the markers out", conflict
        )
    return TextFile(file, lines)


def _broken(file: Path, rule: str, message: str, line: int = 1) -> TextFile:
    return TextFile(file, finding=found(file, rule, message, line))
