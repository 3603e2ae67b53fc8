"""Symbolic links in a POC's directory: they must not lead out of it, or the image is built without them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from modelpoc.catalog.files import found
from modelpoc.catalog.finding import Finding

_PASSED_OVER = frozenset({"__pycache__", "node_modules", "venv"})
"""Besides what begins with a dot: nothing of it is the model's own."""


def stray_links(folder: Path) -> Iterator[Finding]:
    """Links in `folder` that lead out of it or nowhere; `folder` itself may be one, within its parent."""
    if folder.is_symlink() and (wrong := _wrong(folder, folder.parent.resolve())):
        yield found(folder, "link", wrong)
        return
    root = folder.resolve()
    for link in _links(folder):
        if wrong := _wrong(link, root):
            yield found(link, "link", wrong)


def _links(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_symlink():
                yield Path(entry.path)
            elif entry.is_dir() and not entry.name.startswith(".") and entry.name not in _PASSED_OVER:
                yield from _links(Path(entry.path))


def _wrong(link: Path, root: Path) -> str:
    target = os.readlink(link)
    try:
        end = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return f"is a link to {target}, which is not there: mend it or take it away"
    if end.is_relative_to(root):
        return ""
    return f"is a link to {target}, out of {root.name}: put a copy of the file here"
