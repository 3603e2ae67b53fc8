"""Service deployments and revisions: what a service was, and how each change of it went."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.ecs.base import EcsBase
from localcloud.aws.ecs.errors import invalid
from localcloud.aws.ecs.paging import page
from localcloud.aws.ecs.records import Revision, Service, ServiceDeployment
from localcloud.aws.ecs.views import (
    before,
    revision_members,
    service_deployment_brief,
    service_deployment_view,
)

MOST_DESCRIBED = 20


class HistoryOperations(EcsBase):
    """The operations on service deployments and service revisions."""

    def ListServiceDeployments(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Newest first, by status and time of creation."""
        service = self.store.service(self.store.cluster(request.get("cluster")), request["service"])
        wanted = set(request.get("status") or ())
        created = request.get("createdAt") or {}
        chosen = {
            h.arn: service_deployment_brief(h, service)
            for h in service.history
            if (not wanted or h.status in wanted)
            and not before(h.created_at, created.get("after"))
            and not before(created.get("before"), h.created_at)
        }
        answer = page(list(chosen), request, "serviceDeployments")
        return answer | {"serviceDeployments": [chosen[arn] for arn in answer["serviceDeployments"]]}

    def DescribeServiceDeployments(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Up to 20 by ARN."""
        asked = _asked(request, "serviceDeploymentArns")
        known = {history.arn: (history, service) for service, history in self._histories()}
        return {
            "serviceDeployments": [service_deployment_view(*known[arn]) for arn in asked if arn in known],
            "failures": _missing(asked, known),
        }

    def DescribeServiceRevisions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Up to 20 by ARN."""
        asked = _asked(request, "serviceRevisionArns")
        known = {history.target.arn: (history.target, service) for service, history in self._histories()}
        return {
            "serviceRevisions": [self._revision_view(*known[arn]) for arn in asked if arn in known],
            "failures": _missing(asked, known),
        }

    def _histories(self) -> Iterable[tuple[Service, ServiceDeployment]]:
        return ((s, history) for s in self.store.services.values() for history in s.history)

    def _revision_view(self, revision: Revision, service: Service) -> dict[str, Any]:
        definition = self.store.definition(revision.task_definition)
        containers = definition.containers if definition else []
        members = {
            "serviceRevisionArn": revision.arn,
            "serviceArn": service.arn,
            "clusterArn": service.cluster.arn,
            "containerImages": [{"containerName": c["name"], "image": c["image"]} for c in containers],
            "guardDutyEnabled": False,
            "createdAt": revision.created_at,
            **revision_members(revision),
        }
        return {name: value for name, value in members.items() if value is not None}


def _asked(request: dict[str, Any], member: str) -> list[str]:
    asked: list[str] = request[member]
    if not 1 <= len(asked) <= MOST_DESCRIBED:
        raise invalid(f"{member} must have between 1 and {MOST_DESCRIBED} elements.")
    return asked


def _missing(asked: list[str], known: dict[str, Any]) -> list[dict[str, str]]:
    return [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in known]
