"""What ECS is told of a task definition, and the hash that stands for its content. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelpoc.aws import tags
from modelpoc.aws.tagging import to_ecs
from modelpoc.reconcile.owner import short_hash
from modelpoc.reconcile.resource import UNKNOWN

if TYPE_CHECKING:
    from modelpoc.aws.task_definition import TaskDefinition

CONTENT = tags.PREFIX + "content"
"""Docker label with the hash of the content: unlike a tag, nobody can change it afterwards."""
VERSIONS = tags.PREFIX + "versions"
"""Docker label for the versions of secrets and artifacts that the container reads at its start."""
_NOT_CONTENT = frozenset({"name", "needs", "switch_after", "given", "tags"})


def content_hash(want: TaskDefinition) -> str:
    """10 hex digits of everything but the tags, the same in whatever order mappings stand."""
    content = {f.name: getattr(want, f.name) for f in dataclasses.fields(want) if f.name not in _NOT_CONTENT}
    return short_hash(json.dumps(content, sort_keys=True))


def content_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What DescribeTaskDefinition shows, in the words of a `TaskDefinition`; of `versions` only a hash."""
    container = definition["containerDefinitions"][0]
    options = container["logConfiguration"]["options"]
    return {
        "container_name": container["name"],
        "image": container["image"],
        "port": container["portMappings"][0]["containerPort"],
        "cpu": int(definition["cpu"]),
        "memory": int(definition["memory"]),
        "architecture": definition["runtimePlatform"]["cpuArchitecture"],
        "command": tuple(container.get("command") or ()) or None,
        "environment": {e["name"]: e["value"] for e in container.get("environment") or ()},
        "secrets": {s["name"]: s["valueFrom"] for s in container.get("secrets") or ()},
        "versions": (container.get("dockerLabels") or {}).get(VERSIONS, ""),
        "log_group": options["awslogs-group"],
        "region": options["awslogs-region"],
        "execution_role_arn": definition["executionRoleArn"],
        "task_role_arn": definition.get("taskRoleArn"),
        **_check_of(container.get("healthCheck")),
    }


def _check_of(check: Mapping[str, Any] | None) -> dict[str, Any]:
    told = check or {}
    return {
        "health_command": tuple(told.get("command", ())[1:]) or None,
        "health_interval": told.get("interval"),
        "health_timeout": told.get("timeout"),
        "health_retries": told.get("retries"),
        "health_start_period": told.get("startPeriod"),
    }


def register_request(want: TaskDefinition) -> dict[str, Any]:
    """Parameters of RegisterTaskDefinition."""
    request = {
        "family": want.name,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": str(want.cpu),
        "memory": str(want.memory),
        "runtimePlatform": {"cpuArchitecture": want.architecture, "operatingSystemFamily": "LINUX"},
        "executionRoleArn": want.execution_role_arn,
        "containerDefinitions": [_container(want)],
        "tags": to_ecs(want.tags),
    }
    return {**request, "taskRoleArn": want.task_role_arn} if want.task_role_arn else request


def _container(want: TaskDefinition) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": want.container_name,
        "image": want.image,
        "essential": True,
        "portMappings": [{"containerPort": want.port, "protocol": "tcp"}],
        "environment": [{"name": k, "value": v} for k, v in sorted(want.environment.items())],
        "secrets": [{"name": k, "valueFrom": v} for k, v in sorted(want.secrets.items())],
        "dockerLabels": _labels(want),
        "logConfiguration": _log_configuration(want),
    }
    if want.command:
        container["command"] = list(want.command)
    if want.health_command:
        times = {
            "interval": want.health_interval,
            "timeout": want.health_timeout,
            "retries": want.health_retries,
            "startPeriod": want.health_start_period,
        }
        given = {name: value for name, value in times.items() if value is not None}
        container["healthCheck"] = {"command": ["CMD", *want.health_command], **given}
    return container


def _labels(want: TaskDefinition) -> dict[str, str]:
    labels = {CONTENT: content_hash(want)}
    if want.versions:
        labels[VERSIONS] = versions_hash(want.versions)
    return labels


def versions_hash(versions: Mapping[str, Any]) -> str:
    """ "" without any; no hash that AWS could show while one of them is not known yet."""
    if UNKNOWN in versions.values():
        return "(known later)"
    return short_hash(json.dumps(dict(versions), sort_keys=True)) if versions else ""


def _log_configuration(want: TaskDefinition) -> dict[str, Any]:
    """Non-blocking: a container that writes faster than logs are taken must not stand still for it.

    Source: CloudWatch Logs options in "LogConfiguration", ECS API reference.
    """
    options = {
        "awslogs-group": want.log_group,
        "awslogs-region": want.region,
        "awslogs-stream-prefix": "ecs",
        "mode": "non-blocking",
        "max-buffer-size": "25m",
    }
    return {"logDriver": "awslogs", "options": options}
