"""What Application Auto Scaling holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Key(NamedTuple):
    """A scalable target: namespace, resource and dimension."""

    namespace: str
    resource_id: str
    dimension: str

    @classmethod
    def of(cls, request: dict[str, Any]) -> Key:
        """The target that a request names."""
        return cls(request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"])

    def members(self) -> dict[str, str]:
        """As AWS answers it."""
        return {
            "ServiceNamespace": self.namespace,
            "ResourceId": self.resource_id,
            "ScalableDimension": self.dimension,
        }

    def spoken(self) -> str:
        """As AWS's messages name it."""
        return (
            f"service namespace: {self.namespace}, resource ID: {self.resource_id}, "
            f"scalable dimension: {self.dimension}"
        )


@dataclass
class Target:
    """A registered scalable target."""

    key: Key
    arn: str
    role_arn: str
    least: int
    most: int
    created: datetime
    suspended: dict[str, bool]
    tags: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As DescribeScalableTargets answers it."""
        return {
            **self.key.members(),
            "MinCapacity": self.least,
            "MaxCapacity": self.most,
            "RoleARN": self.role_arn,
            "CreationTime": self.created,
            "SuspendedState": self.suspended,
            "ScalableTargetARN": self.arn,
        }


@dataclass
class Policy:
    """A scaling policy and the alarms that AWS made for it."""

    key: Key
    name: str
    arn: str
    kind: str
    configuration: dict[str, Any]
    alarms: list[dict[str, str]]
    created: datetime

    def document(self) -> dict[str, Any]:
        """As DescribeScalingPolicies answers it."""
        return {
            **self.key.members(),
            "PolicyName": self.name,
            "PolicyARN": self.arn,
            "PolicyType": self.kind,
            f"{self.kind}PolicyConfiguration": self.configuration,
            "Alarms": self.alarms,
            "CreationTime": self.created,
        }


@dataclass
class Action:
    """A scheduled action. `checked` is the moment up to which its schedule was looked at."""

    key: Key
    name: str
    arn: str
    schedule: str
    timezone: str | None
    start: datetime | None
    end: datetime | None
    bounds: dict[str, int]
    created: datetime
    checked: datetime

    def document(self) -> dict[str, Any]:
        """As DescribeScheduledActions answers it."""
        return {
            **self.key.members(),
            "ScheduledActionName": self.name,
            "ScheduledActionARN": self.arn,
            "Schedule": self.schedule,
            "Timezone": self.timezone,
            "StartTime": self.start,
            "EndTime": self.end,
            "ScalableTargetAction": self.bounds,
            "CreationTime": self.created,
        }


@dataclass(frozen=True)
class Activity:
    """One change of capacity, or one that failed."""

    key: Key
    activity_id: str
    description: str
    cause: str
    at: datetime
    status: str = "Successful"
    message: str = "Successfully set desired count."

    def document(self) -> dict[str, Any]:
        """As DescribeScalingActivities answers it."""
        return {
            **self.key.members(),
            "ActivityId": self.activity_id,
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.at,
            "EndTime": self.at,
            "StatusCode": self.status,
            "StatusMessage": self.message,
        }


@dataclass
class Store:
    """Everything of one cloud, by key and name."""

    targets: dict[Key, Target] = field(default_factory=dict)
    policies: dict[tuple[Key, str], Policy] = field(default_factory=dict)
    actions: dict[tuple[Key, str], Action] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)

    def policies_of(self, key: Key) -> list[Policy]:
        """The policies of one target."""
        return [policy for policy in self.policies.values() if policy.key == key]

    def forget(self, key: Key) -> None:
        """Removes a target with its policies and scheduled actions."""
        self.targets.pop(key, None)
        self.policies = {at: policy for at, policy in self.policies.items() if policy.key != key}
        self.actions = {at: action for at, action in self.actions.items() if action.key != key}
