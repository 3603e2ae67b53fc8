"""Application Auto Scaling, which also looks whether its caller may change what it scales.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html
https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
"""

from __future__ import annotations

from dataclasses import replace

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking

_ON_TARGET = frozenset(
    {
        "RegisterScalableTarget",
        "DeregisterScalableTarget",
        "PutScalingPolicy",
        "DeleteScalingPolicy",
        "PutScheduledAction",
        "DeleteScheduledAction",
    }
)
_LINKED = {"ecs": "ECSService", "sagemaker": "SageMakerEndpoint"}


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"application-autoscaling:{asking.operation}"
    if asking.operation in _ON_TARGET:
        return _on_target(asking, action)
    if asking.operation == "TagResource":
        return [asking.new(action, asking.get("ResourceARN", ""), asking.get("Tags", {}))]
    if asking.operation in ("UntagResource", "ListTagsForResource"):
        return [asking.need(action, asking.get("ResourceARN", ""), aws_TagKeys=asking.get("TagKeys", ()))]
    return [asking.need(action)]


def _on_target(asking: Asking, action: str) -> list[Need]:
    arn = asking.holdings.scalable_target(asking.parameters) or _any_target(asking)
    keys = {
        "application-autoscaling:service-namespace": (asking.get("ServiceNamespace", ""),),
        "application-autoscaling:scalable-dimension": (asking.get("ScalableDimension", ""),),
    }
    tags = asking.get("Tags", {}) if asking.operation == "RegisterScalableTarget" else {}
    made = asking.new(action, arn, tags)
    found = [replace(made, context={**made.context, **keys})]
    if tags:
        found.append(asking.new("application-autoscaling:TagResource", arn, tags))
    return [*found, *_besides(asking)]


def _any_target(asking: Asking) -> str:
    return asking.arn("application-autoscaling", "scalable-target/*")


def _besides(asking: Asking) -> list[Need]:
    if asking.operation == "RegisterScalableTarget":
        return [*_scaled(asking), *_linked(asking)]
    if asking.operation == "PutScalingPolicy" and asking.get("PolicyType") == "TargetTrackingScaling":
        return [_alarm(asking, "cloudwatch:PutMetricAlarm")]
    if asking.operation == "DeleteScalingPolicy":
        return [_alarm(asking, "cloudwatch:DeleteAlarms")]
    return []


def _scaled(asking: Asking) -> list[Need]:
    """Who registers a target must be able to do to it what autoscaling will do."""
    kind, *names = asking.get("ResourceId", "").split("/")
    if kind == "service" and len(names) == 2:
        arn, actions = asking.arn("ecs", f"service/{names[0]}/{names[1]}"), _OF_ECS
    elif kind == "endpoint" and names:
        arn, actions = asking.arn("sagemaker", f"endpoint/{names[0].lower()}"), _OF_SAGEMAKER
    else:
        return []
    cluster = asking.arn("ecs", f"cluster/{names[0]}") if kind == "service" else ""
    made = [asking.need(action, arn, ecs_cluster=cluster) for action in actions]
    words = "User is missing the following permissions: {action}"
    return [replace(n, words=words.format(action=n.action), code="ValidationException") for n in made]


_OF_ECS = ("ecs:DescribeServices", "ecs:UpdateService")
_OF_SAGEMAKER = ("sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities")


def _linked(asking: Asking) -> list[Need]:
    namespace = asking.get("ServiceNamespace", "")
    if namespace not in _LINKED:
        return []
    service = f"{namespace}.application-autoscaling.amazonaws.com"
    needed: list[Need] = asking.holdings.linked_role(
        service, f"AWSServiceRoleForApplicationAutoScaling_{_LINKED[namespace]}"
    )
    return needed


def _alarm(asking: Asking, action: str) -> Need:
    """Alarms of a policy are made and removed on its caller's behalf."""
    arn = asking.arn("cloudwatch", f"alarm:TargetTracking-{asking.get('ResourceId', '')}-*")
    policy = asking.get("PolicyName", "")
    done = "create" if "Put" in action else "delete"
    before = f"Unable to {done} alarms for scaling policy {policy} due to reason: "
    return replace(asking.need(action, arn), before=before, code="FailedResourceAccessException")
