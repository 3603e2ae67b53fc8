"""Whether policies allow an action: deny wins, then an identity policy must allow it, then the boundary too.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from localcloud.aws.iam.documents import Policy
from localcloud.aws.iam.wildcards import Context


@dataclass(frozen=True)
class Need:
    """One action on one resource that a request needs, and what conditions may look at.

    Where AWS refuses in other words than usual: `shown` is what it calls the resource, `before` what it says
    first, `words` all that it says, and `code` its error code.
    """

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    shown: str = ""
    before: str = ""
    words: str = ""
    code: str = ""
    linked_role: str = ""
    """The service-linked role that comes to be when the need is granted: a service's name."""


@dataclass(frozen=True)
class Decision:
    """`why` is the end of AWS's sentence when it is a refusal, else empty."""

    why: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the action may be done."""
        return not self.why


def decide(need: Need, identity: Sequence[Policy], boundary: Policy | None, context: Context) -> Decision:
    """What a principal's policies say of a need; `context` is that of its whole request."""
    seen = {**context, **need.context}
    if _says(identity, need, seen, allow=False):
        return Decision("with an explicit deny in an identity-based policy")
    if boundary and _says([boundary], need, seen, allow=False):
        return Decision("with an explicit deny in a permissions boundary")
    if not _says(identity, need, seen, allow=True):
        return Decision(f"because no identity-based policy allows the {need.action} action")
    if boundary and not _says([boundary], need, seen, allow=True):
        return Decision(f"because no permissions boundary allows the {need.action} action")
    return Decision()


def _says(policies: Iterable[Policy], need: Need, context: Context, *, allow: bool) -> bool:
    return any(
        statement.allow == allow and statement.covers(need.action, need.resource, context)
        for policy in policies
        for statement in policy.statements
    )
