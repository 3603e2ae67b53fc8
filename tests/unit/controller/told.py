"""Stories by the state of docs/conditions.md that they end in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.unit.controller.story import Story

UNSEEN, CHANGED = "not yet seen", "spec just changed"
BUILDING = "being built, rolled out or probed"
REPAIRED, DOWN = "being repaired or scaled, and answering", "being repaired, and not answering"
SERVING, STAND_IN = "serving", "stand-in image"
STUCK = "needs someone (conflict, not allowed, failed rollout, quota, …)"
MUTE, LOST = "AWS does not answer at first", "AWS no longer answers, Ready before"
LOST_EARLY = "AWS no longer answers, not Ready before"
GOING, RESTING, OBSERVED = "being suspended", "suspended, expired", "observing"
DELETED, BLOCKED = "being deleted", "deletion is stuck"

Tell = Callable[[], Story]


class Told:
    """Functions that tell a story each; a function's name names the case."""

    def __init__(self) -> None:
        self._all: list[tuple[str, str, Tell]] = []

    def __call__(self, state: str) -> Callable[[Tell], Tell]:
        def add(tell: Tell) -> Tell:
            self._all.append((tell.__name__.replace("_", "-"), state, tell))
            return tell

        return add

    def __iter__(self) -> Iterator[tuple[str, str, Tell]]:
        """Name, state, story."""
        return iter(self._all)
