"""A container's output is whole, though whoever follows it may miss its very end."""

from __future__ import annotations

import pytest

from localcloud.runtime.docker import _Written

pytestmark = pytest.mark.unit


def test_what_the_follower_missed_is_read_afterwards_and_nothing_twice() -> None:
    lines: list[str] = []
    written = _Written(lines.append)
    written.again()
    written.add(1, b"one\ntw")
    written.add(2, b"wrong\n")
    written.again()
    written.add(1, b"one\ntwo\nthr")
    written.add(2, b"wrong\n")
    written.add(1, b"ee")
    written.end()
    assert lines == ["one", "wrong", "two", "three"]
