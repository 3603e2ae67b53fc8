"""Waiting for a POC, and saying what it waits for."""

from __future__ import annotations

import asyncio
import textwrap
import time
from collections.abc import Mapping
from typing import Any

from localcloud.demo.commands import Kubectl
from localcloud.demo.errors import DemoFailed
from localcloud.demo.patience import Hear

READY_SECONDS = 300.0
LOOK_SECONDS = 0.5
FINDING_SECONDS = 6.0
_LONGEST = 130  # characters told


async def look_again(kubectl: Kubectl, name: str, say: Hear, namespace: str = "default") -> None:
    """Asks the operator for a pass now, and gives it the time to find what changed in S3."""
    say("its artifact is new: asking the operator to look")
    now = f"modelpoc.dev/reconcile-at={time.time():.0f}"
    await kubectl("annotate", "--overwrite", "modelpoc", name, "--namespace", namespace, now)
    await asyncio.sleep(FINDING_SECONDS)


async def until_ready(kubectl: Kubectl, name: str, say: Hear) -> None:
    """Returns when it is Ready; `DemoFailed` when it cannot be, or is not in time."""
    deadline, words = time.monotonic() + READY_SECONDS, ""
    while time.monotonic() < deadline:
        conditions = current_conditions(await kubectl.poc(name))
        ready = conditions.get("Ready", {})
        words = f"{ready['reason']}: {ready['message']}" if ready else "waiting for the operator"
        say(textwrap.shorten(words.splitlines()[0], _LONGEST, placeholder=" …"))
        if ready.get("status") == "True":
            return
        if conditions.get("Stalled", {}).get("status") == "True":
            raise DemoFailed(f"{name}: {words}")
        await asyncio.sleep(LOOK_SECONDS)
    raise DemoFailed(f"{name} is not Ready after {READY_SECONDS:.0f} s; last seen: {words}")


def current_conditions(poc: Mapping[str, Any]) -> dict[str, Any]:
    """By type; none while they speak of an earlier spec."""
    status_ = poc.get("status", {})
    if status_.get("observedGeneration") != poc["metadata"]["generation"]:
        return {}
    return {c["type"]: c for c in status_.get("conditions", [])}
