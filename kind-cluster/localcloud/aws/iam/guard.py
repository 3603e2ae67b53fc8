"""Whether the principal of a request may do what it asks: evaluated, refused in AWS's words, and recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.aws.backend import AwsError
from localcloud.aws.iam import documents, refusals, trust
from localcloud.aws.iam.documents import Malformed, Policy
from localcloud.aws.iam.evaluation import Decision, Need, decide
from localcloud.aws.iam.holdings import Holdings
from localcloud.aws.iam.needs import needs, s3
from localcloud.aws.iam.record import Record
from localcloud.aws.iam.request import Asking
from localcloud.aws.iam.trust import Taker, Trust
from localcloud.aws.iam.wildcards import Context
from localcloud.aws.identities import Identity

_PROTOCOL = "json"


@dataclass(frozen=True)
class Who:
    """A principal with its policies; `name` is what records call it."""

    name: str
    principal: str
    policies: tuple[Policy, ...]
    boundary: Policy | None
    context: Context


class Iam:
    """Decides for one cloud. `used` are role → the actions it was allowed, and used."""

    def __init__(self, holdings: Holdings, where: tuple[str, str, str]) -> None:
        self._holdings = holdings
        self._partition, self._region, self._account = where
        self.record = Record()

    @property
    def used(self) -> dict[str, set[str]]:
        """Role → the actions it was allowed, and used."""
        return self.record.used

    def who(self, identity: Identity) -> Who | None:
        """A principal that is evaluated; None for one that is free.

        Free are the account's root, the cloud itself, principals of other accounts, and sessions of roles
        that are not in the local IAM.
        """
        if identity.account != self._account or identity.principal.endswith(":root"):
            return None
        held = self._held(identity)
        if held is None:
            return None
        name, holder = held
        return Who(
            name=name,
            principal=identity.principal,
            policies=tuple(documents.policy(text) for text in self._holdings.documents(holder)),
            boundary=self._boundary(holder),
            context=self._context(identity, holder),
        )

    def as_role(self, role_arn: str, session: str) -> Who | None:
        """A role as a service of AWS has taken it on; None for one that is not in the local IAM."""
        role = role_arn.rsplit("/", 1)[-1]
        principal = f"arn:{self._partition}:sts::{self._account}:assumed-role/{role}/{session}"
        return self.who(Identity("", "", None, principal, self._account, f":{session}", role_arn))

    def permit(self, who: Who, asking: Asking, protocol: str = _PROTOCOL) -> None:
        """Raises `AwsError` for the first thing that a request needs and its principal may not do."""
        needed = needs(asking)
        for need in needed:
            self._demand(who, need, asking.service, protocol)
        for need in needed:
            self.record.allow(who.name, need.action)

    def permit_role(
        self, role_arn: str, session: str, service: str, operation: str, **parameters: Any
    ) -> None:
        """The same of what a service does as a role; a role that is not in the local IAM may do all."""
        who = self.as_role(role_arn, session)
        if who is not None:
            self.permit(who, self.asking(service, operation, parameters))

    def may_list(self, who: Who, asking: Asking) -> bool:
        """Whether who asks for an object may learn that there is none."""
        return self._may(who, s3.listing(asking))

    def may(self, identity: Identity, action: str, resource: str) -> bool:
        """Whether an identity may do something that is no operation of AWS's API."""
        who = self.who(identity)
        return who is None or self._may(who, Need(action, resource))

    def _may(self, who: Who, need: Need) -> bool:
        decision = self._decide(who, need)
        if decision.allowed:
            self.record.allow(who.name, need.action)
        else:
            self.record.refuse(who.name, need.action, need.resource, decision.why)
        return decision.allowed

    def asking(self, service: str, operation: str, parameters: Any, **request: Any) -> Asking:
        """A request of this account and region."""
        return Asking(
            service=service,
            operation=operation,
            parameters=parameters,
            partition=self._partition,
            region=request.pop("region", self._region),
            account=self._account,
            tags_of=self._holdings.tags_of,
            holdings=self._holdings,
            **request,
        )

    # trust

    def service_may_assume(self, role_arn: str, service: str) -> bool | None:
        """Whether a role trusts a service (`lambda`); None for one that is not in the local IAM."""
        role = self._holdings.role_by_arn(role_arn)
        if role is None:
            return None
        # On whose behalf: something of that service in this region, whichever it is.
        of = service.removesuffix("-tasks")
        source = f"arn:{self._partition}:{of}:{self._region}:{self._account}:*"
        context = {"aws:sourceaccount": (self._account,), "aws:sourcearn": (source,)}
        return self._trust(role, Taker(service=f"{service}.amazonaws.com"), context).allowed

    def assume(self, identity: Identity, role_arn: str, external_id: str | None, session: str) -> None:
        """Raises `AwsError` AccessDenied when a principal may not take a role on.

        Roles that are not in the local IAM, those of other accounts among them, may be taken on by all.
        """
        role = self._holdings.role_by_arn(role_arn)
        if role is None:
            return
        who = self.who(identity)
        keys = {"sts:externalid": external_id, "sts:rolesessionname": session}
        context = {name: (value,) for name, value in keys.items() if value}
        arns = tuple(arn for arn in (identity.principal, identity.role_arn) if arn)
        seen = {**context, **(who.context if who else {})}
        found = self._trust(role, Taker(arns=arns, account=identity.account), seen)
        need = Need("sts:AssumeRole", role_arn, context)
        if not found.allowed:
            why = (
                "with an explicit deny in a resource-based policy"
                if found.denied
                else ("because no resource-based policy allows the sts:AssumeRole action")
            )
            self._refuse(who.name if who else "root", identity.principal, need, why)
        elif who is not None:
            self._demand_assuming(who, need, found)

    def _demand_assuming(self, who: Who, need: Need, found: Trust) -> None:
        """A role that names its taker needs no policy of the taker's, but a deny of it still holds."""
        decision = self._decide(who, need)
        if not decision.allowed and not (found.named and decision.why.startswith("because no identity")):
            self._refuse(who.name, who.principal, need, decision.why)
        self.record.allow(who.name, need.action)

    def _trust(self, role: Any, taker: Taker, context: Context) -> Trust:
        return trust.trusted(documents.trust_policy(str(role.assume_role_policy_document)), taker, context)

    # putting policies

    @staticmethod
    def check_put(operation: str, parameters: Any) -> None:
        """Raises `AwsError` MalformedPolicyDocument for a policy that could not be evaluated."""
        try:
            if operation in _PUTS and parameters.get("PolicyDocument"):
                read = documents.trust_policy if operation == "UpdateAssumeRolePolicy" else documents.policy
                read(parameters["PolicyDocument"])
            if operation == "CreateRole":
                documents.trust_policy(parameters.get("AssumeRolePolicyDocument", ""))
        except Malformed as error:
            raise AwsError("MalformedPolicyDocument", str(error)) from error

    # within

    def _demand(self, who: Who, need: Need, service: str, protocol: str) -> None:
        decision = self._decide(who, need)
        if not decision.allowed:
            self.record.refuse(who.name, need.action, need.resource, decision.why)
            raise refusals.denied(service, protocol, who.principal, need, decision.why)
        if need.linked_role:
            self._holdings.make_linked_role(need.linked_role)

    def _refuse(self, name: str, principal: str, need: Need, why: str) -> None:
        self.record.refuse(name, need.action, need.resource, why)
        raise refusals.denied("sts", "query", principal, need, why)

    def _decide(self, who: Who, need: Need) -> Decision:
        return decide(need, who.policies, who.boundary, who.context)

    def _held(self, identity: Identity) -> tuple[str, Any] | None:
        if identity.role_arn:
            role = self._holdings.role_by_arn(identity.role_arn)
            return None if role is None or _linked(role) else (str(role.name), role)
        name = identity.principal.rpartition("user/")[2]
        user = self._holdings.user(name)
        return None if user is None else (f"user/{name}", user)

    def _boundary(self, holder: Any) -> Policy | None:
        text = self._holdings.boundary(holder)
        return None if text is None else documents.policy(text)

    def _context(self, identity: Identity, holder: Any) -> Context:
        tags = self._holdings.role_tags(holder) if identity.role_arn else {}
        now = datetime.now(UTC)
        keys: Iterable[tuple[str, str]] = (
            ("aws:principalarn", identity.role_arn or identity.principal),
            ("aws:principalaccount", identity.account),
            ("aws:principaltype", "AssumedRole" if identity.role_arn else "User"),
            ("aws:userid", identity.user_id),
            ("aws:username", "" if identity.role_arn else identity.principal.rpartition("/")[2]),
            ("aws:requestedregion", self._region),
            ("aws:resourceaccount", self._account),
            ("aws:securetransport", "true"),
            ("aws:principalisawsservice", "false"),
            ("aws:viaawsservice", "false"),
            ("aws:currenttime", f"{now:%Y-%m-%dT%H:%M:%SZ}"),
            ("aws:epochtime", str(int(now.timestamp()))),
            *((f"aws:principaltag/{key}".lower(), value) for key, value in tags.items()),
        )
        return {key: (value,) for key, value in keys if value}


def _linked(role: Any) -> bool:
    return str(role.path).startswith("/aws-service-role/")


_PUTS = frozenset(
    {
        "PutRolePolicy",
        "PutUserPolicy",
        "PutGroupPolicy",
        "CreatePolicy",
        "CreatePolicyVersion",
        "UpdateAssumeRolePolicy",
    }
)
