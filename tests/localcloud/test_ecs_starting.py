"""A slow start is no failure, however fast AWS's time passes; one that answers badly is soon found out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.aws.clock import Clock
from localcloud.aws.ecs.starting import starting

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Standing(Clock):
    """Shows one moment."""

    def now(self) -> datetime:
        return NOW


CLOCK = Standing(100.0)


@dataclass
class Group:
    """A load balancer that had its first answer so many seconds ago."""

    ago: float | None

    def answered_at(self, *_where: Any) -> datetime | None:
        return None if self.ago is None else CLOCK.now() - timedelta(seconds=self.ago)


@pytest.mark.parametrize(
    ("allowance", "running", "answered", "still"),
    [
        (60, 0.1, 0.1, True),  # within AWS's own allowance, 0.6 s here
        (60, 15, None, True),  # nothing listens yet
        (60, 25, None, False),
        (60, 15, 3, True),  # it answers and loads
        (60, 15, 8, False),  # it answers, and badly
        (10, 15, None, False),  # the user gave it less
        (0, 0.1, None, False),
        (6000, 30, 30, True),  # and here more: a minute
    ],
)
def test_failed_checks_count_from(
    allowance: float, running: float, answered: float | None, still: bool
) -> None:
    began = CLOCK.now() - timedelta(seconds=running)
    task: Any = SimpleNamespace(started_at=began, address="127.64.0.1", target_groups=[("arn", 8080)])
    group: Any = Group(answered)
    assert starting(CLOCK, group, task, allowance) is still
