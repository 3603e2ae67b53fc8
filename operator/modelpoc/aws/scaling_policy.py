"""A target tracking policy: the measure that is held by starting and stopping a service's containers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws.scalable_target import SERVICE, ScalableTarget, owner_of, place
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import Gone, NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

ACTIONS = (
    "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:PutScalingPolicy", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
)  # fmt: skip

METRICS = {
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
    "requests": "ALBRequestCountPerTarget",
}
_OURS = {aws: ours for ours, aws in METRICS.items()}


@dataclass(frozen=True, kw_only=True)
class ScalingPolicy(Resource):
    """`name` is `<resource id>/<policy name>`. It needs the scalable target."""

    kind: ClassVar[str] = "ScalingPolicy"
    resource_id: str
    policy_name: str
    metric: str
    """cpu, memory (both in percent) or requests (a minute for each container)."""
    target_value: float
    load_balancer_arn: str | Ref | None = None
    """With `target_group_arn`: whose requests count. Only for `requests`."""
    target_group_arn: str | Ref | None = None
    scale_in_cooldown: int = 300
    scale_out_cooldown: int = 60


class ScalingPolicyKind(BaseKind[ScalingPolicy, AwsScope]):
    """It takes no tags: it is ours when its target is and its AWS name carries the same hash as the target's,
    so that a policy which somebody else puts on our target stays theirs."""

    kind = "ScalingPolicy"
    fast = frozenset(
        {"metric", "target_value", "load_balancer_arn", "target_group_arn"}
        | {"scale_in_cooldown", "scale_out_cooldown"}
    )
    within = frozenset({ScalableTarget.kind})
    meddles = True

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return await _described(scope)

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        ids = sorted({name.rpartition("/")[0] for name in names})
        found = [o for i in ids for o in await _described(scope, ResourceId=i)]
        return {o.name: o for o in found if o.name in names}

    async def create(self, scope: AwsScope, want: ScalingPolicy) -> Observed:
        request = put_request(want)
        try:
            await scope.call(SERVICE, "PutScalingPolicy", **request)
        except Gone as error:  # its scalable target, made a moment ago
            raise NotYet(str(error)) from error
        return observed(scope, request)

    async def update(
        self, scope: AwsScope, want: ScalingPolicy, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        return await self.create(scope, want)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        """AWS deletes its alarms with it."""
        resource_id, name = have.attrs["resource_id"], have.attrs["aws_name"]
        await scope.call(SERVICE, "DeleteScalingPolicy", PolicyName=name, **place(resource_id))

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        """It is its target's owner's."""


def signed(name: str, resource_id: str) -> str:
    """AWS's name for ours on this resource."""
    return f"{name}-{resource_id[-10:]}"


def unsigned(aws_name: str, resource_id: str) -> str | None:
    """Our name, or None when it is not of our making."""
    suffix = f"-{resource_id[-10:]}"
    return aws_name.removesuffix(suffix) if aws_name.endswith(suffix) else None


def put_request(want: ScalingPolicy) -> dict[str, Any]:
    """Parameters of PutScalingPolicy."""
    metric = {"PredefinedMetricType": METRICS[want.metric]}
    if want.metric == "requests":
        metric["ResourceLabel"] = label(str(want.load_balancer_arn), str(want.target_group_arn))
    return {
        **place(want.resource_id),
        "PolicyName": signed(want.policy_name, want.resource_id),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": float(want.target_value),
            "PredefinedMetricSpecification": metric,
            "ScaleInCooldown": want.scale_in_cooldown,
            "ScaleOutCooldown": want.scale_out_cooldown,
            "DisableScaleIn": False,
        },
    }


def label(load_balancer_arn: str, target_group_arn: str) -> str:
    """app/<name>/<id>/targetgroup/<name>/<id> (PredefinedMetricSpecification, API reference)."""
    balancer = load_balancer_arn.partition(":loadbalancer/")[2]
    return f"{balancer}/{target_group_arn.rpartition(':')[2]}"


def observed(scope: AwsScope, policy: Mapping[str, Any]) -> Observed:
    """One row of DescribeScalingPolicies, in the words of `ScalingPolicy`."""
    resource_id, aws_name = policy["ResourceId"], policy["PolicyName"]
    ours = unsigned(aws_name, resource_id)
    return Observed(
        ScalingPolicy.kind,
        f"{resource_id}/{ours or aws_name}",
        id=f"{resource_id}/{aws_name}",
        fields=_fields(scope, policy.get("TargetTrackingScalingPolicyConfiguration")),
        attrs={"resource_id": resource_id, "aws_name": aws_name, "id": f"{resource_id}/{aws_name}"},
        refs=frozenset({resource_id}),
        owner=owner_of(scope, resource_id) if ours else None,
    )


def _fields(scope: AwsScope, tracking: Mapping[str, Any] | None) -> dict[str, Any]:
    if not tracking or tracking.get("DisableScaleIn") or "CustomizedMetricSpecification" in tracking:
        return {"metric": "something else"}
    metric = tracking.get("PredefinedMetricSpecification") or {}
    told = metric.get("PredefinedMetricType", "")
    balancer, _, group = (metric.get("ResourceLabel") or "").partition("/targetgroup/")
    elb = "elasticloadbalancing"
    return {
        "metric": _OURS.get(told, told),
        "target_value": tracking.get("TargetValue"),
        "load_balancer_arn": scope.arn(elb, f"loadbalancer/{balancer}") if balancer else None,
        "target_group_arn": scope.arn(elb, f"targetgroup/{group}") if group else None,
        "scale_in_cooldown": tracking.get("ScaleInCooldown"),
        "scale_out_cooldown": tracking.get("ScaleOutCooldown"),
    }


async def _described(scope: AwsScope, **which: Any) -> list[Observed]:
    pages = scope.pages(SERVICE, "DescribeScalingPolicies", ServiceNamespace="ecs", MaxResults=10, **which)
    policies = [policy async for page in pages for policy in page["ScalingPolicies"]]
    return [observed(scope, p) for p in policies if named_like_ours(p["ResourceId"])]
