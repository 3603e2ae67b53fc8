"""A model's artifact, packed once for each version of its sources."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from localcloud.runtime import snapshot

KEPT_SECONDS = 24 * 3600.0
_LOOK_SECONDS = 0.2
# Not what an artifact is made of: changing a page trains nothing.
_BESIDE = ("ui/", "tests/", "README.md", "Dockerfile", ".dockerignore", ".gitignore")
# What an image leaves out, such as the data that the model learned from, an artifact may be made of.
_NOT_SOURCES = snapshot.Ignore(snapshot.NEVER)


async def packed(model: Path, cache: Path, pack: Callable[[Path], Awaitable[None]]) -> Path:
    """The directory that `pack` filled for these sources, now or earlier.

    Demos may ask at once: one packs, the others wait for it.
    """
    target = cache / "artifacts" / model.name / _version(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        async with _alone(target):
            if not target.exists():
                await _pack(target, pack)
    return target


def _version(model: Path) -> str:
    sources = (entry for entry in snapshot.entries(model, _NOT_SOURCES) if not entry.path.startswith(_BESIDE))
    return snapshot.digest(sources)[:24]


async def _pack(target: Path, pack: Callable[[Path], Awaitable[None]]) -> None:
    _drop_old(target.parent)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as making:
        await pack(Path(making) / "artifact")
        (Path(making) / "artifact").rename(target)


@asynccontextmanager
async def _alone(target: Path) -> AsyncIterator[None]:
    """Asks again and again: a wait inside the kernel could not be interrupted."""
    with target.with_name(f".{target.name}.lock").open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                break
        yield


def _drop_old(place: Path) -> None:
    for other in place.iterdir():
        if other.is_dir() and time.time() - other.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
