"""`make bench`: what one POC and a fleet of fifty cost, measured in one run on this machine.

Seconds depend on the machine and on the local cloud's time scale; calls, writes and ratios do not.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.world import World, endpoint_poc, is_true, poc, wait_for

FLEET = 50
PATIENCE = 600
PEER_RESTART = 7.0
"""Calls for each object after a restart, of the best neighbour that was measured."""
IDLE = 10.0
SILENCE = 3.0


@dataclass(frozen=True)
class Process:
    """What an operating system process has used so far."""

    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of user and system time."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """MiB held in memory."""
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    world = World.up("bench", operator=())
    try:
        say(
            "local cloud",
            f"time scale {world.time_scale:.0f}, operator's own periods, {os.cpu_count()} cores",
        )
        world.upload_archive("endpoint")
        one(world, "one on ECS", poc("one"))
        one(world, "one on SageMaker", endpoint_poc("endpoint"))
        world.delete("endpoint", PATIENCE)
        fleet(world)
        rest(world)
        restart(world)
    finally:
        world.down()


def one(world: World, what: str, manifest: dict[str, Any]) -> None:
    since, began = world.last_call(), time.monotonic()
    world.apply(manifest)
    world.ready(manifest["metadata"]["name"], PATIENCE)
    seconds = time.monotonic() - began
    calls = world.operator_calls(since)
    writes = [call for call in calls if call["mutating"]]
    reads = [call for call in calls if not call["mutating"] and call["seq"] < writes[-1]["seq"]]
    say(f"{what}: writes, and reads up to the last write", f"{len(writes)}, {len(reads)}")
    say(f"{what}: seconds to Ready", f"{seconds:.1f}")


def fleet(world: World) -> None:
    operator = process(world)
    since, began, cpu = world.last_call(), time.monotonic(), operator.cpu
    world.apply(*(poc(f"fleet-{number:02}") for number in range(FLEET)))
    took: list[float] = []

    def all_ready() -> bool:
        took.extend([time.monotonic() - began] * (ready(world) - 1 - len(took)))
        return len(took) >= FLEET

    until(all_ready)
    calls = world.operator_calls(since)
    say(f"{FLEET} POCs: calls each until all are Ready", f"{len(calls) / FLEET:.1f}")
    say(f"{FLEET} POCs: seconds until half, all are Ready", f"{took[FLEET // 2 - 1]:.0f}, {took[-1]:.0f}")
    say("  of which AWS's rate for task definitions takes", f"{(FLEET - 20):.0f} at least")
    say(f"{FLEET} POCs: operator's seconds of CPU each", f"{(operator.cpu - cpu) / FLEET:.2f}")


def rest(world: World) -> None:
    operator = process(world)
    since, cpu = world.last_call(), operator.cpu
    time.sleep(IDLE)
    calls = world.operator_calls(since)
    say(f"{FLEET + 1} POCs at rest: operator's CPU", f"{(operator.cpu - cpu) / IDLE:.1%} of a core")
    say(f"{FLEET + 1} POCs at rest: operator's memory", f"{operator.memory:.0f} MiB")
    say(f"{FLEET + 1} POCs at rest: AWS calls in {IDLE:.0f} s", str(len(calls)))


def restart(world: World) -> None:
    world.stop_operator(kill=True)
    since, began = world.last_call(), time.monotonic()
    world.start_operator()
    calls = world.quiet(since, PATIENCE, SILENCE)
    seconds = time.monotonic() - began - SILENCE
    each = len(calls) / (FLEET + 1)
    say("restart: calls for each POC", f"{each:.1f} ({each / PEER_RESTART:.0%} of the best neighbour's)")
    say("restart: writes", str(sum(call["mutating"] for call in calls)))
    say("restart: seconds until every POC was looked at", f"{seconds:.1f}")


def process(world: World) -> Process:
    return Process(world.files.started()["operator"].pid)


def ready(world: World) -> int:
    items = json.loads(world.kubectl("get", "modelpocs", "-o", "json"))["items"]
    return sum(is_true(item.get("status", {}), "Ready") for item in items)


def until(holds: Callable[[], bool]) -> None:
    if not wait_for(holds, PATIENCE, every=0.5):
        raise SystemExit(f"not within {PATIENCE} s")


def say(what: str, figure: str) -> None:
    print(f"{what:<52} {figure}", flush=True)


if __name__ == "__main__":
    main()
