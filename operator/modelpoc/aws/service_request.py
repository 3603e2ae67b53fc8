"""What ECS is told of a service. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from modelpoc.aws.service_state import strategy
from modelpoc.aws.tagging import to_ecs

if TYPE_CHECKING:
    from modelpoc.aws.service import Service

_BALANCED = frozenset({"target_group_arn", "container_name", "port"})
_NETWORK = frozenset({"subnets", "security_groups", "assign_public_ip"})
DEPLOYMENT = frozenset({"rollback", "minimum_healthy", "maximum"})
REVISION = frozenset({"task_definition", "capacity"}) | _BALANCED | _NETWORK
"""Fields of which a change is a rollout."""


def create_request(want: Service) -> dict[str, Any]:
    """Parameters of CreateService."""
    count = want.initial_count if want.desired_count is None else want.desired_count
    everything = update_request(want, REVISION | DEPLOYMENT | {"grace_seconds", "propagate_tags"})
    everything.pop("forceNewDeployment")
    return {
        "cluster": want.cluster_arn,
        "serviceName": want.service_name,
        "desiredCount": count,
        "schedulingStrategy": "REPLICA",
        "tags": to_ecs(want.tags),
        **everything,
    }


def update_request(want: Service, changed: Collection[str]) -> dict[str, Any]:
    """Parameters of UpdateService for these fields; what is left out stays.

    Another capacity provider needs a forced deployment (ECS API reference, UpdateService), and so does
    another try of the same task definition.
    """
    fields = frozenset(changed)
    request: dict[str, Any] = {}
    if "task_definition" in fields:
        request["taskDefinition"] = want.task_definition
    if fields & _BALANCED:
        request["loadBalancers"] = [_balancer(want)]
    if fields & _NETWORK:
        request["networkConfiguration"] = {"awsvpcConfiguration": _network(want)}
    if "capacity" in fields:
        request["capacityProviderStrategy"] = strategy(want.capacity)
    if "capacity" in fields or ("task_definition" in fields and want.retry):
        request["forceNewDeployment"] = True
    if "desired_count" in fields:
        request["desiredCount"] = want.desired_count
    if "grace_seconds" in fields:
        request["healthCheckGracePeriodSeconds"] = want.grace_seconds
    if fields & DEPLOYMENT:
        request["deploymentConfiguration"] = _deployment(want)
    if "propagate_tags" in fields:
        request["propagateTags"] = want.propagate_tags
    return request


def revision_of(want: Service) -> dict[str, Any]:
    """`want` in the words of `service_state.revision_fields`."""
    revision = {name: getattr(want, name) for name in REVISION}
    return {**revision, **{n: tuple(sorted(revision[n])) for n in ("subnets", "security_groups")}}


def _balancer(want: Service) -> dict[str, Any]:
    return {
        "targetGroupArn": want.target_group_arn,
        "containerName": want.container_name,
        "containerPort": want.port,
    }


def _network(want: Service) -> dict[str, Any]:
    return {
        "subnets": list(want.subnets),
        "securityGroups": list(want.security_groups),
        "assignPublicIp": "ENABLED" if want.assign_public_ip else "DISABLED",
    }


def _deployment(want: Service) -> dict[str, Any]:
    return {
        "deploymentCircuitBreaker": {"enable": want.rollback, "rollback": want.rollback},
        "minimumHealthyPercent": want.minimum_healthy,
        "maximumPercent": want.maximum,
    }
