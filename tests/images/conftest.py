"""The operator's image, built once for all tests here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.images.engine import an_engine_with_base
from tests.images.layers import File, added

from localcloud.imaging import Docker, operator_image


@dataclass(frozen=True)
class Built:
    """An image and the engine that has it."""

    docker: Docker
    base: str
    tag: str
    files: list[File] = field(repr=False)

    def run(self, *command: str, entrypoint: str = "") -> str:
        """What a command prints in a container with a read-only root and /tmp, as the chart runs it."""
        given = [f"--entrypoint={entrypoint}"] if entrypoint else []
        return self.docker.ask(
            "run",
            "--rm",
            "--network=none",
            "--read-only",
            "--tmpfs=/tmp:mode=1777",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            *given,
            self.tag,
            *command,
        )


@pytest.fixture(scope="session")
def with_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Docker, str]]:
    with an_engine_with_base(tmp_path_factory.mktemp("engine")) as found:
        yield found


@pytest.fixture(scope="session")
def operator(with_base: tuple[Docker, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    docker, base = with_base
    tag = operator_image(docker, base, f"modelpoc-operator-test:{uuid.uuid4().hex[:12]}")
    directory: Path = tmp_path_factory.mktemp("layers")
    yield Built(docker, base, tag, added(docker, tag, base, directory))
    docker.ask("image", "rm", "--force", tag)
