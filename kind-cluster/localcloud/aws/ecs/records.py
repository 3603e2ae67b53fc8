"""What ECS holds: clusters, task definitions, services with deployments, tasks with containers."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Tags = dict[str, str]
Document = dict[str, Any]  # members in AWS's own shape, kept as they came

EVENTS_KEPT = 100  # DescribeServices shows the 100 most recent


@dataclass
class Cluster:
    """A cluster; what AWS calls INACTIVE is kept for a while after deletion."""

    name: str
    arn: str
    tags: Tags
    capacity_providers: list[str]
    default_strategy: list[Document]
    settings: list[Document]
    configuration: Document
    status: str = "ACTIVE"


@dataclass
class TaskDefinition:
    """One revision of a family. `document` is what RegisterTaskDefinition was given, defaults filled in."""

    family: str
    revision: int
    arn: str
    document: Document
    tags: Tags
    registered_at: datetime
    registered_by: str
    status: str = "ACTIVE"
    deregistered_at: datetime | None = None
    delete_requested_at: datetime | None = None

    @property
    def containers(self) -> list[Document]:
        """Its container definitions."""
        return list(self.document["containerDefinitions"])


@dataclass(frozen=True)
class Revision:
    """A service revision: all that decides what tasks of a deployment are."""

    arn: str
    task_definition: str
    network: Document
    load_balancers: tuple[Document, ...]
    service_registries: tuple[Document, ...]
    launch_type: str | None
    strategy: tuple[Document, ...]
    platform_version: str
    created_at: datetime


@dataclass
class ServiceDeployment:
    """The history entry of a deployment, as ListServiceDeployments shows it."""

    arn: str
    created_at: datetime
    target: Revision
    source: Revision | None
    configuration: Document
    status: str = "IN_PROGRESS"
    reason: str = ""
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    rollback: Document | None = None
    failures: int = 0
    threshold: int = 0
    breaker: str = "DISABLED"


@dataclass
class Deployment:
    """A deployment of a service: PRIMARY, or ACTIVE while tasks of it are left."""

    id: str
    revision: Revision
    history: ServiceDeployment
    created_at: datetime
    updated_at: datetime
    status: str = "PRIMARY"
    rollout_state: str = "IN_PROGRESS"
    rollout_reason: str = ""
    failed_tasks: int = 0
    start_failures: int = 0  # in a row, without reaching RUNNING: what the back-off counts
    not_before: datetime | None = None
    rolling_back: ServiceDeployment | None = None  # whose failure brought this one back


@dataclass
class Container:
    """One container of a task."""

    name: str
    arn: str
    image: str
    document: Document
    status: str = "PENDING"
    digest: str | None = None
    runtime_id: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    health: str = "UNKNOWN"  # HEALTHY or UNHEALTHY by its health check only


@dataclass
class Task:
    """One task. `target_groups` are those it registers with, each with the container port."""

    id: str
    arn: str
    cluster: Cluster
    definition: TaskDefinition
    containers: list[Container]
    network: Document
    target_groups: tuple[tuple[str, int], ...]
    created_at: datetime
    group: str
    started_by: str
    tags: Tags
    platform_version: str
    launch_type: str = "FARGATE"
    capacity_provider: str | None = None
    overrides: Document = field(default_factory=dict)
    execute_command: bool = False
    service: str | None = None  # ARN
    deployment: str | None = None  # id
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    address: str | None = None
    attachment: str = ""
    started_at: datetime | None = None
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    execution_stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    version: int = 1
    seen_healthy: bool = False
    registered: bool = False
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_health_check(self) -> bool:
        """Whether an essential container has a health check."""
        return any(c.document.get("healthCheck") for c in self.containers if c.document["essential"])

    @property
    def health(self) -> str:
        """HEALTHY when all essential containers with a check are, UNHEALTHY when one is."""
        checked = [c for c in self.containers if c.document["essential"] and c.document.get("healthCheck")]
        states = {container.health for container in checked}
        if "UNHEALTHY" in states:
            return "UNHEALTHY"
        return "HEALTHY" if states == {"HEALTHY"} else "UNKNOWN"

    def ask_stop(self, code: str, reason: str) -> None:
        """Makes it stop; the first who asks decides the reason."""
        if self.desired != "STOPPED":
            self.desired, self.stop_code, self.stopped_reason = "STOPPED", code, reason
            self.version += 1
            self.stop_asked.set()


@dataclass
class Service:
    """A service and everything its scheduler remembers."""

    name: str
    arn: str
    cluster: Cluster
    desired: int
    configuration: Document
    deployments: list[Deployment]
    created_at: datetime
    created_by: str
    tags: Tags
    options: Document  # the scalar members, in AWS's names
    request: Document  # what CreateService was given, for its clientToken
    status: str = "ACTIVE"
    events: deque[Document] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    history: list[ServiceDeployment] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)  # oldest first, stopped ones too
    last_completed: Deployment | None = None
    steady: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def primary(self) -> Deployment:
        """The deployment that the service is moving to, or is."""
        return self.deployments[0]
