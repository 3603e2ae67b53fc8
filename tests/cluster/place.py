"""The chart on a node, for all tests here; where it cannot be, they say why."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pytest
from tests.world import World, wait_for

from localcloud.cluster import Installed, kind
from localcloud.cluster.chart import NAMESPACE
from localcloud.demo.account import prepare
from localcloud.given import cluster_of
from localcloud.imaging import engines
from localcloud.node import why_not

POD = "app.kubernetes.io/name=modelpoc-operator,app.kubernetes.io/component=operator"
LEASE = ("get", "lease", "modelpoc-operator", "--namespace", NAMESPACE, "--ignore-not-found")
TIME_SCALE = 50.0


def check_possible(*, with_images: bool = False) -> None:
    """Skips where no node can run, or no images be built; under CI=true that is a failure."""
    why = None if with_images and kind.to_be_had() else why_not()
    if why := why or (engines.why_not() if with_images else None):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no node can run here: {why}")


class Place(World):
    """A `World` whose operator is two Pods."""

    def __init__(self, installed: Installed) -> None:
        super().__init__(installed.files, TIME_SCALE, ())
        self.installed = installed
        self.prepared = prepare(installed.files)
        self.build_echo()
        self.build_sm_echo()

    @property
    def plane(self) -> Any:
        """The node's API server."""
        return cluster_of(self.files)

    def pods(self) -> dict[str, dict[str, Any]]:
        """The operator's Pods that are not on their way out."""
        found = self.kubectl("get", "pods", "--namespace", NAMESPACE, "--selector", POD, "--output", "json")
        items = json.loads(found)["items"]
        return {p["metadata"]["name"]: p for p in items if "deletionTimestamp" not in p["metadata"]}

    def ready_pods(self) -> list[str]:
        return [
            name
            for name, pod in self.pods().items()
            for c in pod["status"].get("conditions", [])
            if c["type"] == "Ready" and c["status"] == "True"
        ]

    def leader(self) -> str:
        """The Pod that holds the lease; "" while nobody does."""
        lease = self.kubectl(*LEASE, "--output", "json")
        holder = json.loads(lease)["spec"].get("holderIdentity") or "" if lease.strip() else ""
        return next((name for name in self.pods() if holder.startswith(name)), "")

    def until_led(self, seconds: float, *, but: str = "") -> str:
        """The leader's name, once there is one that is not `but`."""
        seen = [""]

        def led() -> bool:
            seen.append(self.leader())
            return seen[-1] not in ("", but)

        assert wait_for(led, seconds), f"nobody leads after {seconds} s"
        return seen[-1]

    def twice_made(self, since: int) -> dict[str, int]:
        """What calls of the operator made more than once, by operation and name."""
        made = [c for c in self.operator_calls(since) if c["mutating"] and c["outcome"] == "OK"]
        told = [f"{c['operation']} {json.dumps(c['parameters'], sort_keys=True)}" for c in made]
        return {call: told.count(call) for call in told if told.count(call) > 1}


def tell(line: str) -> None:
    """Progress of what takes minutes, past pytest's capture."""
    sys.__stderr__ and print(line, file=sys.__stderr__, flush=True)
