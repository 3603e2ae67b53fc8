"""The example model's artifact, packed once for each version of its sources."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from localcloud.runtime import snapshot

KEPT_SECONDS = 24 * 3600.0


def packed(model: Path, cache: Path, pack: Callable[[Path], None]) -> Path:
    """The directory that `pack` filled for these sources, now or earlier; demos may ask at once."""
    target = cache / "artifacts" / model.name / snapshot.digest(snapshot.read(model))[:24]
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        _drop_old(target.parent)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as making:
            pack(Path(making) / "artifact")
            _publish(Path(making) / "artifact", target)
    return target


def _publish(made: Path, target: Path) -> None:
    """Whole or not at all; where another was quicker, its is as good."""
    try:
        made.rename(target)
    except OSError:
        if not target.exists():
            raise


def _drop_old(place: Path) -> None:
    for other in place.iterdir():
        if time.time() - other.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
