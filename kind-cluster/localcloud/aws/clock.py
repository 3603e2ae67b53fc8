"""AWS's durations, divided by the time scale."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

SHORTEST = 0.001  # seconds: a state that takes time always takes some, however large the scale


class Clock:
    """Gives the present time and lets AWS's durations pass faster.

    `scale` says how many AWS seconds pass in one real second. `now` is never scaled: what AWS stamps
    on a resource is the real time.
    """

    def __init__(self, scale: float = 20.0) -> None:
        if scale <= 0:
            raise ValueError(f"time scale must be greater than 0, not {scale}")
        self.scale = scale
        self._runs = asyncio.Event()
        self._runs.set()

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def seconds(self, aws_seconds: float) -> float:
        """How many real seconds `aws_seconds` of AWS take here (0 only for 0)."""
        return max(aws_seconds / self.scale, SHORTEST) if aws_seconds > 0 else 0.0

    async def sleep(self, aws_seconds: float) -> None:
        """Sleeps for `aws_seconds` of AWS time; while the clock is frozen it does not return."""
        await asyncio.sleep(self.seconds(aws_seconds))
        await self._runs.wait()

    def freeze(self) -> None:
        """Holds every sleep until `thaw`."""
        self._runs.clear()

    def thaw(self) -> None:
        """Lets sleeps end again."""
        self._runs.set()
