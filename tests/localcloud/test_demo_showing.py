"""What the demo says to try is there to be tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.controlplane.process import Process
from localcloud.demo.showing import what_next
from localcloud.state import CloudFiles

pytestmark = pytest.mark.unit


@pytest.fixture
def files(tmp_path: Path) -> CloudFiles:
    return CloudFiles("mine", tmp_path)


def test_an_operator_of_the_cloud_has_its_log_there(files: CloudFiles) -> None:
    files.remember("operator", Process(1, 1))
    told = what_next(files, "kubectl")
    assert "modelpoc local logs operator --name mine -f" in told
    assert "make down NAME=mine" in told


def test_an_operator_in_pods_has_it_in_kubernetes(files: CloudFiles) -> None:
    told = what_next(files, "kubectl")
    assert "kubectl logs -n modelpoc-system" in told
    assert "local logs" not in told
    assert "make down" not in told, "it would leave the cluster without its cloud"
