"""What the watch takes in, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Store
from modelpoc.controller.watch import Watch

pytestmark = pytest.mark.unit

PLATFORM = platform_key("default")
ECHO = Key("team", "echo", What.POC)


def _poc(uid: str = "a", version: int = 1, **metadata: Any) -> dict[str, Any]:
    meta = {"name": "echo", "namespace": "team", "uid": uid, "resourceVersion": str(version), "generation": 1}
    return {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": "ModelPOC",
        "metadata": meta | metadata,
        "spec": {"ecs": {"image": "local/echo:latest"}},
    }


async def _woken(queue: Queue) -> set[Key]:
    """Every key that waits for a pass."""
    keys = set()
    while len(queue):
        key = await queue.get()
        queue.done(key)
        keys.add(key)
    return keys


@pytest.fixture
def watch() -> Watch:
    return Watch(Store(), Queue())


def test_an_answer_that_comes_in_behind_the_deletion_brings_nothing_back(watch: Watch) -> None:
    watch.seen(What.POC, "ADDED", _poc(version=1))
    watch.seen(What.POC, "DELETED", _poc(version=3))
    watch.put(ECHO, _poc(version=2), wake=False)
    assert watch.store.poc(ECHO) is None


def test_nor_does_one_of_a_predecessor_replace_its_successor(watch: Watch) -> None:
    watch.seen(What.POC, "ADDED", _poc("old", version=1))
    watch.seen(What.POC, "ADDED", _poc("new", version=4))
    watch.put(ECHO, _poc("old", version=3), wake=False)
    poc = watch.store.poc(ECHO)
    assert poc is not None
    assert poc.metadata.uid == "new"


def test_a_successor_is_taken_in(watch: Watch) -> None:
    watch.seen(What.POC, "ADDED", _poc("old", version=1))
    watch.seen(What.POC, "DELETED", _poc("old", version=2))
    watch.seen(What.POC, "ADDED", _poc("new", version=3))
    assert watch.store.poc(ECHO) is not None


async def test_a_platform_that_goes_wakes_its_pocs(watch: Watch) -> None:
    watch.seen(What.POC, "ADDED", _poc())
    await _woken(watch.queue)
    watch.lost(PLATFORM)
    assert await _woken(watch.queue) == {PLATFORM, ECHO}


async def test_a_status_that_we_wrote_wakes_nothing(watch: Watch) -> None:
    watch.seen(What.POC, "ADDED", _poc(version=1))
    await _woken(watch.queue)
    watch.put(ECHO, _poc(version=2), wake=False)
    watch.seen(What.POC, "MODIFIED", _poc(version=2))
    assert await _woken(watch.queue) == set()
