"""A replica that waits asks each account until it is known, and never gives up nor hurries."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.controller.held import PLATFORM

from modelpoc.controller import account_checks
from modelpoc.controller.account_checks import check_accounts
from modelpoc.controller.keys import platform_key
from modelpoc.controller.store import Store
from modelpoc.reconcile.errors import Stall

pytestmark = pytest.mark.unit


class Asked:
    """One account, which first answers with `troubles`."""

    def __init__(self, *troubles: Exception) -> None:
        self._troubles, self.until, self.times = list(troubles), asyncio.Event(), 0

    def of(self, _: object) -> Any:
        return SimpleNamespace(check=self._check)

    async def _check(self) -> None:
        self.times += 1
        if self._troubles:
            raise self._troubles.pop(0)
        self.until.set()


async def _waited(asked: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it waited between two looks."""
    pauses: list[float] = []

    async def within(event: asyncio.Event, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(account_checks, "_within", within)
    store = Store()
    store.put(platform_key(PLATFORM.metadata.name), PLATFORM)
    await asyncio.wait_for(check_accounts(store, asked, asked.until), 60)
    return pauses


async def test_what_should_not_happen_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked(ValueError("Invalid endpoint: nonsense"), Stall("AccessDenied", "no"))
    await _waited(asked, monkeypatch)
    assert asked.times == 3
    assert "Invalid endpoint: nonsense" in caplog.text


async def test_an_account_that_refuses_is_asked_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(*(Stall("WrongAccount", "no") for _ in range(6)))
    pauses = await _waited(asked, monkeypatch)
    assert pauses == [5, 10, 20, 40, 60, 60, 60]
