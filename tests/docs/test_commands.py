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


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    with default_cloud() as world:
        tools = (Path(sys.executable).parent, world.plane.binaries.kubectl.parent)
        path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
        yield {**os.environ, "PATH": path}


def test_the_first_guide_does_what_it_shows(environment: Mapping[str, str], tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    lines = typed((DOCS / "first-poc.md").read_text())
    for one in lines:
        code, output = run(one.line, folder, environment)
        assert code == one.code, f"$ {one.line}\nended with {code}:\n{output}"
        assert matches(one.shown, output), f"$ {one.line}\nshows:\n{output}\nnot:\n" + "\n".join(one.shown)
