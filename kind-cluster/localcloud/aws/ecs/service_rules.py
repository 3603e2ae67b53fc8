"""What CreateService and UpdateService refuse, and the defaults they fill in."""

from __future__ import annotations

import re
from typing import Any

from localcloud.aws.ecs.errors import client, invalid
from localcloud.aws.ecs.records import Document, TaskDefinition
from localcloud.aws.ecs.store import Store
from localcloud.aws.ecs.targets import Targets

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,36}")
_LONGEST_GRACE = 2_147_483_647
_DEFAULT_CONFIGURATION = {
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}
_SCALARS = (
    "healthCheckGracePeriodSeconds",
    "availabilityZoneRebalancing",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
)
_DEFAULTS = {
    "availabilityZoneRebalancing": "ENABLED",
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "enableExecuteCommand": False,
}


def check_create(request: dict[str, Any]) -> None:
    """What is wrong about the request on its own."""
    if not _NAME.fullmatch(request["serviceName"]):
        raise invalid("Service name contains invalid characters.")
    if not _TOKEN.fullmatch(request.get("clientToken") or "x"):
        raise invalid("clientToken must be up to 36 ASCII characters.")
    if "desiredCount" not in request:
        raise invalid("desiredCount is required for services with the REPLICA scheduling strategy.")
    if request.get("schedulingStrategy", "REPLICA") != "REPLICA":
        raise invalid("The DAEMON scheduling strategy is not supported for the FARGATE launch type.")
    if request.get("deploymentController", {"type": "ECS"})["type"] != "ECS":
        raise invalid("This local cloud has only the ECS deployment controller.")
    check_counts(request)


def check_counts(request: dict[str, Any]) -> None:
    """Numbers that ECS bounds; also for updates."""
    if request.get("desiredCount") is not None and request["desiredCount"] < 0:
        raise invalid("desiredCount cannot be negative.")
    if not 0 <= (request.get("healthCheckGracePeriodSeconds") or 0) <= _LONGEST_GRACE:
        raise invalid(f"healthCheckGracePeriodSeconds must be between 0 and {_LONGEST_GRACE}.")


def options(request: dict[str, Any], has_load_balancer: bool) -> Document:
    """The scalar members of a new service."""
    given = {name: request[name] for name in _SCALARS if name in request}
    return {**_DEFAULTS, **({"healthCheckGracePeriodSeconds": 0} if has_load_balancer else {}), **given}


def changed_options(request: dict[str, Any]) -> Document:
    """The scalar members that an update names."""
    return {name: request[name] for name in _SCALARS if name in request}


def configuration(before: Document, request: dict[str, Any]) -> Document:
    """The deployment configuration: what is left out stays."""
    merged = {**_DEFAULT_CONFIGURATION, **before, **(request.get("deploymentConfiguration") or {})}
    merged.setdefault("deploymentCircuitBreaker", {"enable": False, "rollback": False})
    least, most = merged["minimumHealthyPercent"], merged["maximumPercent"]
    if least < 0 or most <= 0 or least > most:
        raise invalid("minimumHealthyPercent must be at least 0 and not greater than maximumPercent.")
    if least == most == 100:
        message = (
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        )
        raise invalid(message)
    if merged["strategy"] != "ROLLING":
        raise invalid("This local cloud has only the ROLLING deployment strategy.")
    return merged


def active_definition(store: Store, reference: str | None) -> TaskDefinition:
    """The revision that a service shall run."""
    if not reference:
        raise invalid("TaskDefinition can not be blank.")
    found = store.definition(reference)
    if found is None:
        raise client("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise client("TaskDefinition is inactive")
    return found


def check_load_balancers(balancers: list[Document], definition: TaskDefinition, targets: Targets) -> None:
    """Each must name a container and port of the task definition, and a target group behind a listener."""
    for balancer in balancers:
        container = next(
            (c for c in definition.containers if c["name"] == balancer.get("containerName")), None
        )
        if container is None:
            raise invalid(
                f"The container {balancer.get('containerName')} does not exist in the task definition."
            )
        ports = [mapping.get("containerPort") for mapping in container["portMappings"]]
        if balancer.get("containerPort") not in ports:
            raise invalid(
                f"The container {container['name']} did not have a container port "
                f"{balancer.get('containerPort')} defined."
            )
        _check_target_group(balancer.get("targetGroupArn") or "", targets)


def _check_target_group(arn: str, targets: Targets) -> None:
    if not targets.target_group_exists(arn):
        raise invalid(f"The target group {arn} does not exist.")
    if not targets.has_load_balancer(arn):
        raise invalid(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )
