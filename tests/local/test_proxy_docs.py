"""/docs of the built-in function in a real browser, behind the local gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser.chromium import BROWSER
from tests.browser.docs_page import check_docs_page
from tests.local.proxy_world import Poc, ProxyWorld

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def poc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poc]:
    world = ProxyWorld(tmp_path_factory.mktemp("docs"))
    world.endpoint("echo")
    yield world.poc("echo", "echo")
    world.close()


def test_the_page_tries_the_model_with_its_example(poc: Poc, tmp_path: Path) -> None:
    page = check_docs_page(f"{poc.url}/docs", tmp_path / "docs.png")
    assert page.operations == ("POST /predict", "GET /health", "GET /docs")
    assert (tmp_path / "docs.png").stat().st_size > 20_000


def test_the_way_there_leads_from_the_pocs_own_url(poc: Poc) -> None:
    for tail, location in (("", "echo/docs"), ("/docs/", "../docs")):
        answer = poc.ask(tail)
        assert (answer.status, answer.headers["location"]) == (307, location)
    assert poc.ask("/docs", method="HEAD").status == 200
