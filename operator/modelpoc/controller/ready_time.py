"""How long a POC takes from a new spec until its public URL answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.asking import was_ready
from modelpoc.controller.findings import Answer, Finding
from modelpoc.controller.keys import Key
from modelpoc.controller.metrics import Metrics


@dataclass
class _Begun:
    generation: int
    at: float | None
    """None: told already, or it was Ready before."""


class ReadyTime:
    """Observes `modelpoc_time_to_ready_seconds`, once for each generation."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics, self._clock = metrics, clock
        self._begun: dict[Key, _Begun] = {}

    def begins(self, key: Key, poc: ModelPOC) -> None:
        known, generation = self._begun.get(key), poc.metadata.generation
        if known is None or known.generation != generation:
            self._begun[key] = _Begun(generation, None if was_ready(poc) else self._clock())

    def ends(self, key: Key, found: Finding) -> None:
        begun = self._begun.get(key)
        if begun and begun.at and found.probed.answer is Answer.GOOD:
            self._metrics.time_to_ready.observe(self._clock() - begun.at)
            begun.at = None

    def forget(self, key: Key) -> None:
        self._begun.pop(key, None)
