"""Objects that admission let through and that cannot be read: told once, with the field and the cure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.controller.story import START

from modelpoc.api.meta import FINALIZER, ORPHAN, ObjectMeta
from modelpoc.controller.keys import Key
from modelpoc.controller.kube import Written
from modelpoc.controller.poc_pass import PocPass
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store, Unreadable, platform_of, read_platform, read_poc
from modelpoc.controller.unreadable import invalid_status

pytestmark = pytest.mark.unit

LATER = START + timedelta(hours=1)


def body(spec: dict[str, Any], status: dict[str, Any] | None = None, generation: int = 1) -> dict[str, Any]:
    meta = {"name": "echo", "namespace": "default", "generation": generation}
    return {"metadata": meta, "spec": spec, "status": status or {}}


WRONG = {"ecs": {"image": "local/echo:1", "memroy": 512}, "platformRef": {"name": "other"}}


def read(spec: dict[str, Any] = WRONG, **more: Any) -> Unreadable:
    poc = read_poc(body(spec, **more))
    assert isinstance(poc, Unreadable)
    return poc


def told(item: Unreadable) -> dict[str, Any]:
    status = invalid_status(item, START)
    assert status is not None
    return status


def test_the_message_names_the_field_and_the_nearest_known_one() -> None:
    status = told(read())
    stalled = next(c for c in status["conditions"] if c["type"] == "Stalled")
    assert (stalled["status"], stalled["reason"], status["reason"]) == ("True", "InvalidSpec", "InvalidSpec")
    assert "memroy" in stalled["message"]
    assert "memory" in stalled["message"]


def test_it_is_told_once() -> None:
    assert invalid_status(read(status=told(read())), LATER) is None


def test_a_very_long_error_is_told_once_too() -> None:
    many = {"ecs": {"image": "local/echo:1", **{f"wrong{i}": "x" * 200 for i in range(200)}}}
    assert invalid_status(read(many, status=told(read(many))), LATER) is None


def test_it_is_told_again_of_another_generation() -> None:
    """Otherwise kstatus would wait for ever: observedGeneration stands behind."""
    again = invalid_status(read(status=told(read()), generation=2), LATER)
    assert again is not None
    assert again["observedGeneration"] == 2
    assert {c["lastTransitionTime"] for c in again["conditions"]} == {"2026-11-22T10:00:00Z"}


def test_unreadable_conditions_are_written_over() -> None:
    status = invalid_status(read(status={"conditions": [{"type": "Ready"}]}), START)
    assert status is not None
    assert [c["type"] for c in status["conditions"]] == ["Ready", "Reconciling", "Stalled"]


@pytest.mark.parametrize("spec", [{}, {"platformRef": None}, {"platformRef": "x"}, {"ecs": 3}, None])
def test_nothing_that_is_no_spec_raises(spec: Any) -> None:
    poc = read_poc({**body({}), "spec": spec})
    assert isinstance(poc, Unreadable)
    assert told(poc)["reason"] == "InvalidSpec"


def test_its_platform_is_known_all_the_same() -> None:
    assert platform_of(read()) == "other"


def test_a_platform_can_be_unreadable_too() -> None:
    assert isinstance(read_platform(body({"region": 3})), Unreadable)


class Kept:
    """Stands for `Objects`: keeps what a pass writes."""

    def __init__(self) -> None:
        self.finalizers: list[tuple[str, ...]] = []
        self.statuses: list[Any] = []

    async def remove_finalizer(self, key: Key, meta: ObjectMeta) -> Written:
        self.finalizers.append(tuple(f for f in meta.finalizers if f != FINALIZER))
        return Written.DONE

    async def write_raw_status(self, key: Key, meta: ObjectMeta, status: Any) -> Written:
        self.statuses.append(status)
        return Written.DONE


@pytest.mark.parametrize("orphan", [True, False])
async def test_one_that_is_being_deleted_is_let_go_of_on_request(orphan: bool) -> None:
    gone = body(WRONG)
    annotations = {ORPHAN: "true"} if orphan else {}
    gone["metadata"] |= {"deletionTimestamp": START, "finalizers": [FINALIZER], "annotations": annotations}
    store, written, key = Store(), Kept(), Key("default", "echo")
    store.put(key, read_poc(gone))
    one: Any = PocPass(store, None, written, None, Settings(), None)
    await one.run(key)
    assert written.finalizers == ([()] if orphan else [])
    assert len(written.statuses) == (0 if orphan else 1)
