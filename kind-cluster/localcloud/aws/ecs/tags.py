"""Tags on clusters, services, task definitions and tasks."""

from __future__ import annotations

from typing import Any

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.ecs.arns import family_and_revision, last
from localcloud.aws.ecs.base import EcsBase
from localcloud.aws.ecs.errors import invalid
from localcloud.aws.ecs.records import Tags
from localcloud.aws.ecs.store import tag_list, tags_of


class TagOperations(EcsBase):
    """The operations on tags, by the ARN of what carries them."""

    def TagResource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Adds tags, or changes their values."""
        tags = self.resource_tags(request["resourceArn"])
        added = tags_of(request)
        if len({**tags, **added}) > 50:
            raise invalid("The number of tags cannot exceed 50.")
        tags.update(added)
        return {}

    def UntagResource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes tags by key; what is not there is no error."""
        tags = self.resource_tags(request["resourceArn"])
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def ListTagsForResource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of them."""
        return {"tags": tag_list(self.resource_tags(request["resourceArn"]))}

    def resource_tags(self, arn: str) -> Tags:
        """The tags of what has that ARN, to be changed in place; ResourceNotFoundException."""
        kind = arn.split(":", 5)[-1].split("/")[0]
        found = {
            "cluster": self._cluster_tags,
            "service": self._service_tags,
            "task": self._task_tags,
            "task-definition": self._definition_tags,
        }.get(kind)
        tags = found(arn) if found else None
        if tags is None:
            raise AwsError("ResourceNotFoundException", "The specified resource was not found.")
        return tags

    def _cluster_tags(self, arn: str) -> Tags | None:
        found = self.store.clusters.get(last(arn))
        return found.tags if found and found.status == "ACTIVE" else None

    def _service_tags(self, arn: str) -> Tags | None:
        found = self.store.services.get(arn)
        return found.tags if found and found.status != "INACTIVE" else None

    def _task_tags(self, arn: str) -> Tags | None:
        found = self.store.tasks.get(arn)
        return found.tags if found else None

    def _definition_tags(self, arn: str) -> Tags | None:
        family, revision = family_and_revision(arn)
        found = self.store.definitions.get(family, {}).get(revision or 0)
        return found.tags if found else None
