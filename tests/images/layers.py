"""What an image holds above its base, read from its layers."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from localcloud.imaging import Docker

WHITEOUT = ".wh."
"""Before the name of a file that a layer takes away: OCI's image specification, "Representing Changes"."""


@dataclass(frozen=True)
class File:
    """A file of a layer; `data` only of those that are not large."""

    path: str
    data: bytes


def added(docker: Docker, image: str, base: str, directory: Path) -> list[File]:
    """Every file that the layers above the base's bring."""
    archive = docker.save([image], directory / "layers.tar")
    below = len(json.loads(docker.ask("image", "inspect", base))[0]["RootFS"]["Layers"])
    with tarfile.open(archive) as whole:
        manifest = json.loads(_read(whole, "manifest.json"))
        files = [file for layer in manifest[0]["Layers"][below:] for file in files_of(whole, layer)]
    archive.unlink()
    return files


def files_of(whole: tarfile.TarFile, layer: str) -> Iterator[File]:
    """What one layer of a `docker save` brings."""
    with tarfile.open(fileobj=whole.extractfile(layer)) as inner:
        for member in inner:
            if Path(member.name).name.startswith(WHITEOUT):
                continue
            content = inner.extractfile(member) if member.isfile() and member.size < 2_000_000 else None
            yield File(f"/{member.name}", content.read() if content else b"")


def _read(whole: tarfile.TarFile, name: str) -> bytes:
    found = whole.extractfile(name)
    assert found is not None
    return found.read()
