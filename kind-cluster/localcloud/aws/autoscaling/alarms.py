"""The two alarms that AWS makes for a target tracking policy, in CloudWatch."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.aws.autoscaling.records import Key, Policy

if TYPE_CHECKING:
    from localcloud.context import CloudContext

_SCALE_IN_AT = 0.9  # of the target value: AWS leaves a margin before it scales in
_METRICS = {
    "ECSServiceAverageCPUUtilization": ("AWS/ECS", "CPUUtilization", "Average"),
    "ECSServiceAverageMemoryUtilization": ("AWS/ECS", "MemoryUtilization", "Average"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget", "Sum"),
    "SageMakerVariantInvocationsPerInstance": ("AWS/SageMaker", "InvocationsPerInstance", "Sum"),
}


async def create(
    cloud: CloudContext, policy_arn: str, key: Key, target: dict[str, Any]
) -> list[dict[str, str]]:
    """Makes the alarms of a policy: high after 3 minutes above the target, low after 15 below."""
    metric = target.get("PredefinedMetricSpecification", {})
    namespace, name, statistic = _METRICS.get(
        metric.get("PredefinedMetricType", ""), ("Custom", "Custom", "Sum")
    )
    sides = [("AlarmHigh", "GreaterThanThreshold", 3, 1.0)]
    if not target.get("DisableScaleIn"):
        sides.append(("AlarmLow", "LessThanThreshold", 15, _SCALE_IN_AT))
    made = []
    for side, comparison, periods, share in sides:
        alarm = f"TargetTracking-{key.resource_id}-{side}-{uuid.uuid4()}"
        await asyncio.to_thread(
            cloud.client("cloudwatch").put_metric_alarm,
            AlarmName=alarm,
            AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}.",
            AlarmActions=[policy_arn],
            Namespace=namespace,
            MetricName=name,
            Statistic=statistic,
            Dimensions=_dimensions(key, metric),
            ComparisonOperator=comparison,
            EvaluationPeriods=periods,
            Period=60,
            Threshold=target["TargetValue"] * share,
        )
        arn = f"arn:{cloud.partition}:cloudwatch:{cloud.region}:{cloud.account}:alarm:{alarm}"
        made.append({"AlarmName": alarm, "AlarmARN": arn})
    return made


async def delete(cloud: CloudContext, policies: list[Policy]) -> None:
    """Removes the alarms of policies."""
    names = [alarm["AlarmName"] for policy in policies for alarm in policy.alarms]
    if names:
        await asyncio.to_thread(cloud.client("cloudwatch").delete_alarms, AlarmNames=names)


def _dimensions(key: Key, metric: dict[str, Any]) -> list[dict[str, str]]:
    label = metric.get("ResourceLabel")
    if label:
        balancer, _, group = label.partition("/targetgroup/")
        return [
            {"Name": "LoadBalancer", "Value": balancer},
            {"Name": "TargetGroup", "Value": f"targetgroup/{group}"},
        ]
    if key.namespace == "sagemaker":
        _, endpoint, _, variant = key.resource_id.split("/")
        return [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    _, cluster, service = key.resource_id.split("/")
    return [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]
