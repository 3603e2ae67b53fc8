"""Every model's image is really built on a base made here, and runs without root."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.imaging import Docker, ImagingError

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(3600),
]  # the first one may install an engine and make a base

ROOT = Path(__file__).parents[2]
MODELS = sorted(
    file.parent for place in ("models", "tests/models") for file in (ROOT / place).glob("*/Dockerfile")
)
# What says that it has all it needs to run but its settings.
NEEDS = {"experience-linker": "S3_BUCKET is not set"}
ASK = """
import time, urllib.request
for _ in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8080/health", timeout=5).status)
        break
    except OSError:
        time.sleep(0.1)
"""


@contextmanager
def built(with_base: tuple[Docker, str], directory: Path) -> Iterator[str]:
    docker, base = with_base
    tag = f"modelpoc-{directory.name}-test:{uuid.uuid4().hex[:12]}"
    docker.build(directory, directory / "Dockerfile", tag, {"BASE_IMAGE": base})
    try:
        yield tag
    finally:
        docker.ask("image", "rm", "--force", tag)


def test_the_models_are_found() -> None:
    assert {"experience-linker", "object-counter", "echo", "sm-echo"} <= {model.name for model in MODELS}


@pytest.mark.parametrize("directory", MODELS, ids=lambda directory: directory.name)
def test_it_is_built(with_base: tuple[Docker, str], directory: Path) -> None:
    docker, _ = with_base
    with built(with_base, directory) as tag:
        config = json.loads(docker.ask("image", "inspect", tag))[0]["Config"]
        if config["Cmd"] == ["python3"]:  # the base's: SageMaker's images have a program from theirs
            return
        assert config["User"] not in ("", "0", "root")
        said = answer(docker, tag)
        assert said.endswith("200") or NEEDS.get(directory.name, "?") in said


def test_the_endpoint_s_image_has_what_its_inference_needs(with_base: tuple[Docker, str]) -> None:
    docker, _ = with_base
    with built(with_base, ROOT / "models" / "object-counter") as tag:
        wanted = (
            "import numpy, PIL.Image, importlib.util as u; print(u.find_spec('uv'), u.find_spec('skimage'))"
        )
        assert docker.ask("run", "--rm", "--network=none", tag, "python", "-c", wanted) == "None None"


def answer(docker: Docker, tag: str) -> str:
    """The status of /health, asked from inside the container, as it has no network; else what it said."""
    name = f"modelpoc-test-{uuid.uuid4().hex[:12]}"
    docker.ask("run", "--detach", "--network=none", "--read-only", "--tmpfs=/tmp", f"--name={name}", tag)
    try:
        return docker.ask("exec", name, "python", "-c", ASK)
    except ImagingError:
        return docker.ask("logs", name)
    finally:
        docker.ask("rm", "--force", name)
