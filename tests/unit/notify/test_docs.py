"""docs/notifications.md shows messages as they are sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.notify.examples import examples

from modelpoc.notify.cloudevent import SIGNATURE, type_of
from modelpoc.notify.wants import Kind

pytestmark = pytest.mark.unit
PAGE = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), examples().items())
def test_the_page_shows_what_is_sent(name: str, text: str) -> None:
    assert f"\n{text}\n```" in PAGE


def test_the_page_names_every_type_and_the_header() -> None:
    assert all(type_of(kind).rpartition(".")[2] in PAGE for kind in Kind)
    assert SIGNATURE in PAGE
