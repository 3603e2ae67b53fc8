"""The policies of every role that modelpoc needs in an AWS account, from what each file declares. Pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType

from modelpoc.aws import credentials, policy_document, policy_roles
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.permission import Permission
from modelpoc.aws.policy_document import Document, Where

__all__ = ["ROLES", "Document", "Where", "actions", "document", "permissions"]


def _of_kinds() -> tuple[Permission, ...]:
    modules = dict.fromkeys(sys.modules[type(kind).__module__] for kind in KINDS.values())
    return tuple(one for module in modules for one in module.PERMISSIONS)


def _of_operator() -> tuple[Permission, ...]:
    return (*_of_kinds(), *credentials.PERMISSIONS)


def _of_reader() -> tuple[Permission, ...]:
    """Whoever plans, such as a pull request's check: the same readings, and no writing."""
    return tuple(one for one in _of_kinds() if one.plan)


_PERMISSIONS: Mapping[str, tuple[Permission, ...]] = MappingProxyType(
    {
        "operator": _of_operator(),
        "reader": _of_reader(),
        "execution": policy_roles.EXECUTION,
        "task": policy_roles.TASK,
        "boundary": policy_roles.BOUNDARY,
        "sagemaker": policy_roles.SAGEMAKER,
        "function": policy_roles.FUNCTION,
    }
)
ROLES = tuple(_PERMISSIONS)


def permissions(role: str) -> tuple[Permission, ...]:
    """What a role of ROLES needs. Raises KeyError for another."""
    return _PERMISSIONS[role]


def document(role: str, where: Where) -> Document:
    """The policy document of a role of ROLES. Raises KeyError for another."""
    return policy_document.document(permissions(role), where)


def actions(role: str) -> frozenset[str]:
    """Every action that a role is granted wherever it is, whatever a platform names beside its own things."""
    statements = document(role, Where())["Statement"]
    return frozenset(action for statement in statements for action in statement["Action"])
