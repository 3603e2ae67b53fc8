"""What the guides tell people to type is typed, against one cloud, and shows what they show."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.docs.cloud import checkout, default_cloud
from tests.docs.console import matches, run, typed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

DOCS = Path(__file__).parents[2] / "docs"
LAST = "first-poc.md"
"""It ends with the cloud's end."""
POINTED = 'eval "$(modelpoc local status -o env)"'
RUN = sorted((str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md") if typed(p.read_text())), key=LAST.__eq__)


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    with default_cloud() as world:
        tools = (Path(sys.executable).parent, world.plane.binaries.kubectl.parent)
        path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
        yield {**os.environ, "PATH": path}


@pytest.mark.parametrize("page", RUN)
def test_a_page_does_what_it_shows(environment: Mapping[str, str], tmp_path: Path, page: str) -> None:
    folder = checkout(tmp_path)
    if page != LAST:
        run(POINTED, folder, environment)
    for one in typed((DOCS / page).read_text()):
        code, output = run(one.line, folder, environment)
        assert code == one.code, f"$ {one.line}\nended with {code}:\n{output}"
        assert matches(one.shown, output), f"$ {one.line}\nshows:\n{output}\nnot:\n" + "\n".join(one.shown)
