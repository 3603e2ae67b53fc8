"""A fake Slack, and a notifier that sends to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.notify.fake_slack import FakeSlack, fake_slack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as server:
        yield server
