"""STS: no one needs a permission to ask who they are; taking on a role is decided with its trust.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking

_FREE = frozenset({"GetCallerIdentity", "GetSessionToken", "AssumeRole", "AssumeRoleWithWebIdentity"})


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    return [] if asking.operation in _FREE else [asking.need(f"sts:{asking.operation}")]
