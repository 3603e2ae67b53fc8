"""Permissions made into a policy document of IAM: places filled in, statements merged, in one order. Pure."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelpoc.aws.permission import CHANGING, MARKED, OWNED, Condition, Permission

Document = dict[str, Any]
Values = tuple[str, ...]

VERSION = "2012-10-17"
_COLONS = 5
"""Before the last part of an ARN, where a wildcard at the end means all that follows."""
INLINE_LIMIT = 10_240
"""Characters of all inline policies of a role, white space not counted ("IAM and AWS STS quotas")."""
MANAGED_LIMIT = 6_144
"""Characters of a managed policy, such as a permissions boundary; counted and documented alike."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """What a policy is narrowed to. Each field is a place in `Permission`'s texts, and may have many values.

    What is empty becomes `*` in that place; but what a platform names beside its own things (`listener`,
    `load_balancer`, `assumed_role`) is then nothing, and the permission is left out. So it is with the roles
    and boundaries that are handed out, once `whole` says that all of them are named.
    """

    partition: Values = ("aws",)
    region: Values = ()
    account: Values = ()
    owner: Values = ()
    """ownerIds of platforms."""
    bucket: Values = ()
    cluster: Values = ()
    """Names of ECS clusters."""
    api: Values = ()
    """Ids of HTTP APIs."""
    listener: Values = ()
    """ARNs of listeners that the operator does not own."""
    load_balancer: Values = ()
    """ARNs of load balancers that the operator does not own."""
    assumed_role: Values = ()
    """ARNs of roles that the operator takes on."""
    execution_role: Values = ()
    """ARNs, like the other roles."""
    task_role: Values = ()
    sagemaker_role: Values = ()
    function_role: Values = ()
    boundary: Values = ()
    """ARNs of permissions boundaries of POCs' own roles."""
    secret: Values = ()
    """ARNs of secrets in Secrets Manager that POCs may name."""
    parameter: Values = ()
    """ARNs of SSM parameters that POCs may name."""
    repository: Values = ()
    """ARNs of ECR repositories."""
    namespace: Values = ()
    """Kubernetes namespace of the POC that a task role is for."""
    poc: Values = ()
    """Its name."""
    whole: bool = False
    """Whether platforms were asked, which name every role and boundary that they hand out."""

    def of(self, place: str) -> Values:
        """What stands in a place; nothing takes the permission away."""
        values: Values = getattr(self, place)
        if values or place in _NAMED_ONLY or (self.whole and place in _HANDED_OUT):
            return values
        return tuple(filled(_UNKNOWN.get(place, "*"), self))


_NAMED_ONLY = frozenset({"listener", "load_balancer", "assumed_role"})
_HANDED_OUT = frozenset({"execution_role", "task_role", "sagemaker_role", "function_role", "boundary"})
_ANY_ROLE = "arn:{partition}:iam::{account}:role/*"
_UNKNOWN = {
    "execution_role": _ANY_ROLE,
    "task_role": _ANY_ROLE,
    "sagemaker_role": _ANY_ROLE,
    "function_role": _ANY_ROLE,
    # Not AWS's own, whose account is called `aws`: AdministratorAccess is no boundary.
    "boundary": "arn:{partition}:iam::????????????:policy/*",
    "secret": "arn:{partition}:secretsmanager:{region}:{account}:secret:*",
    "parameter": "arn:{partition}:ssm:{region}:{account}:parameter/*",
    "repository": "arn:{partition}:ecr:{region}:{account}:repository/*",
}
"""What stands for a whole ARN, when none is known."""
PLACES = frozenset(f.name for f in dataclasses.fields(Where)) - {"whole"}


def filled(text: str, where: Where) -> Iterator[str]:
    """`text` with each combination of what stands in its places."""
    places = list(dict.fromkeys(p for _, p, _, _ in string.Formatter().parse(text) if p))
    for values in itertools.product(*(where.of(place) for place in places)):
        yield re.sub(r"\*+", "*", text.format(**dict(zip(places, values, strict=True))))


def document(permissions: Iterable[Permission], where: Where) -> Document:
    """One policy document, ready for `aws iam put-role-policy`. The same permissions give the same text."""
    return {"Version": VERSION, "Statement": statements(permissions, where)}


def size(policy: Document) -> int:
    """Characters as IAM counts them."""
    return len("".join(json.dumps(policy, separators=(",", ":"), ensure_ascii=False).split()))


@dataclass(frozen=True, order=True)
class _Grant:
    conditions: tuple[Condition, ...]
    resources: Values
    actions: Values


def statements(permissions: Iterable[Permission], where: Where) -> list[Document]:
    """Merged as far as it grants no more: see `_together`."""
    grants = [grant for one in permissions for grant in _grants(one, where)]
    merged = _of_one_key(_together(grants))
    sids: defaultdict[str, int] = defaultdict(int)
    return [_statement(grant, sids) for grant in sorted(merged, key=_order)]


def _grants(one: Permission, where: Where) -> Iterator[_Grant]:
    resources = tuple(sorted({text for r in one.resources for text in filled(r, where)}))
    conditions = tuple(sorted(c for raw in one.conditions if (c := _condition(raw, where))))
    if resources and all(list(filled(v, where)) for raw in one.conditions for v in raw.values):
        yield _Grant(conditions, resources, tuple(sorted(one.actions)))


def _condition(raw: Condition, where: Where) -> Condition | None:
    """None for one that always holds."""
    values = tuple(sorted({text for value in raw.values for text in filled(value, where)}))
    if "*" in values and raw.operator.endswith("IfExists"):
        return None
    wild = any("*" in value or "?" in value for value in values)
    operator = raw.operator.replace("StringEquals", "StringLike") if wild else raw.operator
    return Condition(operator, raw.key, values)


def _together(grants: Iterable[_Grant]) -> list[_Grant]:
    """Grants under the same conditions as one, where each action still gets only what was declared for it."""
    grants = sorted(set(grants), key=lambda g: (not _only_reads(g), g))
    known = _Known.of(grants)
    groups: list[_Grant] = []
    for grant in grants:
        for at, group in enumerate(groups):
            if group.conditions == grant.conditions and known.fit(group, grant) and known.fit(grant, group):
                groups[at] = _joined(group, grant)
                break
        else:
            groups.append(grant)
    return groups


@dataclass(frozen=True)
class _Known:
    """What is declared: the pairs of actions and resources, and for each action its types of resources."""

    declared: frozenset[tuple[Any, str, str]]
    types: frozenset[tuple[str, str]]
    of_any_type: frozenset[str]

    @classmethod
    def of(cls, grants: Iterable[_Grant]) -> _Known:
        declared = frozenset((g.conditions, a, r) for g in grants for a in g.actions for r in g.resources)
        types = frozenset((a, _type(r)) for _, a, r in declared)
        return cls(declared, types, frozenset(a for a, sort in types if "*" in sort and sort != "*"))

    def fit(self, one: _Grant, other: _Grant) -> bool:
        """Whether the actions of one may stand beside the resources of the other."""
        return all(
            (one.conditions, a, r) in self.declared or self._void(a, r)
            for a in one.actions
            for r in other.resources
        )

    def _void(self, action: str, resource: str) -> bool:
        """An action on a resource of another service, or of a type that is declared for it nowhere, is
        nothing: a test holds against AWS's reference that it is."""
        sort = _type(resource)
        if "*" in sort or action in self.of_any_type:
            return resource != "*" and _service(action) != resource.split(":")[2]
        return (action, sort) not in self.types


def _joined(one: _Grant, other: _Grant) -> _Grant:
    resources = tuple(sorted({*one.resources, *other.resources}))
    return _Grant(one.conditions, resources, tuple(sorted({*one.actions, *other.actions})))


def _service(action: str) -> str:
    return action.partition(":")[0]


def _type(resource: str) -> str:
    """What sort of thing an ARN names: `ecs:cluster`. API Gateway's verbs go to all sorts alike."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return resource
    if parts[2] == "apigateway":
        return f"{parts[2]}:{parts[5].split('/')[1]}"
    if parts[2] == "s3":
        return _type_of_s3(parts[5])
    return f"{parts[2]}:{re.split('[:/]', parts[5])[0]}"


def _type_of_s3(name: str) -> str:
    """A bucket's name that is a pattern goes on over the slash: it means the objects too."""
    if "/" in name:
        return "s3:object"
    return "s3:*" if "*" in name or "?" in name else "s3:bucket"


def _of_one_key(grants: Iterable[_Grant]) -> list[_Grant]:
    """Those that only differ in the values of one condition, such as the service that a role is for."""
    groups: dict[Any, _Grant] = {}
    for grant in grants:
        last = grant.conditions[-1:]
        key = (grant.actions, grant.resources, grant.conditions[:-1], *((c.operator, c.key) for c in last))
        if known := groups.get(key):
            values = tuple(sorted({*known.conditions[-1].values, *last[0].values})) if last else ()
            widened = tuple(Condition(c.operator, c.key, values) for c in last)
            grant = _Grant((*grant.conditions[:-1], *widened), grant.resources, grant.actions)
        groups[key] = grant
    return list(groups.values())


def _order(grant: _Grant) -> tuple[Any, ...]:
    """What is free first, then by service."""
    return (grant.resources != ("*",), grant.actions, grant.conditions, grant.resources)


def _statement(grant: _Grant, sids: defaultdict[str, int]) -> Document:
    name = _sid(grant)
    sids[name] += 1
    statement: Document = {
        "Sid": name if sids[name] == 1 else f"{name}{sids[name]}",
        "Effect": "Allow",
        "Action": list(grant.actions),
        "Resource": [r for r in grant.resources if not any(_covers(wide, r) for wide in grant.resources)],
    }
    return statement | ({"Condition": _block(grant.conditions)} if grant.conditions else {})


def _covers(wide: str, resource: str) -> bool:
    """Whether a pattern has all that another has: one that goes on after the same beginning."""
    whole = wide.endswith("*") and (wide == "*" or wide.count(":") >= _COLONS)
    return whole and wide != resource and resource.startswith(wide[:-1])


def _block(conditions: Iterable[Condition]) -> Mapping[str, Mapping[str, Any]]:
    block: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for one in conditions:
        block[one.operator][one.key] = one.values[0] if len(one.values) == 1 else list(one.values)
    return dict(block)


_TITLES = {
    "apigateway": "Gateway",
    "application-autoscaling": "Scaling",
    "cloudwatch": "Alarms",
    "ecr": "Images",
    "ecs": "Ecs",
    "execute-api": "Routes",
    "elasticloadbalancing": "Balancing",
    "iam": "Roles",
    "kms": "Keys",
    "lambda": "Functions",
    "logs": "Logs",
    "s3": "Files",
    "sagemaker": "SageMaker",
    "secretsmanager": "Secrets",
    "ssm": "Parameters",
    "sts": "Account",
}
_READS = ("Describe", "Get", "List", "Filter", "GET", "BatchGet", "BatchCheck")
_ALONE = {"iam:PassRole": "PassRoles", "iam:CreateServiceLinkedRole": "ServiceRoles"}


def _sid(grant: _Grant) -> str:
    """`ReadEcs`, `MakeAlarms`, `ChangeOurLogs`, …"""
    if grant.actions[0] in _ALONE:
        return _ALONE[grant.actions[0]]
    services = list(dict.fromkeys(_TITLES.get(a.partition(":")[0], "Aws") for a in grant.actions))
    return _verb(grant) + ("".join(services) if len(services) < 3 else "All")


def _only_reads(grant: _Grant) -> bool:
    return all(action.partition(":")[2].startswith(_READS) for action in grant.actions)


def _verb(grant: _Grant) -> str:
    kinds = {(c.operator.endswith("IfExists"), c.key) for c in grant.conditions}
    names = [a.partition(":")[2] for a in grant.actions]
    if _only_reads(grant):
        return "Read"
    if (False, MARKED.key) in kinds:
        return "Make"
    if all("Tag" in name for name in names):
        return "Tag"
    if (False, OWNED.key) in kinds:
        return "Own"
    return "Change" if (True, CHANGING[0].key) in kinds else "Use"
