"""Writes a changed configuration in the place of the old one: all of it, or nothing."""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path


class CannotRewrite(Exception):
    """The change cannot be made in place; says why, and what to do instead."""


def replace_text(file: Path, text: str) -> None:
    """Puts `text` into `file` at once, with the rights it has; a link stays a link."""
    target = file.resolve(strict=True)
    handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())
        Path(scratch).chmod(target.stat().st_mode & 0o7777)
        Path(scratch).replace(target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def diff(file: Path, before: str, after: str) -> str:
    """Unified, as `git diff` and `patch` know it."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{file}", f"b/{file}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
