"""The copy of the repository on this machine: whole, or not there."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelpoc.sync.credentials import Credentials
from modelpoc.sync.errors import CloneBroken, NoBranch, TooLarge
from modelpoc.sync.git import Git, Limits
from modelpoc.sync.source import Source

_SYNCED = "refs/heads/synced"
_REMOTE = "origin"
_MOST_PACKS = 64
_LOGS_AT_ONCE = 4
LARGEST_FILE = 1024 * 1024
"""Bytes; larger ones stay at the remote, where it can filter, and are no configuration."""


@dataclass(frozen=True)
class Listed:
    """One file of a commit; `path` counts from the repository's root."""

    mode: str
    oid: str
    path: str


class Clone:
    """History and small files of one branch. One task at a time may use it."""

    def __init__(self, folder: Path, source: Source, limits: Limits) -> None:
        self._folder, self._source, self._limits = folder, source, limits
        self._repository = folder / "repository.git"
        self._keys = folder / "keys"

    async def head(self, credentials: Credentials) -> str:
        """The commit at the tip of the branch, asked of the remote. Raises RepositoryError."""
        git = self._git(credentials)
        out = await git.run("ls-remote", "--", self._source.url, within=self._folder, remote=True)
        found = {
            ref: commit for commit, _, ref in (line.partition("\t") for line in out.decode().splitlines())
        }
        wanted = f"refs/heads/{self._source.branch}"
        if wanted not in found:
            raise NoBranch(self._no_branch(found))
        return found[wanted]

    def _no_branch(self, refs: Sequence[str] | dict[str, str]) -> str:
        names = sorted(ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/"))
        if not names:
            return f"{self._source.where} is empty: push a commit to {self._source.branch}"
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        return (
            f"{self._source.where} has no branch {self._source.branch} (there are {shown}): nothing is "
            "changed; push it again, or name another with --branch"
        )

    async def fetch(self, credentials: Credentials) -> str:
        """Gets the branch as it is now; its commit. A copy that cannot be used is made anew."""
        git = self._git(credentials)
        if self._usable():
            try:
                return await self._update(git, self._repository)
            except (CloneBroken, TooLarge):
                pass  # it may have gathered what nobody needs any more
        return await self._anew(git)

    async def rewritten(self, old: str, new: str) -> bool:
        """Whether `new` does not go on from `old`: the branch was force-pushed."""
        git = self._git(Credentials())
        return not await git.succeeds("merge-base", "--is-ancestor", old, new, within=self._repository)

    async def files(self, commit: str, path: str) -> list[Listed]:
        """All files below `path` of a commit."""
        git = self._git(Credentials())
        below = () if path == "." else (f"{path}/",)
        out = await git.run("ls-tree", "-r", "-z", commit, "--", *below, within=self._repository)
        return [_listed(row) for row in out.decode(errors="backslashreplace").split("\0") if row]

    async def left_out(self, commit: str, path: str) -> set[str]:
        """The object ids of a commit's files that the remote kept for being too large: asking for anything
        about them would bring them here."""
        git = self._git(Credentials())
        below = () if path == "." else (path,)
        words = ("rev-list", "--objects", "--no-walk", "--missing=print", commit, "--", *below)
        out = await git.run(*words, within=self._repository)
        return {line[1:] for line in out.decode(errors="replace").splitlines() if line.startswith("?")}

    async def sizes(self, credentials: Credentials, oids: Sequence[str]) -> dict[str, int]:
        git = self._git(credentials)
        out = await git.run("cat-file", "--batch-check", within=self._repository, stdin=_lines(oids))
        rows = [line.split(" ") for line in out.decode().splitlines()]
        return {row[0]: int(row[2]) for row in rows if len(row) == 3}

    async def contents(self, credentials: Credentials, oids: Sequence[str]) -> dict[str, bytes]:
        """The bytes of files, by their object ids."""
        git = self._git(credentials)
        out = await git.run("cat-file", "--batch", within=self._repository, stdin=_lines(oids))
        return dict(_objects(out))

    async def last_touched(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """For each path the last commit up to `commit` that touched anything in it."""
        git, gate = self._git(Credentials()), asyncio.Semaphore(_LOGS_AT_ONCE)

        async def one(path: str) -> str:
            async with gate:
                words = ("log", "-1", "--format=%H", commit, "--", path)
                return (await git.run(*words, within=self._repository)).decode().strip() or commit

        return dict(zip(paths, await asyncio.gather(*map(one, paths)), strict=True))

    async def touched(self, old: str, new: str, path: str) -> set[str]:
        """The files below `path` that any commit between the two touched, each parent of a merge counted."""
        git = self._git(Credentials())
        words = ("log", "-m", "--no-renames", "--name-only", "--format=", "-z", f"{old}..{new}", "--", path)
        out = await git.run(*words, within=self._repository)
        return {name.strip("\n") for name in out.decode(errors="backslashreplace").split("\0")} - {""}

    def _usable(self) -> bool:
        packs = list((self._repository / "objects" / "pack").glob("*.pack"))
        return (self._repository / "HEAD").is_file() and len(packs) <= _MOST_PACKS

    async def _update(self, git: Git, repository: Path) -> str:
        await git.run("config", f"remote.{_REMOTE}.url", self._source.url, within=repository)
        words = (
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--force",
        )
        refs = f"+refs/heads/{self._source.branch}:{_SYNCED}"
        keep = f"--filter=blob:limit={LARGEST_FILE + 1}"
        await git.run(*words, keep, _REMOTE, refs, within=repository, remote=True)
        return (await git.run("rev-parse", "--verify", _SYNCED, within=repository)).decode().strip()

    async def _anew(self, git: Git) -> str:
        """Made beside, and moved into its place when it is whole: a crash leaves nothing half."""
        for left in self._folder.glob("fresh-*"):
            await asyncio.to_thread(_remove, left)
        fresh = Path(tempfile.mkdtemp(prefix="fresh-", suffix=".git", dir=self._folder))
        try:
            await git.run("init", "--bare", "--quiet", within=fresh)
            commit = await self._update(git, fresh)
            await asyncio.to_thread(_remove, self._repository)
            os.rename(fresh, self._repository)
        finally:
            await asyncio.to_thread(_remove, fresh)
        return commit

    def _git(self, credentials: Credentials) -> Git:
        self._keys.mkdir(mode=0o700, exist_ok=True)
        return Git(self._source, credentials, self._keys, self._limits)


@asynccontextmanager
async def opened(cache: Path, source: Source, limits: Limits) -> AsyncIterator[Clone]:
    """The copy of `source` below `cache`, for this process alone; a private one when another has it."""
    with _folder(cache, source) as folder:
        try:
            yield Clone(folder, source, limits)
        finally:
            _remove(folder / "keys")


@contextmanager
def _folder(cache: Path, source: Source) -> Iterator[Path]:
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(cache / f"{source.key}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        with tempfile.TemporaryDirectory(prefix="modelpoc-sync-") as private:
            yield Path(private)
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = cache / source.key
        folder.mkdir(mode=0o700, exist_ok=True)
        yield folder
    except BlockingIOError:
        with tempfile.TemporaryDirectory(prefix="modelpoc-sync-") as private:
            yield Path(private)
    finally:
        os.close(lock)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _listed(row: str) -> Listed:
    about, _, path = row.partition("\t")
    mode, _, oid = about.split(" ")
    return Listed(mode, oid, _legible(path))


def _legible(path: str) -> str:
    """Fit for logs, terminals and JSON: Git takes any bytes as a name, line breaks and no text at all too."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


def _lines(oids: Sequence[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode()


def _objects(out: bytes) -> Iterator[tuple[str, bytes]]:
    """`<oid> <type> <size>\\n<content>\\n`, one behind the other."""
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        head = out[at:end].decode().split(" ")
        if len(head) != 3:
            raise CloneBroken(f"the copy lacks an object: {' '.join(head)}")
        begin, length = end + 1, int(head[2])
        yield head[0], out[begin : begin + length]
        at = begin + length + 1
