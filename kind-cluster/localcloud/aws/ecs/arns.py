"""ARNs and ids of ECS, and what users may write in their place."""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Makes ARNs for one account and region."""

    partition: str
    region: str
    account: str

    def arn(self, kind: str, *path: str) -> str:
        """`arn:aws:ecs:<region>:<account>:<kind>/<path…>`."""
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:{kind}/{'/'.join(path)}"


def hex_id(digits: int = 32) -> str:
    """A random id as tasks and containers have."""
    return secrets.token_hex(digits // 2)


def deployment_id() -> str:
    """`ecs-svc/` and 19 digits."""
    return f"ecs-svc/{secrets.randbelow(9 * 10**18) + 10**18}"


def short_id() -> str:
    """The 21 characters of service deployments and revisions."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    return "".join(secrets.choice(alphabet) for _ in range(21))


def last(reference: str) -> str:
    """The name at the end of an ARN, or the name itself."""
    return reference.rsplit("/", 1)[-1]


def family_and_revision(reference: str) -> tuple[str, int | None]:
    """`family`, `family:revision` or an ARN of either, taken apart."""
    name = last(reference)
    family, _, revision = name.partition(":")
    return family, int(revision) if revision.isdigit() else None
