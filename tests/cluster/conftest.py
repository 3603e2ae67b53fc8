"""One node with the chart in it, for all tests of a file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest
from tests.cluster.place import TIME_SCALE, Place, check_possible, tell

from localcloud.cluster import Installed, down


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    if given := os.environ.get("MODELPOC_CLUSTER"):  # one that runs already, and runs on
        installed = Installed.load(given)
        assert installed is not None, f"no cluster {given} runs: make cluster NAME={given}"
        yield Place(installed)
        return
    check_possible(with_images=True)
    name = f"cluster-{secrets.token_hex(4)}"
    try:
        yield Place(Installed.up(name, time_scale=TIME_SCALE, tell=tell))
    finally:
        down(name)
