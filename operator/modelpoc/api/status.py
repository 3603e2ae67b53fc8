"""What the operator says about a POC or a platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, computed_field

from modelpoc.api.conditions import Condition, ConditionType
from modelpoc.api.meta import StatusModel


class ResourceStatus(StatusModel):
    """One thing in AWS that is owned."""

    kind: str
    """What it is, as in TargetGroup."""
    name: str
    """Its name."""
    id: str = ""
    """Its ARN or id."""
    state: str = ""
    """Settled, Settling, Broken, Waiting or Deleting."""
    message: str = ""
    """Why, when it is not settled."""


class Placement(StatusModel):
    """Which shared parts carry a POC; chosen once, then kept."""

    api_id: str | None = None
    """HTTP API."""
    load_balancer_arn: str | None = None
    """Load balancer."""
    listener_arn: str | None = None
    """Its listener."""
    priority: int | None = None
    """Listener rule priority."""


class PlannedChange(StatusModel):
    """One step of a plan."""

    action: str
    """create, update, replace, delete or wait."""
    kind: str
    """What it is, as in TargetGroup."""
    name: str
    """Its name."""
    changes: tuple[str, ...] = ()
    """Fields that differ, as in `memory: 512 → 1024`."""


class PendingNews(StatusModel):
    """One message that is still to be sent."""

    id: str
    """The same for as long as it is tried."""
    event: str
    """What happened, as in Failed."""
    reason: str = ""
    """Reason of the state that it tells of."""
    at: datetime
    """When it happened."""
    to: tuple[str, ...] = ()
    """Where it has not arrived yet."""


class SlackMessage(StatusModel):
    """A message in Slack that is kept up to date."""

    channel: str
    """Id of its channel."""
    ts: str
    """Its id there."""


class Notified(StatusModel):
    """What people were told of a POC."""

    state: str
    """New, Serving, Failed, Suspended or Expired: the last state that counts for news."""
    generation: int = 0
    """The generation of the spec that this is about."""
    since: datetime | None = None
    """When that began."""
    reasons: tuple[str, ...] = ()
    """Why it failed, as far as told in this generation."""
    failures: int = 0
    """Failures told in a row, each soon after a recovery."""
    expiry: datetime | None = None
    """The end that was warned of."""
    pending: tuple[PendingNews, ...] = ()
    """What is still to be sent."""
    slack_message: SlackMessage | None = None
    """The message of a failure or a coming end that is not over yet."""


class Quota(StatusModel):
    """How much of a limit is used."""

    name: str
    """Which limit, as in routes."""
    used: int
    """So many."""
    limit: int
    """Of so many."""


def _publish_reason(schema: dict[str, Any]) -> None:
    about = (_Conditioned.reason.__doc__ or "").strip()
    schema["properties"]["reason"] = {"type": "string", "description": about}


class _Conditioned(StatusModel):
    model_config = ConfigDict(json_schema_extra=_publish_reason)

    observed_generation: int = 0
    """The generation of the spec that this is about."""
    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
            }
        ),
    ] = ()
    """How it is; see docs/conditions.md."""
    resources: tuple[ResourceStatus, ...] = ()
    """Everything in AWS that is owned."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reason(self) -> str | None:
        """In one word: why Ready is as it is or, where there is no Ready, why nothing is under way."""
        said = self.condition(ConditionType.READY) or self.condition(ConditionType.RECONCILING)
        return said.reason if said else None

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of that type, if it was ever said."""
        return next((condition for condition in self.conditions if condition.type == kind), None)


class ModelPOCStatus(_Conditioned):
    """How a POC is."""

    runtime: str | None = None
    """ecs or sagemaker."""
    url: str | None = None
    """Public URL."""
    predict_url: str | None = None
    """Where to ask for predictions."""
    docs_url: str | None = None
    """Where its documentation is."""
    revision: str | None = None
    """What is serving."""
    failed_revision: str | None = None
    """What did not come up; not tried again until the spec changes."""
    placement: Placement = Placement()
    """Which shared parts carry it."""
    expires_at: datetime | None = None
    """When its time runs out."""
    resumed_at: datetime | None = None
    """When it was created or last resumed; ttl counts from here."""
    estimated_monthly_cost: str | None = None
    """What it costs a month as it stands, as in 8.93 USD."""
    artifact_version: str | None = None
    """Version of the artifact that is serving."""
    plan: tuple[PlannedChange, ...] = ()
    """What would be done; only while observing."""
    notified: Notified | None = None
    """What people were told of it."""


class ModelPlatformStatus(_Conditioned):
    """How a platform is."""

    base_url: str | None = None
    """Public URL under which its POCs answer."""
    pocs: int | None = None
    """How many POCs use it."""
    quotas: tuple[Quota, ...] = ()
    """How much of each AWS quota and limit is used."""
