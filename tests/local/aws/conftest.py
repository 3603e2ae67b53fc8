"""A local AWS for each module, and a bench for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.local.aws.bench import Bench, Cloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    running = Cloud(tmp_path_factory.mktemp("cloud"))
    yield running
    running.stop()


@pytest.fixture
def bench(cloud: Cloud) -> Iterator[Bench]:
    made = Bench(cloud)
    yield made
    made.clear()
