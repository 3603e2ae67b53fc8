"""CloudWatch: alarms by name; metrics have no resource.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_EACH = frozenset({"DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions"})


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"cloudwatch:{asking.operation}"
    if asking.operation in _EACH:
        return [asking.need(action, _alarm(asking, name)) for name in asking.get("AlarmNames", ())]
    if asking.operation == "DescribeAlarms":
        return [asking.need(action, _alarm(asking, "*"))]
    if asking.operation in ("PutMetricAlarm", "SetAlarmState", "DescribeAlarmHistory"):
        return _on_alarm(asking, action)
    if asking.operation == "TagResource":
        return [asking.new(action, asking.get("ResourceARN", ""), listed(asking.get("Tags")))]
    if asking.operation in ("UntagResource", "ListTagsForResource"):
        return [asking.need(action, asking.get("ResourceARN", ""), aws_TagKeys=asking.get("TagKeys", ()))]
    return [asking.need(action, cloudwatch_namespace=asking.get("Namespace", ""))]


def _on_alarm(asking: Asking, action: str) -> list[Need]:
    arn, tags = _alarm(asking, asking.get("AlarmName", "*")), listed(asking.get("Tags"))
    tagged = [asking.new("cloudwatch:TagResource", arn, tags)] if tags else []
    return [asking.new(action, arn, tags), *tagged]


def _alarm(asking: Asking, name: str) -> str:
    return asking.arn("cloudwatch", f"alarm:{name}")
