"""Checks and fills in what RegisterTaskDefinition is given, as ECS does.

Rules: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from __future__ import annotations

import re
from typing import Any

from localcloud.aws.ecs.errors import client
from localcloud.aws.ecs.fargate import check_size

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_HEALTH_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
_HEALTH_BOUNDS = {"interval": (5, 300), "timeout": (2, 120), "retries": (1, 10), "startPeriod": (0, 300)}
_LOG_DRIVERS_OF_FARGATE = ("awslogs", "splunk", "awsfirelens")


def normalised(request: dict[str, Any]) -> dict[str, Any]:
    """The task definition as ECS keeps it; raises what ECS refuses."""
    if not _NAME.fullmatch(request["family"]):
        raise client("Family contains invalid characters.")
    if not request.get("containerDefinitions"):
        raise client("Container list cannot be empty.")
    document = {key: value for key, value in request.items() if key != "tags"}
    document["containerDefinitions"] = [_container(given) for given in request["containerDefinitions"]]
    document.setdefault("volumes", [])
    document.setdefault("placementConstraints", [])
    document["requiresAttributes"] = []
    document["compatibilities"] = ["EC2", "MANAGED_INSTANCES"]
    _check_together(document)
    if "FARGATE" in (request.get("requiresCompatibilities") or ()):
        _check_fargate(document)
    if document.get("networkMode") == "awsvpc" and document.get("cpu"):
        document["compatibilities"].append("FARGATE")
    return document


def _container(given: dict[str, Any]) -> dict[str, Any]:
    if not _NAME.fullmatch(given.get("name") or ""):
        raise client("Container.name contains invalid characters.")
    if not given.get("image"):
        raise client("Container.image repository should not be null or empty.")
    container = {
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **given,
    }
    container["portMappings"] = [_port(mapping) for mapping in container["portMappings"]]
    if "healthCheck" in given:
        container["healthCheck"] = _health_check(given["healthCheck"])
    _check_names(container)
    return container


def _port(mapping: dict[str, Any]) -> dict[str, Any]:
    port = mapping.get("containerPort")
    if port is not None and not 1 <= port <= 65535:
        raise client(f"Invalid container port number: {port}.")
    return {"protocol": "tcp", **mapping}


def _health_check(given: dict[str, Any]) -> dict[str, Any]:
    command = given.get("command") or []
    if not command or command[0] not in ("CMD", "CMD-SHELL", "NONE"):
        raise client("Health check command must begin with CMD, CMD-SHELL or NONE.")
    check = {**_HEALTH_DEFAULTS, **given}
    for member, (least, most) in _HEALTH_BOUNDS.items():
        if member in check and not least <= check[member] <= most:
            raise client(
                f"Health check {member} must be between {least} and {most}, but was {check[member]}."
            )
    return check


def _check_names(container: dict[str, Any]) -> None:
    """A secret and a variable of one name would leave open which of them the container sees."""
    variables = [variable.get("name") for variable in container["environment"]]
    secrets = [secret["name"] for secret in container.get("secrets") or ()]
    for name in secrets:
        if name in variables or secrets.count(name) > 1:
            raise client(
                "The secret name must be unique and not shared with any new or existing environment "
                f"variables set on the container, such as '{name}'."
            )


def _check_together(document: dict[str, Any]) -> None:
    containers = document["containerDefinitions"]
    if len({container["name"] for container in containers}) < len(containers):
        raise client("Container names in a task definition must be unique.")
    if not any(container["essential"] for container in containers):
        raise client("A task definition must have at least one essential container.")
    if any(container.get("secrets") for container in containers) and not document.get("executionRoleArn"):
        message = "When you are specifying container secrets, you must also specify a value for"
        raise client(f"{message} 'executionRoleArn'.")


def _check_fargate(document: dict[str, Any]) -> None:
    if document.get("networkMode") != "awsvpc":
        raise client("Fargate only supports network mode ‘awsvpc’.")
    document["cpu"], document["memory"] = check_size(document.get("cpu"), document.get("memory"))
    for container in document["containerDefinitions"]:
        _check_fargate_container(container, document)
    if sum(container["cpu"] for container in document["containerDefinitions"]) > int(document["cpu"]):
        raise client("Invalid setting for container: the sum of container 'cpu' exceeds the task's 'cpu'.")


def _check_fargate_container(container: dict[str, Any], document: dict[str, Any]) -> None:
    for mapping in container["portMappings"]:
        if mapping.setdefault("hostPort", mapping.get("containerPort")) != mapping.get("containerPort"):
            raise client(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            )
    if container.get("privileged"):
        raise client("Fargate does not support privileged containers.")
    if not 0 <= container.get("stopTimeout", 0) <= 120:
        raise client("The stopTimeout value must be between 0 and 120 seconds.")
    memory = container.get("memory") or container.get("memoryReservation") or 0
    if memory > int(document["memory"]):
        raise client(f"Invalid 'memory' setting for container '{container['name']}'.")
    if "logConfiguration" in container:
        _check_log_driver(container["logConfiguration"], document)


def _check_log_driver(configuration: dict[str, Any], document: dict[str, Any]) -> None:
    driver = configuration["logDriver"]
    if driver not in _LOG_DRIVERS_OF_FARGATE:
        raise client(f"Fargate does not support log driver {driver}.")
    if driver != "awslogs":
        return
    if not document.get("executionRoleArn"):
        raise client(
            "Fargate requires task definition to have execution role ARN to support log driver awslogs."
        )
    options = configuration.get("options") or {}
    for option in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix"):
        if not options.get(option):
            raise client(f"Log driver awslogs requires options: {option}")
