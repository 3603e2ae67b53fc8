"""Where tasks run: Fargate on demand or Spot, by launch type or capacity provider strategy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.aws.ecs.errors import invalid
from localcloud.aws.ecs.records import Cluster, Document, Task, TaskDefinition


@dataclass(frozen=True)
class Placement:
    """A launch type, or a strategy instead of it."""

    launch_type: str | None
    strategy: tuple[Document, ...]

    def provider(self, number: int) -> str | None:
        """The capacity provider of the task with this number (from 0)."""
        return choose(self.strategy, Counter(self.provider(i) for i in range(number)))


def check_placement(cluster: Cluster, definition: TaskDefinition, request: dict[str, Any]) -> Placement:
    """What the request asks for, or the cluster's default; refuses what cannot run."""
    launch_type, strategy = request.get("launchType"), request.get("capacityProviderStrategy") or []
    if launch_type and strategy:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. "
            "Remove one and try again."
        )
    if not launch_type and not strategy:
        strategy = cluster.default_strategy
    _check_strategy(cluster, strategy)
    _check_compatible(definition, launch_type or ("FARGATE" if strategy else "EC2"))
    _check_network(definition, request)
    return Placement(launch_type or (None if strategy else "EC2"), tuple(strategy))


def next_provider(strategy: Sequence[Document], tasks: Sequence[Task]) -> str | None:
    """The capacity provider for one more task beside those that run."""
    return choose(strategy, Counter(t.capacity_provider for t in tasks if t.desired == "RUNNING"))


def choose(strategy: Sequence[Document], used: Counter[str | None]) -> str | None:
    """First the base, then whichever provider is furthest below its weight's share."""
    for item in strategy:
        if used[item["capacityProvider"]] < item.get("base", 0):
            return str(item["capacityProvider"])
    weighted = [item for item in strategy if _weight(strategy, item) > 0]
    if not weighted:
        return None
    share = min(weighted, key=lambda i: (used[i["capacityProvider"]] + 1) / _weight(strategy, i))
    return str(share["capacityProvider"])


def _weight(strategy: Sequence[Document], item: Document) -> int:
    """1 for a single provider without a weight: AWS's default of 0 would place nothing."""
    return int(item.get("weight", 1 if len(strategy) == 1 else 0))


def _check_strategy(cluster: Cluster, strategy: Sequence[Document]) -> None:
    for item in strategy:
        if item["capacityProvider"] not in cluster.capacity_providers:
            raise invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that is not "
                "associated with the cluster. Associate the capacity provider with the cluster and try again."
            )


def _check_compatible(definition: TaskDefinition, launch_type: str) -> None:
    if launch_type == "EC2":
        raise invalid("No Container Instances were found in your cluster.")
    if launch_type not in definition.document["compatibilities"]:
        raise invalid(f"Task definition does not support launch_type {launch_type}.")


def _check_network(definition: TaskDefinition, request: dict[str, Any]) -> None:
    network = (request.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition.document.get("networkMode") == "awsvpc" and not network:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if network and not network.get("subnets"):
        raise invalid("subnets can not be empty.")
