"""All of ECS's records of one cloud, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from localcloud.aws.ecs import errors
from localcloud.aws.ecs.arns import Names, family_and_revision, last
from localcloud.aws.ecs.records import Cluster, Service, Tags, Task, TaskDefinition


@dataclass
class Store:
    """Lives on the event loop, so that nothing in it needs a lock."""

    names: Names
    clusters: dict[str, Cluster] = field(default_factory=dict)
    definitions: dict[str, dict[int, TaskDefinition]] = field(default_factory=dict)
    last_revision: dict[str, int] = field(default_factory=dict)  # never used twice, not even after deletion
    services: dict[str, Service] = field(default_factory=dict)  # by ARN
    tasks: dict[str, Task] = field(default_factory=dict)  # by ARN

    def cluster(self, reference: str | None) -> Cluster:
        """By name or ARN, `default` if nothing is said; ClusterNotFoundException."""
        found = self.clusters.get(last(reference or "default"))
        if found is None or found.status != "ACTIVE":
            raise errors.cluster_not_found()
        return found

    def find_service(self, cluster: Cluster, reference: str) -> Service | None:
        """By name or ARN, also when DRAINING or INACTIVE."""
        return self.services.get(self.service_arn(cluster, last(reference)))

    def service(self, cluster: Cluster, reference: str) -> Service:
        """As `find_service`, but ServiceNotFoundException for what is not there or INACTIVE."""
        found = self.find_service(cluster, reference)
        if found is None or found.status == "INACTIVE":
            raise errors.service_not_found()
        return found

    def service_arn(self, cluster: Cluster, name: str) -> str:
        """The ARN of a service of that name."""
        return self.names.arn("service", cluster.name, name)

    def task(self, cluster: Cluster, reference: str) -> Task | None:
        """By id or ARN."""
        return self.tasks.get(self.names.arn("task", cluster.name, last(reference)))

    def definition(self, reference: str) -> TaskDefinition | None:
        """By ARN, `family:revision`, or `family` for its latest ACTIVE revision."""
        family, revision = family_and_revision(reference)
        revisions = self.definitions.get(family, {})
        if revision is not None:
            return revisions.get(revision)
        active = [number for number, found in revisions.items() if found.status == "ACTIVE"]
        return revisions[max(active)] if active else None

    def all_definitions(self) -> Iterable[TaskDefinition]:
        """Every revision there is."""
        return (found for revisions in self.definitions.values() for found in revisions.values())

    def add(self, task: Task, service: Service | None) -> None:
        """A task that begins."""
        self.tasks[task.arn] = task
        if service is not None:
            service.tasks.append(task)

    def forget(self, task: Task) -> None:
        """A task that stopped long ago."""
        self.tasks.pop(task.arn, None)
        owner = self.services.get(task.service or "")
        if owner is not None and task in owner.tasks:
            owner.tasks.remove(task)


def tags_of(request: dict[str, Any]) -> Tags:
    """The `tags` member as a dict; refuses what AWS refuses."""
    given: list[dict[str, str]] = request.get("tags") or []
    keys = [tag.get("key", "") for tag in given]
    if len(keys) > 50:
        raise errors.invalid("The number of tags cannot exceed 50.")
    if len(set(keys)) != len(keys):
        raise errors.invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise errors.invalid("Caller specified a tag key with a reserved prefix: aws:")
    return {tag["key"]: tag.get("value", "") for tag in given}


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """A dict as the `tags` member."""
    return [{"key": key, "value": value} for key, value in tags.items()]
