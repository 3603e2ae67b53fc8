"""A scheduled action: other limits for a service's containers from a moment on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws.scalable_target import SERVICE, ScalableTarget, owner_of, place
from modelpoc.aws.scaling_policy import signed, unsigned
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import Gone, NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Resource

ACTIONS = (
    "application-autoscaling:DeleteScheduledAction", "application-autoscaling:DescribeScheduledActions",
    "application-autoscaling:PutScheduledAction",
)  # fmt: skip

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


class ScheduledActionKind(BaseKind[ScheduledAction, AwsScope]):
    """It takes no tags: it is ours as a scaling policy is."""

    kind = "ScheduledAction"
    fast = frozenset({"schedule", "timezone", "min", "max"})
    within = frozenset({ScalableTarget.kind})
    meddles = True

    def diff(self, want: ScheduledAction, have: Observed) -> tuple[Change, ...]:
        """Here a limit of None is a wish too: that this action does not move it."""
        dropped = [f for f in _LIMITS if getattr(want, f) is None and have.fields[f] is not None]
        return (*super().diff(want, have), *(Change(f, have.fields[f], None) for f in dropped))

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return await _described(scope)

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        ids = sorted({name.rpartition("/")[0] for name in names})
        found = [o for i in ids for o in await _described(scope, ResourceId=i)]
        return {o.name: o for o in found if o.name in names}

    async def create(self, scope: AwsScope, want: ScheduledAction) -> Observed:
        request = put_request(want)
        try:
            await scope.call(SERVICE, "PutScheduledAction", **request)
        except Gone as error:  # its scalable target, made a moment ago
            raise NotYet(str(error)) from error
        return observed(scope, request)

    async def update(
        self, scope: AwsScope, want: ScheduledAction, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        return await self.create(scope, want)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        resource_id, name = have.attrs["resource_id"], have.attrs["aws_name"]
        await scope.call(SERVICE, "DeleteScheduledAction", ScheduledActionName=name, **place(resource_id))

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        """It is its target's owner's."""


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
    resource_id, aws_name = action["ResourceId"], action["ScheduledActionName"]
    ours = unsigned(aws_name, resource_id)
    limits = action.get("ScalableTargetAction") or {}
    return Observed(
        ScheduledAction.kind,
        f"{resource_id}/{ours or aws_name}",
        id=f"{resource_id}/{aws_name}",
        fields={
            "schedule": action["Schedule"],
            "timezone": action.get("Timezone") or "UTC",
            **{ours: limits.get(aws) for ours, aws in _LIMITS.items()},
        },
        attrs={"resource_id": resource_id, "aws_name": aws_name, "id": f"{resource_id}/{aws_name}"},
        refs=frozenset({resource_id}),
        owner=owner_of(scope, resource_id) if ours else None,
    )


async def _described(scope: AwsScope, **which: Any) -> list[Observed]:
    pages = scope.pages(SERVICE, "DescribeScheduledActions", ServiceNamespace="ecs", MaxResults=50, **which)
    actions = [action async for page in pages for action in page["ScheduledActions"]]
    return [observed(scope, a) for a in actions if named_like_ours(a["ResourceId"])]
