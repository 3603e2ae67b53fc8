"""A scheduled action: other limits of a scalable target from a moment on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws.permission import CHANGING, Permission, of, reads
from modelpoc.aws.scaled import SERVICE, TARGETS, OnTargetKind, on_target, place, signed
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.resource import Change, Observed, Resource

PERMISSIONS = (
    reads("application-autoscaling:DescribeScheduledActions"),
    Permission(of(SERVICE, "DeleteScheduledAction", "PutScheduledAction"), TARGETS, CHANGING),
)

_LIMITS = {"min": "MinCapacity", "max": "MaxCapacity"}


@dataclass(frozen=True, kw_only=True)
class ScheduledAction(Resource):
    """`name` is `<resource id>/<action name>`. It needs the scalable target."""

    kind: ClassVar[str] = "ScheduledAction"
    resource_id: str
    action_name: str
    schedule: str
    """`cron(…)` with AWS's six fields, or `at(yyyy-mm-ddThh:mm:ss)`."""
    timezone: str = "UTC"
    min: int | None = None
    """None: stays as it is then."""
    max: int | None = None


class ScheduledActionKind(OnTargetKind[ScheduledAction]):
    kind = "ScheduledAction"
    fast = frozenset({"schedule", "timezone", "min", "max"})
    listing = ("DescribeScheduledActions", 50)
    put = "PutScheduledAction"

    def diff(self, want: ScheduledAction, have: Observed) -> tuple[Change, ...]:
        """Here a limit of None is a wish too: that this action does not move it."""
        dropped = [f for f in _LIMITS if getattr(want, f) is None and have.fields[f] is not None]
        return (*super().diff(want, have), *(Change(f, have.fields[f], None) for f in dropped))

    def request(self, want: ScheduledAction) -> dict[str, Any]:
        return put_request(want)

    def observed(self, scope: AwsScope, row: Mapping[str, Any]) -> Observed:
        return observed(scope, row)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        resource_id, name = have.attrs["resource_id"], have.attrs["aws_name"]
        await scope.call(SERVICE, "DeleteScheduledAction", ScheduledActionName=name, **place(resource_id))


def put_request(want: ScheduledAction) -> dict[str, Any]:
    """Parameters of PutScheduledAction."""
    limits = {aws: getattr(want, ours) for ours, aws in _LIMITS.items()}
    return {
        **place(want.resource_id),
        "ScheduledActionName": signed(want.action_name, want.resource_id),
        "Schedule": want.schedule,
        "Timezone": want.timezone,
        "ScalableTargetAction": {aws: limit for aws, limit in limits.items() if limit is not None},
    }


def observed(scope: AwsScope, action: Mapping[str, Any]) -> Observed:
    """One row of DescribeScheduledActions, in the words of `ScheduledAction`."""
    limits = action.get("ScalableTargetAction") or {}
    fields = {
        "schedule": action["Schedule"],
        "timezone": action.get("Timezone") or "UTC",
        **{ours: limits.get(aws) for ours, aws in _LIMITS.items()},
    }
    return on_target(scope, ScheduledAction.kind, action["ResourceId"], action["ScheduledActionName"], fields)
