"""IAM itself: roles, with their paths and boundaries, users and policies.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_ON_ALL = frozenset({"ListRoles", "ListUsers", "ListPolicies", "GetAccountSummary", "ListAccountAliases"})


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"iam:{asking.operation}"
    if asking.operation == "CreateServiceLinkedRole":
        return [_linked(asking, action)]
    if asking.operation in _ON_ALL:
        return [asking.need(action)]
    if asking.get("RoleName"):
        return _on_role(asking, action)
    if asking.get("PolicyArn") or asking.operation == "CreatePolicy":
        return _on_policy(asking, action)
    if asking.get("UserName"):
        path = asking.get("Path", "/") if asking.operation == "CreateUser" else "/"
        return [asking.need(action, iam_arn(asking, f"user{path}{asking.get('UserName')}"))]
    return [asking.need(action)]


def _on_role(asking: Asking, action: str) -> list[Need]:
    tags = listed(asking.get("Tags"))
    created = asking.operation == "CreateRole"
    known = asking.holdings.role(asking.get("RoleName"))
    path = asking.get("Path", "/") if created else known.path if known else "/"
    arn = iam_arn(asking, f"role{path}{asking.get('RoleName')}")
    asked = asking.operation in ("CreateRole", "PutRolePermissionsBoundary")
    boundary = asking.get("PermissionsBoundary") if asked else known and known.permissions_boundary_arn
    keys = {
        "iam_PermissionsBoundary": boundary or "",
        "iam_PolicyARN": asking.get("PolicyArn", ""),
        "aws_TagKeys": asking.get("TagKeys", ()),
    }
    tagged = [asking.new("iam:TagRole", arn, tags)] if created and tags else []
    return [asking.new(action, arn, tags, **keys), *tagged]


def _on_policy(asking: Asking, action: str) -> list[Need]:
    made = iam_arn(asking, f"policy{asking.get('Path', '/')}{asking.get('PolicyName', '')}")
    tags = listed(asking.get("Tags"))
    arn = made if asking.operation == "CreatePolicy" else asking.get("PolicyArn")
    tagged = [asking.new("iam:TagPolicy", arn, tags)] if asking.operation == "CreatePolicy" and tags else []
    return [asking.new(action, arn, tags), *tagged]


def _linked(asking: Asking, action: str) -> Need:
    service = asking.get("AWSServiceName", "")
    arn = iam_arn(asking, f"role/aws-service-role/{service}/AWSServiceRoleFor*")
    return asking.need(action, arn, iam_AWSServiceName=service)


def iam_arn(asking: Asking, rest: str) -> str:
    """These have no region."""
    return f"arn:{asking.partition}:iam::{asking.account}:{rest}"
