"""Records as AWS shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localcloud.aws.ecs.records import Container, Deployment, Revision, Service, ServiceDeployment, Task
from localcloud.aws.ecs.store import tag_list

_RUNNING = ("RUNNING", "DEACTIVATING")
_PENDING = ("PROVISIONING", "PENDING", "ACTIVATING")


def task_view(task: Task, include: set[str]) -> dict[str, Any]:
    """A task as DescribeTasks shows it."""
    document = task.definition.document
    return _without_none(
        {
            "taskArn": task.arn,
            "clusterArn": task.cluster.arn,
            "taskDefinitionArn": task.definition.arn,
            "group": task.group,
            "startedBy": task.started_by or None,
            "lastStatus": task.status,
            "desiredStatus": task.desired,
            "healthStatus": task.health,
            "connectivity": "CONNECTED",
            "availabilityZone": f"{task.arn.split(':')[3]}a",
            "cpu": document.get("cpu"),
            "memory": document.get("memory"),
            "launchType": task.launch_type,
            "capacityProviderName": task.capacity_provider,
            "platformVersion": task.platform_version,
            "platformFamily": "Linux",
            "attachments": [_attachment(task)],
            "attributes": [],
            "containers": [_container(task, container) for container in task.containers],
            "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": [], **task.overrides},
            "enableExecuteCommand": task.execute_command,
            "ephemeralStorage": {"sizeInGiB": 20},
            "inferenceAccelerators": [],
            "tags": tag_list(task.tags) if "TAGS" in include else [],
            "version": task.version,
            "stopCode": task.stop_code,
            "stoppedReason": task.stopped_reason,
            "createdAt": task.created_at,
            "pullStartedAt": task.pull_started_at,
            "pullStoppedAt": task.pull_stopped_at,
            "startedAt": task.started_at,
            "stoppingAt": task.stopping_at,
            "executionStoppedAt": task.execution_stopped_at,
            "stoppedAt": task.stopped_at,
        }
    )


def service_view(service: Service, include: set[str]) -> dict[str, Any]:
    """A service as DescribeServices shows it."""
    latest = service.deployments[0].revision if service.deployments else None
    counts = _counts(service.tasks)
    return _without_none(
        {
            "serviceArn": service.arn,
            "serviceName": service.name,
            "clusterArn": service.cluster.arn,
            "status": service.status,
            "desiredCount": service.desired,
            **counts,
            **(revision_members(latest) if latest else {}),
            "deploymentConfiguration": service.configuration,
            "deployments": [_deployment(service, deployment) for deployment in service.deployments],
            "events": list(service.events),
            "createdAt": service.created_at,
            "createdBy": service.created_by,
            "currentServiceDeployment": service.history[0].arn if service.history else None,
            "currentServiceRevisions": [_current(service, d) for d in service.deployments],
            "placementConstraints": [],
            "placementStrategy": [],
            "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"},
            "tags": tag_list(service.tags) if "TAGS" in include else [],
            **service.options,
        }
    )


def revision_members(revision: Revision) -> dict[str, Any]:
    """What services, and their revisions, show of a service revision."""
    return {
        "taskDefinition": revision.task_definition,
        "loadBalancers": list(revision.load_balancers),
        "serviceRegistries": list(revision.service_registries),
        "networkConfiguration": revision.network or None,
        **_placed(revision),
    }


def service_deployment_view(history: ServiceDeployment, service: Service) -> dict[str, Any]:
    """An entry of the history as DescribeServiceDeployments shows it."""
    breaker = {"status": history.breaker, "failureCount": history.failures, "threshold": history.threshold}
    return _without_none(
        {
            **service_deployment_brief(history, service),
            "stoppedAt": history.stopped_at,
            "updatedAt": history.updated_at or history.created_at,
            "targetServiceRevisionArn": None,
            "sourceServiceRevisions": [_summary(service, history.source)] if history.source else [],
            "targetServiceRevision": _summary(service, history.target),
            "deploymentConfiguration": history.configuration,
            "rollback": history.rollback,
            "deploymentCircuitBreaker": breaker,
        }
    )


def service_deployment_brief(history: ServiceDeployment, service: Service) -> dict[str, Any]:
    """An entry of the history as ListServiceDeployments shows it."""
    return _without_none(
        {
            "serviceDeploymentArn": history.arn,
            "serviceArn": service.arn,
            "clusterArn": service.cluster.arn,
            "createdAt": history.created_at,
            "startedAt": history.created_at,
            "finishedAt": history.finished_at,
            "targetServiceRevisionArn": history.target.arn,
            "status": history.status,
            "statusReason": history.reason or None,
        }
    )


def _deployment(service: Service, deployment: Deployment) -> dict[str, Any]:
    primary = deployment is service.deployments[0]
    return _without_none(
        {
            "id": deployment.id,
            "status": deployment.status,
            "taskDefinition": deployment.revision.task_definition,
            "desiredCount": service.desired if primary else 0,
            **_counts([task for task in service.tasks if task.deployment == deployment.id]),
            "failedTasks": deployment.failed_tasks,
            "createdAt": deployment.created_at,
            "updatedAt": deployment.updated_at,
            **_placed(deployment.revision),
            "networkConfiguration": deployment.revision.network or None,
            "rolloutState": deployment.rollout_state,
            "rolloutStateReason": deployment.rollout_reason,
        }
    )


def _placed(revision: Revision) -> dict[str, Any]:
    return {
        "launchType": revision.launch_type,
        "capacityProviderStrategy": list(revision.strategy) or None,
        "platformVersion": revision.platform_version,
        "platformFamily": "Linux",
    }


def _counts(tasks: list[Task]) -> dict[str, int]:
    return {
        "runningCount": sum(task.status in _RUNNING for task in tasks),
        "pendingCount": sum(task.status in _PENDING for task in tasks),
    }


def _current(service: Service, deployment: Deployment) -> dict[str, Any]:
    counts = _counts([task for task in service.tasks if task.deployment == deployment.id])
    return {
        "arn": deployment.revision.arn,
        "requestedTaskCount": service.desired if deployment is service.deployments[0] else 0,
        "runningTaskCount": counts["runningCount"],
        "pendingTaskCount": counts["pendingCount"],
    }


def _summary(service: Service, revision: Revision) -> dict[str, Any]:
    of = next((d for d in service.deployments if d.revision.arn == revision.arn), None)
    none = {"requestedTaskCount": 0, "runningTaskCount": 0, "pendingTaskCount": 0}
    return _current(service, of) if of else {"arn": revision.arn, **none}


def _container(task: Task, container: Container) -> dict[str, Any]:
    document = container.document
    interface = {"attachmentId": task.attachment, "privateIpv4Address": task.address}
    return _without_none(
        {
            "containerArn": container.arn,
            "taskArn": task.arn,
            "name": container.name,
            "image": container.image,
            "imageDigest": container.digest,
            "runtimeId": container.runtime_id,
            "lastStatus": container.status,
            "exitCode": container.exit_code,
            "reason": container.reason,
            "networkBindings": [],
            "networkInterfaces": [interface] if task.address else [],
            "healthStatus": container.health if document.get("healthCheck") else "UNKNOWN",
            "cpu": str(document["cpu"]),
            "memory": str(document["memory"]) if "memory" in document else None,
        }
    )


def _attachment(task: Task) -> dict[str, Any]:
    subnets = (task.network.get("awsvpcConfiguration") or {}).get("subnets") or [""]
    details = {"subnetId": subnets[0], "privateIPv4Address": task.address}
    states = {"PROVISIONING": "PRECREATED", "STOPPED": "DELETED"}
    return {
        "id": task.attachment,
        "type": "ElasticNetworkInterface",
        "status": states.get(task.status, "ATTACHED"),
        "details": [{"name": name, "value": value} for name, value in details.items() if value],
    }


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def before(when: datetime | None, limit: Any) -> bool:
    """Whether `when` is earlier than `limit`, where there is a limit."""
    return limit is not None and when is not None and when < limit
