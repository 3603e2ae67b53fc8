"""Where moto's IAM answers otherwise than AWS does about roles, put right within moto itself.

Words and codes as AWS gives them: "Actions" in the IAM API reference, quotas in "IAM and AWS STS quotas".
"""

from __future__ import annotations

import re
from typing import Any

from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    LimitExceededException,
    NotFoundException,
    ValidationError,
)
from moto.iam.models import IAMBackend

INLINE_LIMIT = 10_240
"""Characters of all inline policies of a role, white space not counted."""

_LONGEST = 64
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)

_create_role = IAMBackend.create_role
_put_boundary = IAMBackend.put_role_permissions_boundary
_put_role_policy = IAMBackend.put_role_policy
_update_role = IAMBackend.update_role
_delete_policy = IAMBackend.delete_policy


def install() -> None:
    """Calling it again changes nothing."""
    changed: dict[str, Any] = {
        "create_role": create_role,
        "get_role": get_role,
        "put_role_permissions_boundary": put_role_permissions_boundary,
        "put_role_policy": put_role_policy,
        "update_role": update_role,
        "delete_policy": delete_policy,
    }
    for name, function in changed.items():
        setattr(IAMBackend, name, function)


def create_role(
    backend: Any, role_name: str, document: str, path: str, boundary: str | None, *rest: Any, **words: Any
) -> Any:
    """Names differ by more than case, whatever the path; a boundary is a policy that is there."""
    _well_formed(role_name)
    if any(role.name.lower() == role_name.lower() for role in backend.get_roles()):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
    _attachable(backend, boundary)
    return _create_role(backend, role_name, document, path, boundary, *rest, **words)


def get_role(backend: Any, role_name: str) -> Any:
    for role in backend.get_roles():
        if role.name.lower() == role_name.lower():
            return role
    raise NotFoundException(f"The role with name {role_name} cannot be found.")


def put_role_permissions_boundary(backend: Any, role_name: str, boundary: str) -> None:
    get_role(backend, role_name)
    _attachable(backend, boundary)
    _put_boundary(backend, role_name, boundary)


def put_role_policy(backend: Any, role_name: str, policy_name: str, policy_json: str) -> None:
    others = {**get_role(backend, role_name).policies, policy_name: policy_json}
    if sum(len("".join(text.split())) for text in others.values()) > INLINE_LIMIT:
        raise LimitExceededException(
            f"Maximum policy size of {INLINE_LIMIT} bytes exceeded for role {role_name}"
        )
    _put_role_policy(backend, role_name, policy_name, policy_json)


def update_role(backend: Any, role_name: str, description: str | None, max_session_duration: Any) -> Any:
    """What is not told stays."""
    kept = get_role(backend, role_name).description if description is None else description
    return _update_role(backend, role_name, kept, max_session_duration)


def delete_policy(backend: Any, policy_arn: str) -> None:
    bounded = any(role.permissions_boundary_arn == policy_arn for role in backend.get_roles())
    if bounded or any(policy_arn in role.managed_policies for role in backend.get_roles()):
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    _delete_policy(backend, policy_arn)


def _well_formed(role_name: str) -> None:
    if len(role_name) > _LONGEST:
        raise ValidationError(
            f"1 validation error detected: Value '{role_name}' at 'roleName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_LONGEST}"
        )
    if not _NAME.fullmatch(role_name):
        raise ValidationError(
            "The specified value for roleName is invalid. It must contain only alphanumeric characters "
            "and/or the following: +=,.@_-"
        )


def _attachable(backend: Any, boundary: str | None) -> None:
    if boundary and "::aws:" not in boundary and boundary not in backend.managed_policies:
        raise NotFoundException(f"Scope ARN: {boundary} does not exist or is not attachable.")
