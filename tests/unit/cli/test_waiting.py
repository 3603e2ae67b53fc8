"""Waiting for a POC: which moments of an object end it, and what is told meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

import pytest
from tests.unit.cli.objects import Manifest, changed, state

from modelpoc.cli import waiting
from modelpoc.cli.faces import CliError
from modelpoc.cli.seen import Ending, Seen, ending
from modelpoc.cli.waiting import Wait
from modelpoc.kube.cluster import Cluster

pytestmark = pytest.mark.unit


class Played:
    """An API server that shows these moments one after the other; a watch begins with the present one."""

    def __init__(self, *moments: Manifest | None) -> None:
        self.moments, self._at = moments, 0

    async def watch(self, *_: str) -> AsyncGenerator[tuple[str, Manifest], None]:
        last: Manifest | None = None
        for at in range(self._at, len(self.moments)):
            self._at, moment = at, self.moments[at]
            if moment is not None:
                yield "MODIFIED", moment
            elif last is not None:
                yield "DELETED", last
            last = moment
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    async def get(self, *_: str) -> Manifest | None:
        return self.moments[-1]


class Heard(list[str]):
    """What was told."""

    def say(self, line: str) -> None:
        self.append(line)

    def now(self, name: str, words: str) -> None:
        pass


def _wait(first: Manifest, moments: Sequence[Manifest | None], heard: Heard, **more: Any) -> Wait:
    return Wait(cast(Cluster, Played(*moments)), Seen.of(first), ending, heard, **more)


async def test_each_change_is_told_once_until_the_end() -> None:
    creating, ready, heard = state("creating"), state("ready"), Heard()
    ended = await _wait(creating, [creating, creating, ready], heard, label="echo: ").until(5)
    assert ended.came_to is Ending.READY
    assert len(heard) == 2
    assert heard[0].startswith("echo: Creating")
    assert heard[1].startswith("echo: Ready")


async def test_what_a_lagging_watch_shows_of_an_earlier_spec_is_passed_over() -> None:
    old, new = state("ready"), changed(state("creating"), generation=2)
    done = {**changed(state("ready"), generation=2)}
    status = done["status"]
    conditions = [{**c, "observedGeneration": 2} for c in status["conditions"]]
    done["status"] = {**status, "observedGeneration": 2, "conditions": conditions}
    heard = Heard()
    ended = await _wait(new, [old, new, done], heard).until(5)
    assert ended.seen.generation == 2
    assert [line.partition(":")[0] for line in heard] == ["waiting for the operator to look at it", "Ready"]


async def test_what_vanishes_while_it_is_waited_for_is_gone() -> None:
    assert (
        await _wait(state("creating"), [state("creating"), None], Heard()).until(5)
    ).came_to is Ending.GONE


async def test_what_was_gone_before_the_watch_began_is_gone() -> None:
    assert (await _wait(state("creating"), [None], Heard()).until(5)).came_to is Ending.GONE


async def test_a_failure_that_stood_there_counts_only_after_another_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = changed(state("first-rollout-failed"), resourceVersion="7")
    rolling = changed(state("creating"), resourceVersion="8")
    ended = await _wait(failed, [failed, rolling, state("ready")], Heard(), stale="7").until(5)
    assert ended.came_to is Ending.READY

    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)
    ended = await _wait(failed, [failed], Heard(), stale="7").until(5)
    assert ended.came_to is Ending.STALLED


async def test_too_long_a_wait_says_how_it_stands() -> None:
    with pytest.raises(CliError, match=r"default/echo is not there after 0 s: Creating: .*--timeout"):
        await _wait(state("creating"), [state("creating")], Heard()).until(0.05)


async def test_that_nobody_looks_is_told_meanwhile_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "NO_OPERATOR_SECONDS", 0.02)
    heard, unseen = Heard(), state("not-yet-seen")
    with pytest.raises(CliError, match="no operator has looked at it"):
        await _wait(unseen, [unseen], heard).until(0.1)
    assert heard[0] == "waiting for the operator to look at it"
    assert "does one run?" in heard[1]
    assert len(heard) == 2
