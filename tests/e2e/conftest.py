"""One cloud with a running operator for each module; each test takes POC names of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.world import World


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    short = request.module.__name__.rpartition("test_")[2].replace("_", "-")
    up = World.up(f"t-{short}"[:20].rstrip("-"))
    yield up
    up.down()
