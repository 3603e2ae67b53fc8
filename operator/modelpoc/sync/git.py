"""The git program: run with credentials in its environment, a time limit and a size limit."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from modelpoc.sync.credentials import ENVIRONMENT, Credentials
from modelpoc.sync.errors import (
    AccessDenied,
    CloneBroken,
    Misused,
    RemoteUnreachable,
    RepositoryError,
    TooLarge,
)
from modelpoc.sync.source import Source

_WATCH_SECONDS = 0.2
_TOLD_LINES = 2
_QUICK_SECONDS = 120.0
"""For everything but a fetch."""
# What a caller that is itself run by git would pass on, and what would send our secrets along.
_DROPPED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", *ENVIRONMENT)
_SETTINGS = {
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.unpackLimit": "1",
    "core.askPass": "",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "advice.detachedHead": "false",
}
_DENIED = (
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "terminal prompts disabled",
    "Permission denied",
    "The requested URL returned error: 401",
    "The requested URL returned error: 403",
    "Host key verification failed",
)
_MISSING = (
    "not found",
    "does not appear to be a git repository",
    "does not exist",
    "The requested URL returned error: 404",
)
_REDIRECTS = (301, 302, 303, 307, 308)
_SILENT = (
    "Could not resolve host",
    "Failed to connect",
    "Connection refused",
    "Connection timed out",
    "Connection reset",
    "Could not read from remote repository",
    "early EOF",
    "hung up unexpectedly",
    "unable to access",
    "RPC failed",
    "Operation too slow",
    "expected flush after",
)
_ADVICE = ("warning:", "Please make sure", "and the repository exists", "hint:")


@dataclass(frozen=True)
class Limits:
    """Of one run of git."""

    seconds: float = 600.0
    bytes: int = 512 * 1024 * 1024


class Git:
    """Runs git about one repository, with one set of credentials."""

    def __init__(self, source: Source, credentials: Credentials, keys: Path, limits: Limits) -> None:
        self._source, self._credentials, self._limits = source, credentials, limits
        self._environment = environment(source, credentials, keys, os.environ)

    async def run(self, *words: str, within: Path, stdin: bytes = b"", remote: bool = False) -> bytes:
        """What git prints. Raises RepositoryError and its children; `remote`: it talks to the remote."""
        code, out, err = await self._finished(words, within, stdin)
        if code != 0:
            raise self._failure(words[0], err, remote)
        return out

    async def succeeds(self, *words: str, within: Path) -> bool:
        return (await self._finished(words, within, b""))[0] == 0

    async def _finished(self, words: Sequence[str], within: Path, stdin: bytes) -> tuple[int, bytes, str]:
        async with self._process(words, within) as process:
            guard = asyncio.create_task(self._guard(within)) if words[0] == "fetch" else None
            talk = asyncio.create_task(process.communicate(stdin))
            try:
                await asyncio.wait(
                    {talk, guard} if guard else {talk},
                    timeout=self._patience(words[0]),
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                if guard:
                    guard.cancel()
            if not talk.done():
                talk.cancel()
                raise self._cut_off(words[0], guard)
            out, err = talk.result()
        if guard and await asyncio.to_thread(size, within) > self._limits.bytes:
            raise self._too_large()
        return process.returncode or 0, out, err.decode(errors="replace")

    @asynccontextmanager
    async def _process(self, words: Sequence[str], within: Path) -> AsyncIterator[asyncio.subprocess.Process]:
        """Ended with all its helpers, whatever happens to us."""
        program = shutil.which("git")
        if program is None:
            raise Misused("sync needs the git program: install git")
        process = await asyncio.create_subprocess_exec(
            program,
            *words,
            cwd=within,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    async def _guard(self, folder: Path) -> None:
        """Ends when the clone has grown too large."""
        # Nothing tells of a file that grows.
        while await asyncio.to_thread(size, folder) <= self._limits.bytes:  # noqa: ASYNC110
            await asyncio.sleep(_WATCH_SECONDS)

    def _patience(self, verb: str) -> float:
        return self._limits.seconds if verb == "fetch" else min(self._limits.seconds, _QUICK_SECONDS)

    def _cut_off(self, verb: str, guard: asyncio.Task[None] | None) -> RepositoryError:
        if guard is not None and guard.done() and not guard.cancelled():
            return self._too_large()
        return RemoteUnreachable(
            f"{self._source.where}: git {verb} took longer than {self._patience(verb):g} s"
        )

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"{self._source.where} is larger than {self._limits.bytes // 1024**2} MiB: keep weights in the "
            "bucket instead of Git, or raise --max-size"
        )

    def _failure(self, verb: str, err: str, remote: bool) -> RepositoryError:
        said = _said(self._credentials.scrubbed(err))
        where = self._source.where
        if not remote:
            return CloneBroken(f"the copy of {where}: git {verb}: {said}")
        if any(word in err for word in _DENIED):
            return AccessDenied(
                f"{where} refuses these credentials ({said}): check the Secret or MODELPOC_GIT_TOKEN"
            )
        if any(f"The requested URL returned error: {code}" in err for code in _REDIRECTS):
            return AccessDenied(
                f"{where} has moved ({said}): name its new place; credentials follow no redirect"
            )
        if any(word in err for word in _MISSING):
            return AccessDenied(
                f"there is no repository {where}, or it is hidden from these credentials ({said})"
            )
        if any(word in err for word in _SILENT):
            return RemoteUnreachable(f"{where} does not answer ({said})")
        return CloneBroken(f"{where}: git {verb}: {said}")


def _said(err: str) -> str:
    """The lines that say what happened, without git's advice."""
    lines = [line.strip() for line in err.splitlines() if line.strip() and not line.startswith(_ADVICE)]
    return " / ".join(lines[:_TOLD_LINES]) or "no word"


def environment(
    source: Source, credentials: Credentials, keys: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Git's environment; `keys` is a private folder for an SSH key.

    The HTTP credential goes in as a setting for that one host: arguments are for all to see, and
    a credential helper would need a shell.
    """
    settings = dict(_SETTINGS)
    if credentials.basic and source.root:
        # After a redirect git would send the header to wherever it led.
        settings["http.followRedirects"] = "false"
        settings[f"http.{source.root}.extraHeader"] = f"Authorization: {credentials.basic}"
    kept = {name: value for name, value in environ.items() if name not in _DROPPED}
    return {
        **kept,
        **_configured(settings),
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        **({"GIT_SSH_COMMAND": _ssh(credentials, keys)} if credentials.ssh_key else {}),
    }


def _configured(settings: Mapping[str, str]) -> dict[str, str]:
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        numbered |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return numbered


def _ssh(credentials: Credentials, keys: Path) -> str:
    """ssh with this key alone. Without known hosts the server's key is believed the first time only."""
    key, hosts = keys / "id", keys / "known_hosts"
    _write_private(key, f"{credentials.ssh_key}\n")
    if credentials.known_hosts:
        _write_private(hosts, f"{credentials.known_hosts}\n")
    strict = "yes" if credentials.known_hosts else "accept-new"
    return (
        f"ssh -i {shlex.quote(str(key))} -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=20 "
        f"-o StrictHostKeyChecking={strict} -o UserKnownHostsFile={shlex.quote(str(hosts))}"
    )


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)


def size(folder: Path) -> int:
    """Bytes of all files below `folder`, which may change meanwhile."""
    total = 0
    for where, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):
                total += os.lstat(os.path.join(where, file)).st_size
    return total
