"""A local AWS and an operator without Kubernetes for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.local.engine_world import EngineCloud, Operator


@pytest.fixture(scope="module")
def engine_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCloud]:
    running = EngineCloud(tmp_path_factory.mktemp("engine"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def running(engine_cloud: EngineCloud) -> Iterator[Operator]:
    """Its platform is up and its inventory warm."""
    made = Operator(engine_cloud, engine_cloud.platform())
    made.platform_up()
    yield made
    made.close()


@pytest.fixture
def operator(running: Operator) -> Iterator[Operator]:
    """The module's operator; afterwards no fault is left, nor a POC."""
    yield running
    running.cloud.fault()
    running.restart()
    running.platform_up()
    for name in list(running.pocs):
        running.delete(name)
        running.settle(name)
        del running.pocs[name]
