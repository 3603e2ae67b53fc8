"""What wakes a pass: the spec, a deletion, our annotations; never our own writes, never an older event."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.controller.case import Case
from tests.unit.controller.held import PLATFORM
from tests.unit.controller.states import cases
from tests.unit.controller.story import Story

from modelpoc.api.meta import ADOPT, FINALIZER, MODE, ORPHAN, RECONCILE_AT
from modelpoc.controller.keys import Key, What, platform_key
from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Store
from modelpoc.controller.watch import Watch, signature

pytestmark = pytest.mark.unit

KEY = Key("default", "echo")


def body(**meta: Any) -> dict[str, Any]:
    plain = {"name": "echo", "namespace": "default", "uid": "u", "generation": 1, "resourceVersion": "10"}
    return {"metadata": {**plain, **meta}, "spec": {"ecs": {"image": "local/echo:1"}}}


def watched() -> Watch:
    return Watch(Store(), Queue())


WAKING: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another generation": lambda m: m.update(generation=2),
    "deletion": lambda m: m.update(deletionTimestamp="2026-11-22T10:00:00Z"),
    "finalizer taken away by hand": lambda m: m.update(finalizers=[]),
    "recreated": lambda m: m.update(uid="v"),
    **{
        name: lambda m, name=name: m["annotations"].update({name: "x"})
        for name in (ADOPT, MODE, ORPHAN, RECONCILE_AT)
    },
}
QUIET: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another version": lambda m: m.update(resourceVersion="11"),
    "managed fields": lambda m: m.update(managedFields=[{"manager": "modelpoc"}]),
    "labels": lambda m: m.update(labels={"team": "a"}),
    "annotations of others": lambda m: m["annotations"].update(note="x"),
    "finalizers of others": lambda m: m.update(finalizers=[FINALIZER, "other/one"]),
}


def metadata() -> dict[str, Any]:
    found: dict[str, Any] = body(annotations={}, finalizers=[FINALIZER])["metadata"]
    return found


@pytest.mark.parametrize("change", WAKING.values(), ids=WAKING)
def test_these_wake(change: Callable[[dict[str, Any]], Any]) -> None:
    changed = copy.deepcopy(metadata())
    change(changed)
    assert signature(changed) != signature(metadata())


@pytest.mark.parametrize("change", QUIET.values(), ids=QUIET)
def test_these_do_not(change: Callable[[dict[str, Any]], Any]) -> None:
    changed = copy.deepcopy(metadata())
    change(changed)
    assert signature(changed) == signature(metadata())


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_no_status_that_we_write_wakes_us(case: Case) -> None:
    watch = watched()
    meta = {**case.item["metadata"], "uid": "u", "resourceVersion": "10"}
    before = {**case.item, "metadata": meta, "status": {"observedGeneration": -1}}
    after = {**case.item, "metadata": {**meta, "resourceVersion": "11"}}
    what = What(case.item["kind"])
    watch.seen(what, "ADDED", before)
    assert len(watch.queue) == 1
    watch.queue = Queue()
    watch.seen(what, "MODIFIED", after)
    assert len(watch.queue) == 0


def test_an_older_version_does_not_overwrite_a_newer_one() -> None:
    watch = watched()
    watch.put(KEY, body(resourceVersion="12", generation=2), wake=False)
    watch.seen(What.POC, "MODIFIED", body(resourceVersion="11"))
    poc = watch.store.poc(KEY)
    assert poc is not None
    assert poc.metadata.generation == 2
    assert len(watch.queue) == 0


def test_a_recreated_object_counts_however_its_version_compares() -> None:
    watch = watched()
    watch.seen(What.POC, "ADDED", body(resourceVersion="12"))
    watch.seen(What.POC, "ADDED", body(resourceVersion="9", uid="v"))
    poc = watch.store.poc(KEY)
    assert poc is not None
    assert poc.metadata.uid == "v"


def test_a_deletion_drops_the_object_and_tells_its_platform() -> None:
    watch = watched()
    watch.put(KEY, body(), wake=False)
    watch.seen(What.POC, "DELETED", body())
    assert watch.store.poc(KEY) is None
    assert len(watch.queue) == 2


def test_who_is_stuck_is_woken_when_another_goes() -> None:
    watch = watched()
    stuck = Story("stuck").during(lambda held: held.take("ListenerRule", "path")).passed().poc
    watch.store.put(Key("default", "stuck"), stuck)
    watch.store.put(Key("default", "fine"), Story("fine").ready().poc)
    watch.put(KEY, body(), wake=False)
    watch.lost(KEY)
    assert len(watch.queue) == 3


def test_a_platforms_change_wakes_its_pocs() -> None:
    watch = watched()
    watch.put(KEY, body(), wake=False)
    spec = PLATFORM.spec.to_dict()
    meta = {"name": "default", "uid": "p", "generation": 1, "resourceVersion": "20"}
    watch.seen(What.PLATFORM, "ADDED", {"metadata": meta, "spec": spec})
    assert watch.store.platform("default") is not None
    assert platform_key("default") in watch.queue._waiting
    assert KEY in watch.queue._waiting


async def test_known_waits_until_objects_were_taken_in_or_seen_to_go() -> None:
    watch = watched()
    watch.put(KEY, body(), wake=False)
    watch.lost(Key("default", "gone"))
    await watch.known({KEY, Key("default", "gone")})
