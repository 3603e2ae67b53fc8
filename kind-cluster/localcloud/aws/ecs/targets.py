"""What ECS needs of the load balancers' backend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from localcloud.aws.ecs.records import Task


class Targets(Protocol):
    """The part of the ELBv2 backend that ECS calls; an address and a port make a target."""

    def target_group_exists(self, tg_arn: str) -> bool:
        """Whether the target group is there."""

    def has_load_balancer(self, tg_arn: str) -> bool:
        """Whether a listener's rule or default action leads to it."""

    def register(self, tg_arn: str, ip: str, port: int) -> None:
        """Adds a target."""

    def deregister(self, tg_arn: str, ip: str, port: int) -> None:
        """Starts draining a target; one that is not there is no error."""

    def target_state(self, tg_arn: str, ip: str, port: int) -> str:
        """initial, healthy, unhealthy, draining, unused, or gone."""

    def answered_at(self, tg_arn: str, ip: str, port: int) -> datetime | None:
        """When the target first answered a health check, with whatever status; None before."""


def first_answer(targets: Targets, task: Task) -> datetime | None:
    """When the task first answered any of its target groups' health checks."""
    if task.address is None:
        return None
    answers = (targets.answered_at(arn, task.address, port) for arn, port in task.target_groups)
    return min((when for when in answers if when is not None), default=None)


def states(targets: Targets, task: Task) -> Iterable[tuple[str, str]]:
    """Each target group of the task with the state of the task in it."""
    if task.address is None:
        return []
    return [(arn, targets.target_state(arn, task.address, port)) for arn, port in task.target_groups]
