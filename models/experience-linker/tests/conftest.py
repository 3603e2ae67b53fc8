"""One real artifact for all tests: built once from the published weights."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from experience_linker.api import Service, create_app
from experience_linker.artifact import build
from experience_linker.encoder import Encoder
from experience_linker.linker import Linker
from experience_linker.loading import Loaded
from experience_linker.manifest import TOKENIZER, WEIGHTS


@pytest.fixture(scope="session")
def prefix() -> str:
    """The path under which the world sees the app."""
    return "/poc-deployment/experience-linker"


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact's directory; not to be changed."""
    directory = tmp_path_factory.mktemp("artifact")
    build(directory)
    return directory


@pytest.fixture(scope="session")
def encoder(artifact: Path) -> Encoder:
    return Encoder.load(artifact / WEIGHTS, artifact / TOKENIZER)


@pytest.fixture(scope="session")
def linker(artifact: Path) -> Linker:
    return Linker.load(artifact)


@pytest.fixture(scope="session")
def client(linker: Linker, prefix: str) -> Iterator[TestClient]:
    """The app under its prefix with its model loaded; it gets the prefix taken off, as in AWS."""
    service = Service(lambda _: Loaded(linker, 0.0, 0.0), lambda: pytest.fail("load failed"), threads=1)
    with TestClient(create_app(service, prefix)) as client:
        while client.get("/health").status_code != 200:
            pass
        yield client
