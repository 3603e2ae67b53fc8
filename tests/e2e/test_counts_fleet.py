"""What a fleet costs, counted by AWS and by the operator's own metrics: 50 real echo POCs, real operator.

The operator runs with its own periods, not the short ones of other tests: polling is part of the count.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.world import World, is_true, poc, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

FLEET = 50
CALLS_TO_READY = 14
CALLS_TO_RESTART = 7
PATIENCE = 400
"""Seconds. Task definitions alone take 35, at AWS's rate of 20 and then 1 a second; a busy machine more."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World.up("fleet", operator=())
    yield made
    made.down()


def pocs(world: World) -> dict[str, Any]:
    found = json.loads(world.kubectl("get", "modelpocs", "-o", "json"))["items"]
    return {item["metadata"]["name"]: item for item in found}


def ready(world: World) -> int:
    return sum(is_true(item.get("status", {}), "Ready") for item in pocs(world).values())


def passed(world: World) -> float:
    return world.metric("modelpoc_passes_total", kind="ModelPOC")


def counted(world: World) -> int:
    return int(world.kubectl("get", "modelplatform/default", "-o", "jsonpath={.status.pocs}"))


def apply_warm(world: World) -> None:
    """One that is there before any count."""
    world.apply(poc("echo-warm"))
    world.ready("echo-warm", PATIENCE)


def apply_fleet(world: World) -> None:
    world.apply(*(poc(f"echo-{number:02}") for number in range(FLEET)))
    assert wait_for(lambda: ready(world) == FLEET + 1, PATIENCE, every=1), ready(world)


@pytest.fixture
def fleet(world: World) -> World:
    """Where all are Ready: of the tests before; alone, of its own."""
    apply_warm(world)
    apply_fleet(world)
    return world


def told(calls: list[dict[str, Any]]) -> Counter[str]:
    return Counter(call["operation"] for call in calls)


def test_one_poc_takes_ten_writes_and_four_reads_at_most(world: World) -> None:
    since = world.last_call()
    apply_warm(world)
    calls = world.operator_calls(since)
    last = max(call["seq"] for call in calls if call["mutating"])
    creation = [call for call in calls if call["seq"] <= last]
    assert sum(call["mutating"] for call in creation) <= 10, told(creation)
    assert sum(not call["mutating"] for call in creation) <= 4, told(creation)


def test_fifty_take_fourteen_calls_each_until_all_are_ready(world: World) -> None:
    apply_warm(world)
    since = world.last_call()
    apply_fleet(world)
    calls = world.operator_calls(since)
    assert len(calls) <= CALLS_TO_READY * FLEET, told(calls)
    assert [c["outcome"] for c in calls if c["outcome"] != "OK"] == []


def test_a_pass_over_unchanged_ones_writes_nothing(fleet: World) -> None:
    world = fleet
    world.kubectl("annotate", "--overwrite", "modelpocs", "--all", "modelpoc.dev/reconcile-at=now")
    before, since = pocs(world), world.last_call()
    passes = passed(world)
    written = world.metric("modelpoc_kubernetes_writes_total")
    world.kubectl("annotate", "--overwrite", "modelpocs", "--all", "modelpoc.dev/reconcile-at=again")
    assert wait_for(lambda: passed(world) >= passes + len(before), 120)
    time.sleep(1)
    assert [c["operation"] for c in world.operator_calls(since) if c["mutating"]] == []
    assert world.metric("modelpoc_kubernetes_writes_total") == written
    after = pocs(world)
    assert {n: p["status"] for n, p in after.items()} == {n: p["status"] for n, p in before.items()}


def test_a_restart_looks_at_each_a_few_times_and_writes_nothing(fleet: World) -> None:
    """The figure of the best neighbour known to us is 7.0 calls for each of its objects."""
    world = fleet
    before = pocs(world)
    world.kubectl("annotate", "--overwrite", "modelplatform/default", "modelpoc.dev/reconcile-at=now")
    # Its count of POCs is as old as its last resync.
    assert wait_for(lambda: counted(world) == len(before), 60), counted(world)
    world.stop_operator(kill=True)
    since = world.last_call()
    world.start_operator()
    calls = world.quiet(since)
    assert passed(world) >= len(before)
    assert [c["operation"] for c in calls if c["mutating"]] == []
    assert len(calls) <= CALLS_TO_RESTART * len(before), told(calls)
    assert world.metric("modelpoc_kubernetes_writes_total") == 0
    versions = {name: item["metadata"]["resourceVersion"] for name, item in pocs(world).items()}
    assert versions == {name: item["metadata"]["resourceVersion"] for name, item in before.items()}
