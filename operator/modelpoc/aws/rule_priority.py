"""Priorities of listener rules: what only one rule may hold, and which number is free."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.inventory import Inventory

LAST_PRIORITY = 50_000
"""Elastic Load Balancing API reference, CreateRule: priorities go from 1 to 50000."""
_BAND = 5_000


def claims_of(listener: Any, paths: Iterable[str], priority: int | None) -> frozenset[str]:
    """What only one rule of a listener may hold: `path:<listener>:<path>`, `priority:<listener>:<n>`."""
    number = [f"priority:{listener}:{priority}"] if priority is not None else []
    return frozenset([f"path:{listener}:{path}" for path in paths] + number)


def first_priority(paths: Collection[str]) -> int:
    """Where the search for a free priority begins: deeper paths come before their parents.

    Rules are tried from the lowest number on, so `/a/*` at a lower number than `/a/b` would hide it. The
    depth is that of the shortest pattern.
    """
    depth = min(path.strip("/").count("/") + 1 for path in paths)
    return max(1, 40_001 - _BAND * depth)


def free_priority(listener: str, paths: Collection[str], inventory: Inventory) -> int:
    """The lowest number not in use on the listener; Stall("QuotaExceeded") when there is none."""
    held = chain.from_iterable(rule.claims for rule in inventory.of_kind("ListenerRule"))
    taken = {*held, *inventory.reserved()}
    for number in range(first_priority(paths), LAST_PRIORITY + 1):
        if f"priority:{listener}:{number}" not in taken:
            return number
    raise Stall("QuotaExceeded", f"no priority is free on {listener}")
