"""Whose turn it is to be looked at closely."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from modelpoc.controller.keys import Key


class Rotation:
    """Each key is due once in a period, the first time at a moment of its own, so that all are spread."""

    def __init__(self, period: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._period, self._clock = period, clock
        self._due: dict[Key, float] = {}
        self._turns: dict[Key, int] = {}

    def due(self, key: Key) -> bool:
        """Whether it is this key's turn; if so, its next one is a period from now."""
        now = self._clock()
        at = self._due.setdefault(key, now + self._period * random.uniform(0.1, 1.0))
        if now < at:
            return False
        self._due[key] = now + self._period
        self._turns[key] = self._turns.get(key, 0) + 1
        return True

    def turn(self, key: Key) -> int:
        """How many turns it has had."""
        return self._turns.get(key, 0)

    def seconds(self, key: Key) -> float:
        """Until its next turn."""
        return max(0.0, self._due.get(key, self._clock()) - self._clock())

    def forget(self, key: Key) -> None:
        self._due.pop(key, None)
        self._turns.pop(key, None)
