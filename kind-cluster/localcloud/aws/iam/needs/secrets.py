"""Secrets Manager: secrets by their full ARN, with the suffix that AWS gives them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from dataclasses import replace

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_ON_ALL = frozenset({"ListSecrets", "GetRandomPassword", "BatchGetSecretValue"})


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"secretsmanager:{asking.operation}"
    if asking.operation in _ON_ALL:
        return [asking.need(action)]
    if asking.operation == "CreateSecret":
        return _created(asking, action)
    reference = asking.get("SecretId", "")
    arn = asking.holdings.secret(reference) or _unsuffixed(asking, reference)
    keys = {"secretsmanager_SecretId": arn, "secretsmanager_VersionStage": asking.get("VersionStage", "")}
    if asking.operation == "TagResource":
        return [asking.new(action, arn, listed(asking.get("Tags")), **keys)]
    return [asking.need(action, arn, aws_TagKeys=asking.get("TagKeys", ()), **keys)]


def _created(asking: Asking, action: str) -> list[Need]:
    """AWS does not know the suffix yet, and names the secret by its name alone when it refuses."""
    name, tags = asking.get("Name", ""), listed(asking.get("Tags"))
    arn = _unsuffixed(asking, name)
    made = [asking.new(action, arn, tags, secretsmanager_Name=name)]
    if tags:
        made.append(asking.new("secretsmanager:TagResource", arn, tags))
    return [replace(need, shown=name) for need in made]


def _unsuffixed(asking: Asking, reference: str) -> str:
    return (
        reference
        if reference.startswith("arn:")
        else asking.arn("secretsmanager", f"secret:{reference}-??????")
    )
