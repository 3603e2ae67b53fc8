"""The watch of Secrets: its end is the server's to say, and what broke it off is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.waiting import until

from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Store
from modelpoc.controller.watch import SecretWatch

pytestmark = pytest.mark.unit


def _nothing() -> None:
    return None


class Core:
    """An API server without Secrets, whose watch ends at once, or as `trouble` says."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.watched: list[dict[str, Any]] = []
        self._trouble = trouble

    async def list_secret_for_all_namespaces(self, **words: Any) -> Any:
        """:return: V1SecretList"""
        if not words.get("watch"):
            return SimpleNamespace(items=[], metadata=SimpleNamespace(resource_version="7"))
        self.watched.append(words)
        return SimpleNamespace(content=SimpleNamespace(readline=self._line), close=_nothing, release=_nothing)

    async def _line(self) -> bytes:
        await asyncio.sleep(0.01)
        if self._trouble:
            raise self._trouble
        return b""


async def _until(come: Callable[[], object], core: Core) -> None:
    watch = SecretWatch(None, Store(), Queue())
    watch._core = core
    task = asyncio.create_task(watch.run())
    await until(come)
    task.cancel()
    await asyncio.wait([task])


async def test_the_client_has_more_patience_than_the_server() -> None:
    core = Core()
    await _until(lambda: core.watched, core)
    (words, *_) = core.watched
    assert words["_request_timeout"] > words["timeout_seconds"]


async def test_what_breaks_it_off_is_told_even_without_words(caplog: pytest.LogCaptureFixture) -> None:
    await _until(lambda: "broke off" in caplog.text, Core(TimeoutError()))
    assert "broke off: TimeoutError" in caplog.text
