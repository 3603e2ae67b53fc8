"""Building and uploading for clouds that can: other packages bring that along as entry points.

A shipper is `ship(*, name, models, manifest, platform, server, tell) -> dict | None`, all of plain types:
None when the API server `server` is none of its clouds; otherwise it has built the image, or made and
uploaded the artifact, and gives the manifest back with what it built written where the config says
PLACEHOLDER.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from modelpoc.cli.faces import CliError

GROUP = "modelpoc.shippers"

Ship = Callable[..., dict[str, Any] | None]


def shippers() -> list[Ship]:
    return [entry.load() for entry in entry_points(group=GROUP)]


def shipped(
    manifest: dict[str, Any],
    platform: Mapping[str, Any],
    *,
    models: Path,
    server: str,
    tell: Callable[[str], None],
    by: Iterable[Ship],
) -> dict[str, Any]:
    """The manifest as the first shipper that knows `server` gives it back; unchanged when none does."""
    name = manifest["metadata"]["name"]
    for ship in by:
        try:
            made = ship(
                name=name,
                models=models,
                manifest=manifest,
                platform=dict(platform),
                server=server,
                tell=tell,
            )
        except Exception as error:  # another package's own tree of errors
            raise CliError(f"{name} could not be built: {error}") from error
        if made is not None:
            return made
    return manifest
