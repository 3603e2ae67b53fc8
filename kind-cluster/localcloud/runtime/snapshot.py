"""Immutable copies of a directory, addressed by their content."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NEVER = (
    ".git",
    ".venv",
    "**/__pycache__",
    "**/*.pyc",
    "**/.pytest_cache",
    "**/.mypy_cache",
    "**/.ruff_cache",
    "**/.DS_Store",
)


@dataclass(frozen=True)
class Entry:
    """One file or link of a directory; directories count only by what is in them."""

    path: str  # relative, with "/"
    mode: str  # "file", "exec" or "link"
    data: bytes


def digest(entries: Iterable[Entry]) -> str:
    """The hex SHA-256 of paths, modes and bytes: independent of place, time and umask."""
    whole = hashlib.sha256()
    for entry in entries:
        content = hashlib.sha256(entry.data).hexdigest()
        whole.update(f"{entry.mode} {content} {entry.path}\0".encode())
    return whole.hexdigest()


def read(source: Path) -> list[Entry]:
    """What a build of `source` would take, sorted by path."""
    return list(entries(source, Ignore.of(source)))


def entries(source: Path, ignored: Ignore) -> Iterator[Entry]:
    """What `ignored` leaves of `source`, sorted by path; one by one, as together they may be large."""
    for path in sorted(_walk(source, ignored, "")):
        yield _entry(source, path)


def write(entries: Sequence[Entry], target: Path) -> None:
    """Puts the entries at `target`, all at once and read-only; what stands there already is kept."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        for entry in entries:
            _write_one(staging, entry)
        staging.chmod(0o755)
        staging.rename(target)
    except OSError:
        if not target.exists():  # someone else wrote the same content first
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


class Ignore:
    """`.dockerignore`: globs from the root, `**`, and `!` to take something back; the last match wins."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._rules = [(not p.startswith("!"), p.lstrip("!").strip("/")) for p in patterns]

    @classmethod
    def of(cls, source: Path) -> Ignore:
        """The rules of `source`, beginning with what never belongs into an image."""
        file = source / ".dockerignore"
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        given = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        return cls([*NEVER, *given])

    def __call__(self, path: str) -> bool:
        verdict = False
        for ignore, pattern in self._rules:
            if _matches(path, pattern):
                verdict = ignore
        return verdict

    @property
    def takes_back(self) -> bool:
        """Whether a file of an ignored directory may be wanted after all."""
        return any(not ignore for ignore, _ in self._rules)


def _matches(path: str, pattern: str) -> bool:
    """Whether `path` or a directory above it matches."""
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    wanted = [pattern, pattern.removeprefix("**/")]
    return any(_same_depth(p, w) and fnmatch.fnmatchcase(p, w) for p in above for w in wanted)


def _same_depth(path: str, pattern: str) -> bool:
    return "**" in pattern or path.count("/") == pattern.count("/")


def _walk(root: Path, ignored: Ignore, below: str) -> Iterator[str]:
    for found in os.scandir(root / below):
        path = f"{below}/{found.name}" if below else found.name
        if found.is_dir(follow_symlinks=False):
            if not ignored(path) or ignored.takes_back:
                yield from _walk(root, ignored, path)
        elif not ignored(path):
            yield path


def _entry(root: Path, path: str) -> Entry:
    file = root / path
    if file.is_symlink():
        return Entry(path, "link", os.readlink(file).encode())
    executable = file.stat().st_mode & stat.S_IXUSR
    return Entry(path, "exec" if executable else "file", file.read_bytes())


def _write_one(root: Path, entry: Entry) -> None:
    file = root / entry.path
    file.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == "link":
        file.symlink_to(entry.data.decode())
        return
    file.write_bytes(entry.data)
    file.chmod(0o555 if entry.mode == "exec" else 0o444)
