"""Locked Python environments of snapshots, shared between snapshots of the same lock."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from localcloud.runtime.errors import BuildFailed

COMPLETE = ".complete"  # written last, so that a build cut short is told from a finished one
_OURS = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "PYTHONHOME")


def default_cache() -> Path:
    """Where environments are kept between clouds."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "modelpoc"


def key_of(root: Path, groups: Sequence[str] = ()) -> str:
    """What decides an environment: the lock, its groups, the Python version, and this machine's kind."""
    parts = [_text(root / "uv.lock"), python_of(root), f"{sys.platform}-{platform.machine()}", *groups]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def python_of(root: Path) -> str:
    """The Python version of a model's directory, as written in `.python-version`."""
    return _text(root / ".python-version").strip() or f"{sys.version_info[0]}.{sys.version_info[1]}"


def ensure(root: Path, cache: Path, groups: Sequence[str] = ()) -> Path:
    """The environment for the snapshot at `root`, built if it is not there yet (blocking).

    The project itself is not installed into it: snapshots share it, and each runs its own source. `groups`
    are dependency groups that it shall hold beside what the project runs with.
    Raises `BuildFailed` with uv's words when it cannot be built.
    """
    _refuse_unlocked(root)
    target = cache / "environments" / key_of(root, groups)
    if not (target / COMPLETE).exists():
        with _locked(target.with_suffix(".lock")):
            if not (target / COMPLETE).exists():
                _build(root, target, groups)
    return target


def _refuse_unlocked(root: Path) -> None:
    """Without its lock a model would start with none of what it depends on, and fail at its first import."""
    if (root / "uv.lock").exists():
        return
    try:
        project = tomllib.loads(_text(root / "pyproject.toml")).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise BuildFailed(f"pyproject.toml is not valid TOML: {error}") from None
    if project.get("dependencies"):
        raise BuildFailed("it has dependencies but no uv.lock: run `uv lock` in its directory")


def find_uv() -> str:
    """Where uv is: what started us, beside our Python, on the PATH, or where installers put it."""
    places = (
        Path(sys.executable).parent,
        Path.home() / ".local" / "bin",
        *(default_cache() / "uv" / way / "bin" for way in ("venv", "pip")),
    )
    for candidate in (os.environ.get("UV"), shutil.which("uv"), *(str(place / "uv") for place in places)):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise BuildFailed("uv is needed to prepare a model's environment and was not found on the PATH")


def _build(root: Path, target: Path, groups: Sequence[str]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    locked = (root / "uv.lock").exists()
    command = ["sync", "--frozen", "--no-dev", "--no-install-project", "--compile-bytecode"]
    command += [word for group in groups for word in ("--group", group)]
    bare = ["venv", "--no-project", "--python", python_of(root), str(target)]
    _uv([*command, "--project", str(root.resolve())] if locked else bare, target)
    (target / COMPLETE).touch()


def _uv(arguments: list[str], target: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in _OURS}
    environment["UV_PROJECT_ENVIRONMENT"] = str(target)
    with TemporaryDirectory(prefix="localcloud-") as scratch:  # else uv's locks would stay; ours is held
        done = subprocess.run(
            [find_uv(), "--no-progress", *arguments],
            env=environment | {"TMPDIR": scratch},
            cwd=target.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise BuildFailed(f"uv {arguments[0]} failed:\n{done.stderr.strip()[-2000:]}")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
