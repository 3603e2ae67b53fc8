"""What became of earlier rollouts of an ECS service, and why one failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from modelpoc.aws.service_state import revision_fields
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.resource import Observed

_UNDONE = frozenset({"ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})
"""ECS API reference, ServiceDeployment: how a deployment that the circuit breaker ended is called."""
_LINES, _WORDS, _TASKS = 5, 1_000, 3
_NEVER = datetime.min.replace(tzinfo=UTC)


async def undone(scope: AwsScope, have: Observed, wanted: Mapping[str, Any]) -> str | None:
    """AWS's reason when the last rollout of the revision with the fields `wanted` was undone, else None.

    Asked before a rollout, because a failure may have gone by while nobody looked. Usually one call: the
    revisions themselves are only described when some rollout was undone at all.
    """
    answer = await scope.call(
        "ecs", "ListServiceDeployments", service=have.id, cluster=have.fields["cluster_arn"], maxResults=20
    )
    history = _since(answer.get("serviceDeployments", ()), have.attrs.get("created"))
    if not any(d["status"] in _UNDONE for d in history):
        return None
    revisions = sorted({d["targetServiceRevisionArn"] for d in history})
    told = await scope.call("ecs", "DescribeServiceRevisions", serviceRevisionArns=revisions[:20])
    fields = {r["serviceRevisionArn"]: revision_fields(r) for r in told.get("serviceRevisions", ())}
    return verdict(history, fields, wanted)


def verdict(
    newest_first: Iterable[Mapping[str, Any]],
    revisions: Mapping[str, Mapping[str, Any]],
    wanted: Mapping[str, Any],
) -> str | None:
    """The reason of the newest deployment of a revision like `wanted`, when it was undone."""
    for deployment in newest_first:
        if revisions.get(deployment["targetServiceRevisionArn"]) != wanted:
            continue
        if deployment["status"] in _UNDONE:
            return str(deployment.get("statusReason") or "AWS rolled it back")
        return None
    return None


def _since(deployments: Iterable[Mapping[str, Any]], created: datetime | None) -> list[Mapping[str, Any]]:
    """Those of this service, not of one of its name before it; the newest first."""
    ours = [d for d in deployments if created is None or d.get("createdAt", created) >= created]
    return sorted(ours, key=lambda d: d.get("createdAt", _NEVER), reverse=True)


async def why(scope: AwsScope, have: Observed, definition: str | None = None) -> str:
    """Why the newest stopped task of the failed rollout stopped, and its last log lines; "" if none is found.

    `definition` is the ARN of what was rolled out, where the service itself does not show it any more.
    Where its lines have not come in yet (they are sent in batches), one before it may tell as well. ECS
    keeps stopped tasks for about an hour.
    """
    tasks = _newest_first(_of_failure(await _stopped(scope, have), have, definition))
    for task in tasks[:_TASKS]:
        container = _culprit(task)
        if lines := await _last_lines(scope, task, container):
            return worded(task, container, lines)
    return worded(tasks[0], _culprit(tasks[0]), []) if tasks else ""


def worded(task: Mapping[str, Any], container: Mapping[str, Any], lines: list[str]) -> str:
    """One sentence for people, at most 1,000 characters: the end of the log says most."""
    said = _ending(task, container)
    if not lines:
        return said[:_WORDS]
    intro = f"{said[: _WORDS // 2]}; last lines: "
    return intro + " | ".join(lines)[-(_WORDS - len(intro)) :]


def _ending(task: Mapping[str, Any], container: Mapping[str, Any]) -> str:
    code, reason = container.get("exitCode"), container.get("reason") or ""
    stopped = task.get("stoppedReason") or "the task stopped"
    if code is not None:
        return f"container exited with {code}: {reason or stopped}"
    return f"{stopped}: {reason}" if reason else str(stopped)


def _culprit(task: Mapping[str, Any]) -> Mapping[str, Any]:
    containers = task.get("containers") or [{}]
    telling = [c for c in containers if c.get("reason") or c.get("exitCode")]
    found: Mapping[str, Any] = (telling or containers)[0]
    return found


async def _stopped(scope: AwsScope, have: Observed) -> list[Mapping[str, Any]]:
    cluster, service = have.fields["cluster_arn"], have.fields["service_name"]
    listed = await scope.call(
        "ecs", "ListTasks", cluster=cluster, serviceName=service, desiredStatus="STOPPED", maxResults=100
    )
    if not listed["taskArns"]:
        return []
    answer = await scope.call("ecs", "DescribeTasks", cluster=cluster, tasks=listed["taskArns"])
    tasks: list[Mapping[str, Any]] = answer["tasks"]
    return tasks


Tasks = Iterable[Mapping[str, Any]]


def _newest_first(tasks: Tasks) -> list[Mapping[str, Any]]:
    return sorted(tasks, key=lambda t: t.get("stoppedAt", _NEVER), reverse=True)


def _of_failure(tasks: Tasks, have: Observed, definition: str | None) -> Tasks:
    """Those of the failed rollout; once AWS shows that no more, of what does not serve."""
    if definition is not None:
        return [t for t in tasks if t.get("taskDefinitionArn") == definition]
    failed, serving = have.attrs.get("failed_deployment"), have.attrs.get("serving")
    of_rollout = [t for t in tasks if t.get("startedBy") == failed]
    return of_rollout or [t for t in tasks if t.get("taskDefinitionArn") != serving]


async def _last_lines(scope: AwsScope, task: Mapping[str, Any], container: Mapping[str, Any]) -> list[str]:
    if container.get("exitCode") is None:  # it never ran
        return []
    where = await _log_stream(scope, task, container.get("name", ""))
    if where is None:
        return []
    group, stream = where
    try:
        answer = await scope.call(
            "logs",
            "GetLogEvents",
            logGroupName=group,
            logStreamName=stream,
            limit=_LINES,
            startFromHead=False,
        )
    except Gone:  # it never wrote anything
        return []
    return [event["message"].rstrip() for event in answer["events"]]


async def _log_stream(scope: AwsScope, task: Mapping[str, Any], container: str) -> tuple[str, str] | None:
    """Group and stream; the stream is <prefix>/<container>/<task id> (awslogs driver, "Use awslogs")."""
    try:
        answer = await scope.call("ecs", "DescribeTaskDefinition", taskDefinition=task["taskDefinitionArn"])
    except Gone:
        return None
    containers = answer["taskDefinition"].get("containerDefinitions", ())
    config = next((c.get("logConfiguration") or {} for c in containers if c["name"] == container), {})
    options = config.get("options", {})
    if "awslogs-group" not in options:
        return None
    task_id = task["taskArn"].rpartition("/")[2]
    return options["awslogs-group"], f"{options.get('awslogs-stream-prefix')}/{container}/{task_id}"
