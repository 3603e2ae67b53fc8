"""With slow calls, a POC is created in little more than the time of its longest chain of calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from tests.local.engine_world import Operator, creation, new_name

from localcloud.aws.calls import Entry
from localcloud.aws.faults import Rule

pytestmark = pytest.mark.local

LATENCY = 0.05
ALLOWED = 1.5
TRIES = 8

NEEDS = {
    # What AWS itself refuses or cannot be told without: by operation, which operations' answers come first.
    "ModifyTargetGroupAttributes": {"CreateTargetGroup"},
    "PutRetentionPolicy": {"CreateLogGroup"},
    "CreateRule": {"CreateTargetGroup"},
    "CreateService": {"CreateRule", "CreateTargetGroup", "RegisterTaskDefinition"},
    "RegisterTaskDefinition": {"CreateLogGroup"},
    "CreateRoute": {"CreateService"},
}


def starts(entry: Entry) -> float:
    """AWS notes when a call ended; seconds since the epoch."""
    return entry.time.timestamp() - entry.seconds


Needs = Mapping[str, Collection[str]]


def longest_chain(calls: list[Entry], needs: Needs = NEEDS) -> float:
    """Seconds of the longest chain of calls that depend on each other, of those that were made.

    Writes to the one HTTP API follow each other: AWS refuses them side by side.
    """
    done: dict[int, float] = {}
    gateway = 0.0
    for call in sorted(calls, key=lambda c: c.seq):
        before = [at for seq, at in done.items() if _operation(calls, seq) in needs.get(call.operation, ())]
        if call.service == "apigatewayv2":
            before.append(gateway)
        done[call.seq] = max(before, default=0.0) + call.seconds
        if call.service == "apigatewayv2":
            gateway = done[call.seq]
    return max(done.values())


def _operation(calls: list[Entry], seq: int) -> str:
    return next(c.operation for c in calls if c.seq == seq)


def measured(operator: Operator, spec: Mapping[str, Any], needs: Needs) -> tuple[float, float, str]:
    """Seconds from the first to the last write of one creation; of its longest chain; and how it went."""
    since = operator.cloud.last_call
    name = new_name()
    operator.apply(name, **spec)
    operator.settle(name)
    made = [c for c in creation(operator.cloud.calls(since)) if c.mutating or c.operation in needs]
    assert all(c.seconds >= LATENCY for c in made), "the fault did not strike"
    took = max(c.time.timestamp() for c in made) - min(starts(c) for c in made)
    return took, longest_chain(made, needs), _told(made)


def test_a_creation_takes_its_longest_chain_and_half_as_much_again_at_most(operator: Operator) -> None:
    created_quickly(operator, {"ecs": {"image": "local/echo:1"}}, NEEDS)


def created_quickly(operator: Operator, spec: Mapping[str, Any], needs: Needs) -> None:
    """A busy machine only ever adds to it, so the best of a few counts."""
    operator.cloud.fault(Rule(latency_ms=LATENCY * 1000))
    tries = []
    for _ in range(TRIES):
        took, chain, how = measured(operator, spec, needs)
        assert chain >= 5 * LATENCY
        if took <= ALLOWED * chain:
            return
        tries.append(f"{took:.3f} s for a chain of {chain:.3f} s: {how}")
    raise AssertionError("\n".join(tries))


def _told(calls: list[Entry]) -> str:
    begin = min(map(starts, calls))
    return ", ".join(f"{c.operation} {starts(c) - begin:.3f}+{c.seconds:.3f}" for c in calls)
