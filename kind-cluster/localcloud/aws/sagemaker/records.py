"""What SageMaker keeps of models, endpoint configurations and endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.aws.sagemaker.fleet import Fleet

Document = dict[str, Any]
Tags = dict[str, str]

CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})


@dataclass
class Model:
    """A model: never changed after its creation, but for tags."""

    name: str
    arn: str
    document: Document  # CreateModel's request without tags
    created: datetime
    tags: Tags

    modified: None = None

    @property
    def containers(self) -> list[Document]:
        """Its containers; the primary one first."""
        primary = self.document.get("PrimaryContainer")
        return [primary] if primary else list(self.document.get("Containers") or ())


@dataclass
class EndpointConfig:
    """An endpoint configuration: never changed after its creation, but for tags."""

    name: str
    arn: str
    document: Document  # CreateEndpointConfig's request without tags
    created: datetime
    tags: Tags

    modified: None = None

    @property
    def variants(self) -> list[Document]:
        """Its production variants."""
        return list(self.document["ProductionVariants"])


@dataclass
class Pending:
    """An update under way: the configuration it goes to, and its fleet once there is one."""

    config: EndpointConfig
    started: datetime
    fleet: Fleet | None = None
    phase: str = "Creating"  # then ActivatingTraffic, Baking, Deleting: VariantStatus
    phase_started: datetime | None = None

    def move(self, phase: str, now: datetime) -> None:
        """The next phase, at that moment."""
        self.phase, self.phase_started = phase, now


@dataclass
class Endpoint:
    """An endpoint. `fleet` serves; beside it the one of `pending` may have a share of the traffic."""

    name: str
    arn: str
    config: EndpointConfig
    created: datetime
    modified: datetime
    tags: Tags
    status: str = "Creating"
    failure_reason: str | None = None
    fleet: Fleet | None = None
    pending: Pending | None = None
    deployment: Document | None = None  # LastDeploymentConfig
    green_share: float = 0.0  # of the traffic, for the pending fleet
    turns: float = 0.0  # what is owed to the pending fleet of the requests so far
    rollback_fails: bool = False  # asked for by a test

    @property
    def changing(self) -> bool:
        """Whether neither update nor deletion is allowed."""
        return self.status in CHANGING

    def move(self, status: str, now: datetime) -> None:
        """A new state, at that moment."""
        self.status = status
        self.modified = now
