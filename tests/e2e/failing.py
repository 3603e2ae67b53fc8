"""What tests of failing rollouts share: a model that crashes, and what AWS remembers of its tasks."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.world import Status, World

LINE = "could not read weights.safetensors: no such key"
CRASH = [{"name": "ECHO_FAIL", "value": "3"}, {"name": "ECHO_FAIL_LINE", "value": LINE}]
_STARTING = frozenset({"CreateService", "UpdateService", "RegisterTaskDefinition", "RunTask"})


def env(revision: str) -> list[dict[str, str]]:
    """An echo that answers with `revision`."""
    return [{"name": "REVISION", "value": revision}]


def of_condition(status: Status, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in status["conditions"] if c["type"] == kind)
    return found


def started(world: World, since: int) -> Counter[str]:
    """What the operator did after call number `since` that may start a container."""
    return Counter(c["operation"] for c in world.operator_calls(since) if c["operation"] in _STARTING)


def tasks_of(world: World, revision: str) -> list[dict[str, Any]]:
    """Every task of one revision that AWS still remembers."""
    ecs, found = world.client("ecs"), []
    for cluster in ecs.list_clusters()["clusterArns"]:
        for wanted in ("RUNNING", "STOPPED"):
            family = revision.rpartition(":")[0]
            arns = ecs.list_tasks(cluster=cluster, family=family, desiredStatus=wanted)["taskArns"]
            found += ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
    return [t for t in found if t["taskDefinitionArn"].endswith(f"/{revision}")]
