"""/docs of the real model in a real browser, behind a proxy that takes the prefix off."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.chromium import BROWSER
from tests.browser.docs_page import check_docs_page
from tests.browser.stripping_proxy import stripping_proxy

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium"),
]

ROOT = Path(__file__).parents[2]
PREFIX = "poc-deployment/experience-linker"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port of a running experience-linker that has its own artifact."""
    artifact = tmp_path_factory.mktemp("artifact")
    subprocess.run(_run("experience_linker.artifact", "build", "--out", str(artifact)), check=True)
    # At 127.0.0.1, whoever connects to anything may take a free port before it is listened on.
    host = f"127.{random.randint(1, 62)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = int(probe.getsockname()[1])
    variables = {"HOST": host, "PORT": str(port), "ROOT_PATH": PREFIX, "ARTIFACT_DIR": str(artifact)}
    process = subprocess.Popen(_run("experience_linker"), env={**os.environ, **variables})
    try:
        _wait_until_healthy(f"http://{host}:{port}/health", process)
        yield host, port
    finally:
        process.terminate()
        process.wait(30)


def test_docs_work_under_the_prefix_and_ask_nobody_else(app: tuple[str, int], tmp_path: Path) -> None:
    with stripping_proxy(f"/{PREFIX}", app) as base:
        page = check_docs_page(f"{base}/docs", tmp_path / "docs.png")
    assert page.operations == ("POST /predict", "GET /health")
    assert (tmp_path / "docs.png").stat().st_size > 20_000


def test_the_check_notices_an_app_that_does_not_know_its_prefix(app: tuple[str, int]) -> None:
    with (
        stripping_proxy("/somewhere/else", app) as base,
        pytest.raises(AssertionError, match="script did not load"),
    ):
        check_docs_page(f"{base}/docs")


def _run(module: str, *arguments: str) -> list[str]:
    found = subprocess.run([ROOT / "kind-cluster/setup/uv.sh"], check=True, capture_output=True, text=True)
    model = str(ROOT / "models" / "experience-linker")
    options = ["run", "--quiet", "--frozen", "--project", model]
    return [found.stdout.strip(), *options, "python", "-m", module, *arguments]


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "the app ended"
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the app did not become healthy within 120 s")
