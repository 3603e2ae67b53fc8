"""A target tracking policy: the measure that is held by starting and stopping containers or instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws.permission import CHANGING, Permission, arn_at, of, reads
from modelpoc.aws.scaled import SERVICE, TARGETS, OnTargetKind, on_target, place, signed
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

_ALARMS = (arn_at("cloudwatch", "alarm:TargetTracking-*"),)
PERMISSIONS = (
    reads("application-autoscaling:DescribeScalingPolicies"),
    Permission(of(SERVICE, "DeleteScalingPolicy", "PutScalingPolicy"), TARGETS, CHANGING),
    # AWS makes and deletes the policy's alarms as its caller, named and without tags.
    Permission(of("cloudwatch", "DeleteAlarms", "PutMetricAlarm"), _ALARMS),
)

METRICS = {
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
    "requests": "ALBRequestCountPerTarget",
    "invocations": "SageMakerVariantInvocationsPerInstance",
}
_WHOSE = ("load_balancer_arn", "target_group_arn")
_OURS = {aws: ours for ours, aws in METRICS.items()}


@dataclass(frozen=True, kw_only=True)
class ScalingPolicy(Resource):
    """`name` is `<resource id>/<policy name>`. It needs the scalable target."""

    kind: ClassVar[str] = "ScalingPolicy"
    resource_id: str
    policy_name: str
    metric: str
    """Of services: cpu, memory (both in percent) or requests (a minute for each container). Of endpoints:
    invocations (a minute for each instance)."""
    target_value: float
    load_balancer_arn: str | Ref | None = None
    """With `target_group_arn`: whose requests count. Only for `requests`."""
    target_group_arn: str | Ref | None = None
    scale_in_cooldown: int = 300
    scale_out_cooldown: int = 60


class ScalingPolicyKind(OnTargetKind[ScalingPolicy]):
    kind = "ScalingPolicy"
    fast = frozenset(
        {"metric", "target_value", "load_balancer_arn", "target_group_arn"}
        | {"scale_in_cooldown", "scale_out_cooldown"}
    )
    listing = ("DescribeScalingPolicies", 10)
    put = "PutScalingPolicy"

    def diff(self, want: ScalingPolicy, have: Observed) -> tuple[Change, ...]:
        """Whose requests count goes with the metric: PutScalingPolicy tells all of it anew."""
        changes = super().diff(want, have)
        if not any(change.field == "metric" for change in changes):
            return changes
        dropped = (f for f in _WHOSE if getattr(want, f) is None and have.fields.get(f) is not None)
        return (*changes, *(Change(f, have.fields[f], None) for f in dropped))

    def request(self, want: ScalingPolicy) -> dict[str, Any]:
        return put_request(want)

    def observed(self, scope: AwsScope, row: Mapping[str, Any]) -> Observed:
        return observed(scope, row)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        """AWS deletes its alarms with it."""
        resource_id, name = have.attrs["resource_id"], have.attrs["aws_name"]
        await scope.call(SERVICE, "DeleteScalingPolicy", PolicyName=name, **place(resource_id))


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
    fields = _fields(scope, policy.get("TargetTrackingScalingPolicyConfiguration"))
    return on_target(scope, ScalingPolicy.kind, policy["ResourceId"], policy["PolicyName"], fields)


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
