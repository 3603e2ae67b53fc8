"""CloudWatch Logs: a group's ARN ends in `:log-stream:` where streams could be meant too.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking

_STREAMS = frozenset({"CreateLogStream", "DeleteLogStream", "PutLogEvents", "GetLogEvents"})
_ON_ALL = frozenset(
    {"DescribeLogGroups", "DescribeQueries", "StopQuery", "GetQueryResults", "DescribeDestinations"}
)


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"logs:{asking.operation}"
    if asking.operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        return [_on_tags(asking, action)]
    name = group_of(asking)
    if asking.operation in _ON_ALL or not name:
        return [asking.need(action)]
    group = asking.arn("logs", f"log-group:{name}")
    about = asking.need(action, group)
    stream = asking.get("logStreamName", "") if asking.operation in _STREAMS else ""
    made = Need(action, f"{group}:log-stream:{stream}", about.context)
    if asking.operation != "CreateLogGroup" or not asking.get("tags"):
        return [made]
    tags = asking.get("tags")
    created = Need(action, made.resource, asking.new(action, group, tags).context)
    return [created, asking.new("logs:TagResource", group, tags)]


def group_of(asking: Asking) -> str:
    """The name of the group that is meant, also by an ARN."""
    given = asking.get("logGroupName") or asking.get("logGroupIdentifier") or ""
    return (
        str(given).partition(":log-group:")[2].removesuffix(":*") if given.startswith("arn:") else str(given)
    )


def _on_tags(asking: Asking, action: str) -> Need:
    arn = str(asking.get("resourceArn", "")).removesuffix(":*")
    if asking.operation == "TagResource":
        return asking.new(action, arn, asking.get("tags", {}))
    return asking.need(action, arn, aws_TagKeys=asking.get("tagKeys", ()))
