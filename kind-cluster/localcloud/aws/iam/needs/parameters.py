"""Parameter Store: each parameter that is asked for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_ONE = frozenset({"GetParameter", "PutParameter", "DeleteParameter", "GetParameterHistory"})


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"ssm:{asking.operation}"
    if asking.operation in ("GetParameters", "DeleteParameters"):
        return [asking.need(action, _arn(asking, name)) for name in asking.get("Names", ())]
    if asking.operation == "GetParametersByPath":
        return [asking.need(action, _arn(asking, asking.get("Path", "")))]
    if asking.operation in _ONE:
        return [asking.new(action, _arn(asking, asking.get("Name", "")), listed(asking.get("Tags")))]
    if asking.get("ResourceType") == "Parameter":
        tags, keys = listed(asking.get("Tags")), asking.get("TagKeys", ())
        return [asking.new(action, _arn(asking, asking.get("ResourceId", "")), tags, aws_TagKeys=keys)]
    return [asking.need(action)]


def _arn(asking: Asking, name: str) -> str:
    """By name or ARN, with or without a version or label."""
    if name.startswith("arn:"):
        return name
    return asking.arn("ssm", f"parameter/{name.removeprefix('/').partition(':')[0]}")
