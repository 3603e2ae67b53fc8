"""A container's output is whole, though whoever follows it may miss its very end."""

from __future__ import annotations

import subprocess

import pytest

from localcloud.runtime import engine as engine_module
from localcloud.runtime.docker import _Written
from localcloud.runtime.engine import Engine

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


def test_a_slow_engine_does_not_keep_the_cloud_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who removes its containers goes on by itself."""
    monkeypatch.setattr(engine_module, "_REAP_SECONDS", 0.05)
    engine = Engine()
    with subprocess.Popen(["sh", "-c", "exec sleep 60"], stdin=subprocess.PIPE) as slow:
        engine._reaper = slow
        engine.close()
        assert slow.poll() is None
        slow.kill()
