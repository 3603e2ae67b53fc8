"""Beginning, completing, failing and rolling back deployments: what changes in the records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localcloud.aws.ecs.arns import Names, deployment_id, short_id
from localcloud.aws.ecs.events import say
from localcloud.aws.ecs.records import Deployment, Revision, Service, ServiceDeployment
from localcloud.aws.ecs.rollout import threshold

HISTORY_KEPT = 90
_FAILED = "ECS deployment circuit breaker: tasks failed to start."
_TRIPPED = "Service deployment rolled back because the circuit breaker threshold was exceeded."
_STOPPED = "Service deployment failed because the circuit breaker threshold was exceeded."
_REPLACED = "Service deployment was stopped because a new service deployment was started."


def new(
    names: Names, cluster: str, service: str, revision: Revision, source: Revision | None, now: datetime
) -> Deployment:
    """A deployment that begins."""
    arn = names.arn("service-deployment", cluster, service, short_id())
    made = deployment_id()
    return Deployment(
        id=made,
        revision=revision,
        history=ServiceDeployment(arn, now, revision, source, {}),
        created_at=now,
        updated_at=now,
        rollout_reason=f"ECS deployment {made} in progress.",
    )


def begin(service: Service, deployment: Deployment, now: datetime) -> None:
    """Makes `deployment` the PRIMARY one; the one before stays ACTIVE until its tasks are gone."""
    for earlier in service.deployments:
        earlier.status = "ACTIVE"
        _end(earlier.rolling_back or earlier.history, "STOPPED", _REPLACED, now)
        earlier.rolling_back = None
    service.deployments.insert(0, deployment)
    service.history.insert(0, deployment.history)
    del service.history[HISTORY_KEPT:]
    deployment.history.configuration = service.configuration
    deployment.history.breaker = "MONITORING" if breaker(service).get("enable") else "DISABLED"
    service.steady = False
    service.changed.set()


def complete(service: Service, now: datetime) -> None:
    """The PRIMARY deployment runs as asked and nothing else is left."""
    primary = service.primary
    primary.rollout_state = "COMPLETED"
    primary.rollout_reason = f"ECS deployment {primary.id} completed."
    primary.updated_at, primary.failed_tasks = now, 0
    if primary.rolling_back is not None:
        _end(primary.rolling_back, "ROLLBACK_SUCCESSFUL", _TRIPPED, now)
        primary.rolling_back = None
    _end(primary.history, "SUCCESSFUL", "", now)
    service.last_completed = primary
    say(service, now, f"(deployment {primary.id}) deployment completed")


def fail(service: Service, now: datetime) -> None:
    """The circuit breaker tripped: back to the last completed deployment, or FAILED for good."""
    failed = service.primary
    failed.rollout_state, failed.rollout_reason, failed.updated_at = "FAILED", _FAILED, now
    failed.history.breaker = "TRIGGERED"
    failed.history.failures = failed.failed_tasks
    say(service, now, f"(deployment {failed.id}) deployment failed: tasks failed to start")
    target = service.last_completed
    if breaker(service).get("rollback") and target is not None and target is not failed:
        _roll_back(service, failed, target, now)
    else:
        _end(failed.rolling_back or failed.history, _failure_of(failed), _STOPPED, now)
        failed.rolling_back = None


def breaker(service: Service) -> Mapping[str, Any]:
    """The circuit breaker's configuration."""
    return service.configuration.get("deploymentCircuitBreaker") or {}


def tripped(service: Service) -> bool:
    """Whether the PRIMARY deployment has failed often enough to be given up."""
    settings = breaker(service)
    primary = service.primary
    primary.history.threshold = threshold(service.desired, dict(settings))
    under_way = settings.get("enable") and primary.rollout_state == "IN_PROGRESS"
    return bool(under_way and primary.failed_tasks >= primary.history.threshold)


def note_healthy(service: Service, deployment: Deployment) -> None:
    """A task reached a healthy state: failures count from 0 again, if the breaker is set so (its default)."""
    deployment.start_failures, deployment.not_before = 0, None
    if breaker(service).get("resetOnHealthyTask", True):
        deployment.failed_tasks = 0


def _roll_back(service: Service, failed: Deployment, target: Deployment, now: datetime) -> None:
    """The earlier deployment, under its own id, is PRIMARY again; the failed one drains."""
    failed.status = "ACTIVE"
    failed.history.status, failed.history.reason = "ROLLBACK_IN_PROGRESS", _TRIPPED
    failed.history.rollback = {
        "reason": _TRIPPED,
        "startedAt": now,
        "serviceRevisionArn": target.revision.arn,
    }
    target.status, target.rollout_state, target.updated_at = "PRIMARY", "IN_PROGRESS", now
    target.rollout_reason = f"ECS deployment circuit breaker: rolling back to deploymentId {target.id}."
    target.failed_tasks, target.start_failures, target.not_before = 0, 0, None
    target.rolling_back = failed.history
    service.deployments = [target, *(d for d in service.deployments if d is not target)]
    say(service, now, f"rolling back to deployment {target.id}")


def _failure_of(failed: Deployment) -> str:
    return "ROLLBACK_FAILED" if failed.rolling_back is not None else "STOPPED"


def _end(history: ServiceDeployment, status: str, reason: str, now: datetime) -> None:
    if history.finished_at is None and history.stopped_at is None:
        history.status, history.reason, history.updated_at = status, reason, now
        if history.breaker == "MONITORING":
            history.breaker = "MONITORING_COMPLETE"
        if status == "STOPPED":
            history.stopped_at = now
        else:
            history.finished_at = now
