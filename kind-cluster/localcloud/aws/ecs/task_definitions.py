"""Task definitions: families of immutable revisions."""

from __future__ import annotations

from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.ecs.arns import family_and_revision
from localcloud.aws.ecs.base import EcsBase
from localcloud.aws.ecs.errors import client, invalid
from localcloud.aws.ecs.paging import page
from localcloud.aws.ecs.records import TaskDefinition
from localcloud.aws.ecs.registration import normalised
from localcloud.aws.ecs.store import tag_list, tags_of

_DELETION = 60.0  # AWS seconds that a DELETE_IN_PROGRESS revision stays, once nothing uses it


class TaskDefinitionOperations(EcsBase):
    """The operations on task definitions."""

    def RegisterTaskDefinition(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A new revision of the family, also when nothing differs."""
        document = normalised(request)
        tags = tags_of(request)
        family = document["family"]
        number = self.store.last_revision.get(family, 0) + 1
        self.store.last_revision[family] = number
        made = TaskDefinition(
            family=family,
            revision=number,
            arn=self.store.names.arn("task-definition", f"{family}:{number}"),
            document=document,
            tags=tags,
            registered_at=self.now(),
            registered_by=call.principal,
        )
        self.store.definitions.setdefault(family, {})[number] = made
        return {"taskDefinition": _shown(made), "tags": tag_list(tags)}

    def DescribeTaskDefinition(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """By family (latest ACTIVE), `family:revision` or ARN; INACTIVE ones too."""
        found = self.store.definition(request["taskDefinition"])
        if found is None:
            raise client("Unable to describe task definition.")
        tags = tag_list(found.tags) if "TAGS" in (request.get("include") or ()) else []
        return {"taskDefinition": _shown(found), "tags": tags}

    def ListTaskDefinitions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """ARNs by family and revision; `familyPrefix` is a whole family name, as on AWS."""
        status, family = request.get("status") or "ACTIVE", request.get("familyPrefix")
        chosen = [
            d for d in self.store.all_definitions() if d.status == status and family in (None, d.family)
        ]
        chosen.sort(key=lambda d: (d.family, d.revision), reverse=request.get("sort") == "DESC")
        return page([d.arn for d in chosen], request, "taskDefinitionArns")

    def ListTaskDefinitionFamilies(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Names of families that begin so; ACTIVE ones have an ACTIVE revision, INACTIVE ones none."""
        prefix, status = request.get("familyPrefix") or "", request.get("status") or "ALL"
        families = [
            family
            for family, revisions in sorted(self.store.definitions.items())
            if family.startswith(prefix) and revisions and status in ("ALL", _family_status(revisions))
        ]
        return page(families, request, "families")

    def DeregisterTaskDefinition(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a revision INACTIVE: what runs by it goes on, nothing new can use it."""
        found = self._exact(request["taskDefinition"])
        if found.status == "ACTIVE":
            found.status, found.deregistered_at = "INACTIVE", self.now()
        return {"taskDefinition": _shown(found)}

    def DeleteTaskDefinitions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts the deletion of INACTIVE revisions; ACTIVE ones come back as failures."""
        asked: list[str] = request["taskDefinitions"]
        if not 1 <= len(asked) <= 10:
            raise invalid("Task definitions must have between 1 and 10 elements.")
        deleted, failures = [], []
        for reference in asked:
            found = self._exact(reference)
            if found.status == "ACTIVE":
                failures.append({"arn": found.arn, "reason": _STILL_ACTIVE})
            else:
                self._begin_deletion(found)
                deleted.append(_shown(found))
        return {"taskDefinitions": deleted, "failures": failures}

    def _exact(self, reference: str) -> TaskDefinition:
        """The revision meant; AWS wants its number here."""
        family, revision = family_and_revision(reference)
        if revision is None:
            raise client(f"Invalid revision number. Number: {reference}")
        found = self.store.definitions.get(family, {}).get(revision)
        if found is None:
            raise client("The specified task definition does not exist.")
        return found

    def _begin_deletion(self, found: TaskDefinition) -> None:
        if found.status != "DELETE_IN_PROGRESS":
            found.status, found.delete_requested_at = "DELETE_IN_PROGRESS", self.now()
            self.cloud.spawn(self._finish_deletion(found), f"delete {found.arn}")

    async def _finish_deletion(self, found: TaskDefinition) -> None:
        await self.cloud.clock.sleep(_DELETION)
        while self._in_use(found):
            await self.cloud.clock.sleep(_DELETION)
        self.store.definitions[found.family].pop(found.revision, None)

    def _in_use(self, found: TaskDefinition) -> bool:
        by_task = any(t.definition is found and t.status != "STOPPED" for t in self.store.tasks.values())
        services = [s for s in self.store.services.values() if s.status != "INACTIVE"]
        kept = [d for s in services for d in (*s.deployments, s.last_completed) if d is not None]
        return by_task or any(deployment.revision.task_definition == found.arn for deployment in kept)


_STILL_ACTIVE = (
    "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
)


def _family_status(revisions: dict[int, TaskDefinition]) -> str:
    return "ACTIVE" if any(d.status == "ACTIVE" for d in revisions.values()) else "INACTIVE"


def _shown(definition: TaskDefinition) -> dict[str, Any]:
    times = {
        "registeredAt": definition.registered_at,
        "deregisteredAt": definition.deregistered_at,
        "deleteRequestedAt": definition.delete_requested_at,
    }
    return {
        **definition.document,
        "taskDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "registeredBy": definition.registered_by,
        **{name: when for name, when in times.items() if when is not None},
    }
