"""What a call needs in AWS: actions, on what, under which conditions. Pure; `policy` makes documents of it.

Each file beside its calls has `PERMISSIONS`, a tuple of `Permission`. Texts hold places that are filled in
later: {partition} {region} {account} {owner} (a platform's ownerId) {bucket}, and those of `policy.Where`.
A place that nothing is known of becomes `*`; one with several values makes one text for each.

Source of actions, resource types and condition keys: AWS's Service Authorization Reference. A test holds
every line against it.
"""

from __future__ import annotations

from dataclasses import dataclass

from modelpoc.aws import tags

OWNER_ID = tags.FLEET
NAMED = "*-??????????"
"""Every name that we choose ends in ten digits of a hash. IAM has no pattern that says digits."""
BUCKET = "arn:{partition}:s3:::{bucket}"


@dataclass(frozen=True, order=True)
class Condition:
    """`operator` as IAM has it; `policy` makes StringLike of StringEquals where a value has a `*`."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Permission:
    """Everything in `actions` on everything in `resources`, when all `conditions` hold."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    why: str = ""
    """Why it is `*`, or without the condition that one would expect. For readers and for the linting test."""
    plan: bool = False
    """Whether whoever only plans (`modelpoc plan`, a pull request) needs it too."""


OWNED = Condition("StringEquals", f"aws:ResourceTag/{OWNER_ID}", ("{owner}",))
"""Carries our platform's mark."""
MARKED = Condition("StringEquals", f"aws:RequestTag/{OWNER_ID}", ("{owner}",))
"""Is made with our platform's mark."""
CHANGING = (
    Condition("StringEqualsIfExists", f"aws:ResourceTag/{OWNER_ID}", ("{owner}",)),
    Condition("StringEqualsIfExists", f"aws:RequestTag/{OWNER_ID}", ("{owner}",)),
)
"""Carries our mark or none, and gets no other: what is made with tags, what is adopted, what lost a tag.

Only on what has a name like ours, or a place of ours: without tags, the name is all that tells it.
"""


def arn_at(service: str, rest: str) -> str:
    """`arn:<partition>:<service>:<region>:<account>:<rest>`."""
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{rest}"


def of(service: str, *names: str) -> tuple[str, ...]:
    """`<service>:<name>` for each."""
    return tuple(f"{service}:{name}" for name in names)


def reads(*actions: str, on: tuple[str, ...] = ("*",), why: str = "", plan: bool = True) -> Permission:
    """Looking only: what a plan needs too, unless told otherwise."""
    return Permission(actions, on, why=why, plan=plan)


def makes(*actions: str) -> Permission:
    """Making something with our mark: what is new may have any name, and is ours from then on."""
    return Permission(actions, ("*",), (MARKED,), why="the mark alone says whose it will be")


def on_ours(*actions: str) -> Permission:
    """On whatever bears our mark, whatever its name."""
    return Permission(actions, ("*",), (OWNED,), why="the mark alone says whose it is")


def passes(service: str, *roles: str) -> Permission:
    """Handing a role (its ARN, or a place that stands for it) to one AWS service and no other."""
    to = Condition("StringEquals", "iam:PassedToService", (service,))
    return Permission(("iam:PassRole",), roles, (to,))


def service_role(service: str) -> Permission:
    """Making the role by which a service acts in an account; AWS does so with the first thing there."""
    where = "arn:{partition}:iam::{account}:role/aws-service-role/*"  # the service's name tells which
    of_service = Condition("StringEquals", "iam:AWSServiceName", (service,))
    return Permission(("iam:CreateServiceLinkedRole",), (where,), (of_service,))


def actions_of(permissions: tuple[Permission, ...]) -> tuple[str, ...]:
    """Each action once, in order."""
    return tuple(sorted({action for one in permissions for action in one.actions}))
