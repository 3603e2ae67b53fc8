"""Whether a role's trust policy lets someone take it on.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.aws.iam.documents import Policy, Statement
from localcloud.aws.iam.wildcards import Context

ASSUME = "sts:AssumeRole"


@dataclass(frozen=True)
class Taker:
    """Who takes a role on: a service by name, or a principal by the ARNs that name it, of an account."""

    service: str = ""
    arns: tuple[str, ...] = ()
    account: str = ""


@dataclass(frozen=True)
class Trust:
    """`named`: the policy names the taker itself; otherwise only its account, or no one."""

    allowed: bool
    named: bool = False
    denied: bool = False


def trusted(policy: Policy, taker: Taker, context: Context) -> Trust:
    """What a trust policy says of a taker."""
    matching = [s for s in policy.statements if _assumes(s) and s.holds(context) and _names(s, taker)]
    if any(not statement.allow for statement in matching):
        return Trust(False, denied=True)
    return Trust(bool(matching), any(_itself(statement, taker) for statement in matching))


def _assumes(statement: Statement) -> bool:
    return statement.actions.fullmatch(ASSUME) is not None


def _names(statement: Statement, taker: Taker) -> bool:
    return _itself(statement, taker) or any(
        _account_of(each) == taker.account for each in statement.principals.get("AWS", ()) if taker.account
    )


def _itself(statement: Statement, taker: Taker) -> bool:
    if taker.service:
        return taker.service in statement.principals.get("Service", ())
    aws = statement.principals.get("AWS", ())
    return "*" in aws or any(arn in aws for arn in taker.arns)


def _account_of(principal: str) -> str:
    """The account that a principal means as a whole: by its number or its root."""
    if principal.isdigit():
        return principal
    parts = principal.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[5] == "root" else ""
