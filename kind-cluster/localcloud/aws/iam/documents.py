"""Policy documents, read and checked when they are put: what is not understood here is refused, not ignored.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from localcloud.aws.iam.condition_keys import known
from localcloud.aws.iam.conditions import Condition, condition
from localcloud.aws.iam.wildcards import Context, any_action, arn_like

_DOCUMENT = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_TRUST = frozenset({"Sid", "Effect", "Principal", "Action", "Condition"})
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_PRINCIPALS = frozenset({"AWS", "Service", "Federated"})


class Malformed(ValueError):
    """A document that is no policy, or one with what the local AWS cannot evaluate."""


@dataclass(frozen=True)
class Statement:
    """One statement; of `actions` and `resources` the lists hold, or of `not_` the contrary."""

    allow: bool
    actions: re.Pattern[str]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]
    principals: Mapping[str, tuple[str, ...]]
    """Of trust policies only."""

    def covers(self, action: str, resource: str, context: Context) -> bool:
        """Whether it says something of an action on a resource in this request."""
        return (
            (self.actions.fullmatch(action) is not None) != self.not_action
            and any(arn_like(pattern, resource, context) for pattern in self.resources) != self.not_resource
            and self.holds(context)
        )

    def holds(self, context: Context) -> bool:
        """Whether all its conditions do."""
        return all(each.holds(context) for each in self.conditions)


@dataclass(frozen=True)
class Policy:
    """A document, ready to be evaluated."""

    statements: tuple[Statement, ...]


@lru_cache(maxsize=1024)
def policy(text: str) -> Policy:
    """An identity policy or a permissions boundary. `Malformed` says what is wrong with it.

    Kept by content, so that a policy is read once, however often it is evaluated.
    """
    return Policy(tuple(_statement(each) for each in _statements(text)))


@lru_cache(maxsize=256)
def trust_policy(text: str) -> Policy:
    """A role's trust policy. `Malformed` says what is wrong with it."""
    return Policy(tuple(_trust_statement(each) for each in _statements(text)))


def _statements(text: str) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Malformed(f"This policy contains invalid Json: {error}") from error
    _only(document, _DOCUMENT, "document")
    if document.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise Malformed("The policy must contain a valid version string")
    found = document.get("Statement")
    statements = [found] if isinstance(found, Mapping) else found
    if not isinstance(statements, list) or not statements:
        raise Malformed("Syntax errors in policy: Statement is missing.")
    return statements


def _statement(document: Mapping[str, Any]) -> Statement:
    _only(document, _STATEMENT, "statement of an identity policy")
    actions, not_action = _either(document, "Action")
    resources, not_resource = _either(document, "Resource")
    for action in actions:
        if not _ACTION.fullmatch(action):
            words = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            raise Malformed(f"{words}: {action}")
    for resource in resources:
        if resource != "*" and not resource.startswith(("arn:", "*", "${")):
            raise Malformed(f'Resource {resource} must be in ARN format or "*".')
    return Statement(
        allow=_allows(document),
        actions=any_action(actions),
        not_action=not_action,
        resources=resources,
        not_resource=not_resource,
        conditions=_conditions(document),
        principals={},
    )


def _trust_statement(document: Mapping[str, Any]) -> Statement:
    _only(document, _TRUST, "statement of a trust policy")
    given = document.get("Principal")
    principals = {"AWS": "*"} if given == "*" else given
    if not isinstance(principals, Mapping) or not principals:
        raise Malformed("Missing required field Principal")
    _only(principals, _PRINCIPALS, "principal")
    return Statement(
        allow=_allows(document),
        actions=any_action(_list(document.get("Action"), "Action")),
        not_action=False,
        resources=("*",),
        not_resource=False,
        conditions=_conditions(document),
        principals={kind: _list(values, kind) for kind, values in principals.items()},
    )


def _allows(document: Mapping[str, Any]) -> bool:
    effect = document.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise Malformed(f"Invalid effect: {effect}")
    return bool(effect == "Allow")


def _either(document: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    negative = f"Not{name}"
    if (name in document) == (negative in document):
        raise Malformed(f"Policy statement must contain either {name} or {negative}.")
    found = negative if negative in document else name
    return _list(document[found], found), found == negative


def _conditions(document: Mapping[str, Any]) -> tuple[Condition, ...]:
    given = document.get("Condition") or {}
    return tuple(
        _condition(operator, key, values) for operator, keys in given.items() for key, values in keys.items()
    )


def _condition(operator: str, key: str, values: Any) -> Condition:
    if not known(key):
        raise Malformed(f"The local AWS gives no condition key {key}: it cannot evaluate this policy.")
    try:
        return condition(operator, key, _list(values, key))
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed(str(error)) from error


def _list(value: Any, name: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str | bool | int) for each in values):
        raise Malformed(f"Syntax errors in policy: {name} must be a text or a list of texts.")
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)


def _only(document: Any, names: frozenset[str], what: str) -> None:
    if not isinstance(document, Mapping):
        raise Malformed(f"Syntax errors in policy: a {what} must be an object.")
    unknown = sorted(document.keys() - names)
    if unknown:
        raise Malformed(f"Syntax errors in policy: {', '.join(unknown)} is not known in a {what}.")
