"""Tasks: made by services, looked at and stopped by anyone."""

from __future__ import annotations

import asyncio
from typing import Any

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.ecs import assuming
from localcloud.aws.ecs.arns import hex_id, last
from localcloud.aws.ecs.base import EcsBase
from localcloud.aws.ecs.errors import invalid
from localcloud.aws.ecs.events import say
from localcloud.aws.ecs.lifecycle import Lifecycle
from localcloud.aws.ecs.paging import page
from localcloud.aws.ecs.placement import check_placement, next_provider
from localcloud.aws.ecs.records import Cluster, Container, Deployment, Service, Task, TaskDefinition
from localcloud.aws.ecs.store import tags_of
from localcloud.aws.ecs.views import task_view

_KEPT = 3600.0  # AWS seconds that a stopped task can still be described
_KEPT_FLOOR = 120.0  # real seconds of the same: people look in their own time


class TaskOperations(EcsBase):
    """The operations on tasks, and what starts them."""

    def ListTasks(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """ARNs of tasks that shall run, or with `desiredStatus` STOPPED of those that shall not."""
        cluster = self.store.cluster(request.get("cluster"))
        service = request.get("serviceName") and self.store.service(cluster, request["serviceName"]).arn
        family, started_by = request.get("family"), request.get("startedBy")
        desired = request.get("desiredStatus") or "RUNNING"
        chosen = [
            task.arn
            for task in self.store.tasks.values()
            if task.cluster is cluster
            and task.desired == desired
            and service in (None, task.service)
            and family in (None, task.definition.family)
            and started_by in (None, task.started_by)
        ]
        return page(chosen, request, "taskArns")

    def DescribeTasks(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Those that are there, stopped ones for a while too; the others as failures."""
        cluster = self.store.cluster(request.get("cluster"))
        asked: list[str] = request["tasks"]
        if not 1 <= len(asked) <= 100:
            raise invalid("Tasks must have between 1 and 100 elements.")
        include = set(request.get("include") or ())
        found = {reference: self.store.task(cluster, reference) for reference in asked}
        return {
            "tasks": [task_view(task, include) for task in found.values() if task],
            "failures": [
                {"arn": self.store.names.arn("task", cluster.name, last(reference)), "reason": "MISSING"}
                for reference, task in found.items()
                if task is None
            ],
        }

    def StopTask(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Asks a task to stop; its service will start another."""
        cluster = self.store.cluster(request.get("cluster"))
        task = self.store.task(cluster, request["task"])
        if task is None:
            raise invalid("The referenced task was not found.")
        task.ask_stop("UserInitiated", request.get("reason") or "Task stopped by user")
        self._wake_owner(task)
        return {"task": task_view(task, set())}

    def RunTask(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts tasks that belong to no service."""
        cluster = self.store.cluster(request.get("cluster"))
        definition = self.store.definition(request["taskDefinition"])
        if definition is None or definition.status != "ACTIVE":
            raise AwsError("ClientException", "TaskDefinition not found.")
        try:
            assuming.check(self.cloud.iam, definition)
        except assuming.CannotAssume as refused:
            raise AwsError("ClientException", str(refused)) from refused
        placement = check_placement(cluster, definition, request)
        count = request.get("count") or 1
        if not 1 <= count <= 10:
            raise invalid("count must be between 1 and 10.")
        tasks = [self._new_task(cluster, definition, request, placement.provider(i)) for i in range(count)]
        for task in tasks:
            self._launch(task, None)
        return {"tasks": [task_view(task, {"TAGS"}) for task in tasks], "failures": []}

    def start_task_of(self, service: Service, deployment: Deployment) -> Task:
        """A new task of a service's deployment. Raises `CannotAssume`."""
        definition = self.store.definition(deployment.revision.task_definition)
        assert definition is not None, "deleted although a service uses it"
        assuming.check(self.cloud.iam, definition)
        provider = next_provider(
            deployment.revision.strategy, [t for t in service.tasks if t.deployment == deployment.id]
        )
        request = {
            "networkConfiguration": deployment.revision.network,
            "group": f"service:{service.name}",
            "startedBy": deployment.id,
            "enableExecuteCommand": service.options["enableExecuteCommand"],
        }
        task = self._new_task(service.cluster, definition, request, provider)
        task.service, task.deployment = service.arn, deployment.id
        task.platform_version = deployment.revision.platform_version
        task.tags = _propagated(service, definition)
        task.target_groups = tuple(
            (balancer["targetGroupArn"], balancer["containerPort"])
            for balancer in deployment.revision.load_balancers
        )
        self._launch(task, service)
        return task

    def _new_task(
        self, cluster: Cluster, definition: TaskDefinition, request: dict[str, Any], provider: str | None
    ) -> Task:
        task_id = hex_id()
        arn = self.store.names.arn("task", cluster.name, task_id)
        return Task(
            id=task_id,
            arn=arn,
            cluster=cluster,
            definition=definition,
            containers=[self._new_container(cluster, task_id, d) for d in _overridden(definition, request)],
            network=request.get("networkConfiguration") or {},
            target_groups=(),
            created_at=self.now(),
            group=request.get("group") or f"family:{definition.family}",
            started_by=request.get("startedBy") or "",
            tags=tags_of(request),
            platform_version="1.4.0",
            capacity_provider=provider,
            overrides=request.get("overrides") or {},
            execute_command=bool(request.get("enableExecuteCommand")),
            attachment=hex_id(),
        )

    def _new_container(self, cluster: Cluster, task_id: str, document: dict[str, Any]) -> Container:
        arn = self.store.names.arn("container", cluster.name, task_id, hex_id())
        return Container(document["name"], arn, document["image"], document)

    def _launch(self, task: Task, service: Service | None) -> None:
        self.store.add(task, service)
        self.keep(self.cloud.spawn(self._live(task), f"task {task.id}"))

    async def _live(self, task: Task) -> None:
        await Lifecycle(self.machine, task, self._on_change).run()
        self.cloud.spawn(self._forget_later(task), f"forget task {task.id}")

    async def _forget_later(self, task: Task) -> None:
        await asyncio.sleep(max(self.cloud.clock.seconds(_KEPT), _KEPT_FLOOR))
        self.store.forget(task)

    def _on_change(self, task: Task, what: str) -> None:
        """What a task did goes into its service's events, and the scheduler looks again."""
        service = self._wake_owner(task)
        if service is None:
            return
        for arn, _ in task.target_groups:
            if what == "registered":
                say(service, self.now(), f"registered 1 targets in (target-group {arn})")
            if what == "draining":
                say(service, self.now(), f"deregistered 1 targets in (target-group {arn})")
        if what == "draining":
            say(service, self.now(), "has begun draining connections on 1 tasks")

    def _wake_owner(self, task: Task) -> Service | None:
        service = self.store.services.get(task.service or "")
        if service is not None:
            service.changed.set()
        return service


def _overridden(definition: TaskDefinition, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Container definitions with RunTask's overrides of command and environment in them."""
    given = (request.get("overrides") or {}).get("containerOverrides") or []
    changes = {override["name"]: override for override in given if "name" in override}
    return [_with(document, changes.get(document["name"], {})) for document in definition.containers]


def _with(document: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    names = {variable["name"] for variable in override.get("environment") or ()}
    kept = [variable for variable in document["environment"] if variable["name"] not in names]
    command = {"command": override["command"]} if override.get("command") else {}
    return {**document, **command, "environment": kept + list(override.get("environment") or ())}


def _propagated(service: Service, definition: TaskDefinition) -> dict[str, str]:
    """The tags of a new task, by `propagateTags` and `enableECSManagedTags`."""
    own = {"SERVICE": service.tags, "TASK_DEFINITION": definition.tags}.get(
        service.options["propagateTags"], {}
    )
    managed = {"aws:ecs:clusterName": service.cluster.name, "aws:ecs:serviceName": service.name}
    return {**own, **(managed if service.options["enableECSManagedTags"] else {})}
