"""The images of this checkout."""

from __future__ import annotations

import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from localcloud.controlplane.progress import Tell, silent
from localcloud.imaging.docker import Docker
from localcloud.imaging.errors import ImagingError

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "models"
OPERATOR = "modelpoc-operator:local"


def operator_image(docker: Docker, base: str, tag: str = OPERATOR, tell: Tell = silent) -> str:
    """Builds the operator's image of this checkout on `base`; gives its tag. Raises `BuildFailed`."""
    dockerfile = ROOT / "operator" / "Dockerfile"
    if not dockerfile.is_file():
        raise ImagingError(f"there is no {dockerfile}: run from a checkout of the project")
    docker.build(ROOT, dockerfile, tag, {"BASE_IMAGE": base, **_told()}, tell)
    return tag


def model_image(docker: Docker, base: str, name: str, tag: str = "", tell: Tell = silent) -> str:
    """Builds the image of `models/<name>` on `base`; gives its tag. Raises `BuildFailed`."""
    directory = MODELS / name
    if not (directory / "Dockerfile").is_file():
        raise ImagingError(f"there is no {directory / 'Dockerfile'}")
    tag = tag or f"modelpoc/{name}:local"
    docker.build(directory, directory / "Dockerfile", tag, {"BASE_IMAGE": base}, tell)
    return tag


def _told() -> dict[str, str]:
    """What the image says about where it comes from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "VERSION": project["version"],
        "REVISION": git.stdout.strip() or "unknown",
        "CREATED": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
