"""What ECS is told of a task definition, and the hash that stands for its content. Pure."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from modelpoc.aws import tags
from modelpoc.aws.tagging import to_ecs
from modelpoc.reconcile.owner import short_hash

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
        container["healthCheck"] = {
            "command": ["CMD", *want.health_command],
            "interval": want.health_interval,
            "timeout": want.health_timeout,
            "retries": want.health_retries,
            "startPeriod": want.health_start_period,
        }
    return container


def _labels(want: TaskDefinition) -> dict[str, str]:
    labels = {CONTENT: content_hash(want)}
    if want.versions:
        labels[VERSIONS] = short_hash(json.dumps(dict(want.versions), sort_keys=True))
    return labels


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
