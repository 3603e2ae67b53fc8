"""How an ECS service is, from what DescribeServices says of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpoc.aws import tags
from modelpoc.aws.tagging import ecs_tags
from modelpoc.reconcile.resource import Observed, Phase, State

KIND = "Service"
FAILED = "RolloutFailed"

Document = Mapping[str, Any]


def observed(service: Document) -> Observed:
    """One service (with its tags), in the words of `Service`.

    attrs beyond arn and id: `serving`, the task definition that answers requests (None when nothing runs);
    `running`, how many tasks run;
    `failed` and `failed_reason`, task definition and AWS's words of a rollout that failed, as long as AWS
    shows it; `failed_deployment`, its id; `progress`, the state leaving that failure aside; `created`.
    """
    arn, found = service["serviceArn"], ecs_tags(service.get("tags"))
    failed = _failed(service)
    return Observed(
        KIND,
        arn.partition(":service/")[2],
        id=arn,
        fields={**_fields(service), "tags": found},
        attrs={
            "arn": arn,
            "id": arn,
            "serving": serving(_deployments(service)),
            "running": sum(d.get("runningCount", 0) for d in _deployments(service)),
            "failed": failed.get("taskDefinition"),
            "failed_reason": failed.get("rolloutStateReason", ""),
            "failed_deployment": failed.get("id"),
            "progress": progress(service),
            "created": service.get("createdAt"),
        },
        refs=_refs(service),
        owner=tags.mark_of(found),
        state=State(Phase.BROKEN, FAILED, _failure(failed))
        if _broken(service, failed)
        else progress(service),
    )


def progress(service: Document) -> State:
    """Whether AWS is at work on it. COMPLETED alone does not say so: counts may still differ."""
    if service["status"] == "DRAINING":
        left = service.get("runningCount", 0) + service.get("pendingCount", 0)
        return State(Phase.GOING, "Deleting", f"the service is draining, {left} tasks are left")
    primary, others = _split(_deployments(service))
    desired, running = service.get("desiredCount", 0), primary.get("runningCount", 0)
    if primary.get("rolloutState", "COMPLETED") == "COMPLETED" and running == desired and not others:
        return State()
    return State(Phase.SETTLING, "RollingOut", _counted(primary, others, desired))


def serving(deployments: Sequence[Document]) -> str | None:
    """The task definition that answers requests: the last that came up, else whatever has running tasks."""
    up = [d for d in deployments if d.get("rolloutState") == "COMPLETED"]
    running = [d for d in deployments if d.get("runningCount", 0) > 0]
    best = next((d for d in up if d in running), next(iter(running or up), None))
    return str(best["taskDefinition"]) if best else None


def strategy(capacity: str) -> list[dict[str, Any]]:
    return [{"capacityProvider": capacity, "weight": 1, "base": 0}]


def revision_fields(revision: Document) -> dict[str, Any]:
    """What makes a service revision; services and DescribeServiceRevisions show it alike."""
    balancer: Document = next(iter(revision.get("loadBalancers") or ()), {})
    network = (revision.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return {
        "task_definition": revision.get("taskDefinition"),
        "target_group_arn": balancer.get("targetGroupArn"),
        "container_name": balancer.get("containerName"),
        "port": balancer.get("containerPort"),
        "subnets": tuple(sorted(network.get("subnets") or ())),
        "security_groups": tuple(sorted(network.get("securityGroups") or ())),
        "assign_public_ip": network.get("assignPublicIp") == "ENABLED",
        "capacity": _capacity(revision),
    }


def _fields(service: Document) -> dict[str, Any]:
    configuration = service.get("deploymentConfiguration") or {}
    breaker = configuration.get("deploymentCircuitBreaker") or {}
    return {
        **revision_fields(service),
        "cluster_arn": service["clusterArn"],
        "service_name": service["serviceName"],
        "desired_count": service.get("desiredCount"),
        "grace_seconds": service.get("healthCheckGracePeriodSeconds", 0),
        "rollback": bool(breaker.get("enable") and breaker.get("rollback")),
        "minimum_healthy": configuration.get("minimumHealthyPercent"),
        "maximum": configuration.get("maximumPercent"),
        "propagate_tags": service.get("propagateTags", "NONE"),
    }


def _capacity(revision: Document) -> str:
    providers = [p["capacityProvider"] for p in revision.get("capacityProviderStrategy") or ()]
    return "+".join(sorted(providers)) or revision.get("launchType") or ""


def _refs(service: Document) -> frozenset[str]:
    definitions = [d["taskDefinition"] for d in _deployments(service)]
    groups = [b.get("targetGroupArn") for b in service.get("loadBalancers") or ()]
    return frozenset(r for r in (service["clusterArn"], *definitions, *groups) if r)


def _deployments(service: Document) -> Sequence[Document]:
    found: Sequence[Document] = service.get("deployments") or ()
    return found


def _split(deployments: Sequence[Document]) -> tuple[Document, list[Document]]:
    primary = next((d for d in deployments if d["status"] == "PRIMARY"), {})
    return primary, [d for d in deployments if d["status"] == "ACTIVE"]


def _failed(service: Document) -> Document:
    """The deployment that AWS gave up, the newest when there are several; {} once it is tried again."""
    primary, _ = _split(_deployments(service))
    given_up = [d for d in _deployments(service) if d.get("rolloutState") == "FAILED"]
    again = primary.get("taskDefinition")
    return next((d for d in given_up if d is primary or d["taskDefinition"] != again), {})


def _broken(service: Document, failed: Document) -> bool:
    return bool(failed) and service["status"] != "DRAINING"


def _failure(failed: Document) -> str:
    return (
        f"the rollout of {_revision(failed)} failed: {failed.get('rolloutStateReason', 'AWS says no reason')}"
    )


def _revision(deployment: Document) -> str:
    return str(deployment["taskDefinition"]).rpartition("/")[2]


def _counted(primary: Document, others: Sequence[Document], desired: int) -> str:
    words = [f"{primary.get('runningCount', 0)}/{desired} tasks running"]
    if pending := primary.get("pendingCount", 0):
        words.append(f"{pending} starting")
    if failed := primary.get("failedTasks", 0):
        words.append(f"{failed} failed")
    words += [f"{d.get('runningCount', 0)} of {_revision(d)} still running" for d in others]
    return ", ".join(words)
