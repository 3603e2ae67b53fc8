"""What gives a role its rights: one inline policy of ours, a boundary, and whatever others added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelpoc.aws import role_policy
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import CloudError, Gone, Stall

POLICY = "modelpoc"
"""Name of the one inline policy."""


async def rights(scope: AwsScope, name: str) -> dict[str, Any]:
    """`policy` and `beside`: the deep fields of a role that GetRole leaves out."""
    others = await beside(scope, name)
    try:
        answer = await scope.call("iam", "GetRolePolicy", RoleName=name, PolicyName=POLICY)
    except Gone:
        return {"policy": {}, "beside": others}
    return {"policy": role_policy.read(answer["PolicyDocument"]), "beside": others}


async def beside(scope: AwsScope, name: str) -> tuple[str, ...]:
    """What others gave it: names of inline policies, ARNs of attached ones."""
    inline = await scope.call("iam", "ListRolePolicies", RoleName=name)
    attached = await scope.call("iam", "ListAttachedRolePolicies", RoleName=name)
    others = [p for p in inline["PolicyNames"] if p != POLICY]
    return (*sorted(others), *sorted(p["PolicyArn"] for p in attached["AttachedPolicies"]))


async def take_off(scope: AwsScope, name: str, policies: Iterable[str]) -> None:
    """Each by what it is called: attached ones by their ARN, the role's own by a name."""
    for policy in policies:
        attached = policy.startswith("arn:")
        operation = "DetachRolePolicy" if attached else "DeleteRolePolicy"
        which = {"PolicyArn": policy} if attached else {"PolicyName": policy}
        try:
            await scope.call("iam", operation, RoleName=name, **which)
        except Gone:
            continue


async def put_policy(scope: AwsScope, name: str, policy: role_policy.Statements) -> None:
    document = role_policy.written(policy)
    await scope.call("iam", "PutRolePolicy", RoleName=name, PolicyName=POLICY, PolicyDocument=document)


async def put_boundary(scope: AwsScope, name: str, boundary: str) -> None:
    """Raises Stall when there is no such policy."""
    try:
        await scope.call("iam", "PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=boundary)
    except Gone as error:
        if "policy" in str(error):
            raise no_boundary(boundary, error) from error
        raise


def no_boundary(boundary: str, error: CloudError) -> Stall:
    return Stall(
        "InvalidSpec",
        f"{error}: make the policy {boundary} (modelpoc iam-policy boundary), or correct the platform's "
        "spec.ecs.taskRole.perPoc.permissionsBoundaryArn",
    )
