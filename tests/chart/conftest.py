"""Helm for the tests of the chart."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chart.helming import Helm


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without a cluster."""
    folder: Path = tmp_path_factory.mktemp("helm")
    return Helm(folder)
