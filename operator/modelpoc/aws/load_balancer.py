"""An application load balancer: the private way from the HTTP API to the containers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.permission import (
    CHANGING,
    NAMED,
    Permission,
    arn_at,
    makes,
    of,
    on_ours,
    reads,
    service_role,
)
from modelpoc.aws.seen import as_given, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import chunks, disown_elbv2, elbv2_tags, named_like_ours, retag_elbv2
from modelpoc.reconcile.errors import Gone, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Phase, Resource, State

_BALANCER = (arn_at("elasticloadbalancing", f"loadbalancer/app/{NAMED}/*"),)
PERMISSIONS = (
    reads(*of("elasticloadbalancing", "DescribeLoadBalancers", "DescribeTags")),
    makes("elasticloadbalancing:CreateLoadBalancer"),
    Permission(of("elasticloadbalancing", "AddTags", "SetSecurityGroups", "SetSubnets"), _BALANCER, CHANGING),
    on_ours(*of("elasticloadbalancing", "DeleteLoadBalancer", "RemoveTags")),
    service_role("elasticloadbalancing.amazonaws.com"),
)


@dataclass(frozen=True, kw_only=True)
class LoadBalancer(Resource):
    """Named with 32 characters at most, no hyphen at the ends. Given: its ARN."""

    kind: ClassVar[str] = "LoadBalancer"
    scheme: str = "internal"
    subnets: tuple[str, ...] = ()
    """Of at least two availability zones."""
    security_groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


class LoadBalancerKind(BaseKind[LoadBalancer, AwsScope]):
    """Its id is its ARN; the attribute "label" is the part that metrics and autoscaling want."""

    kind = "LoadBalancer"
    fast = frozenset({"scheme", "subnets", "security_groups", "tags"})
    create_only = frozenset({"scheme"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(want, have)
            case "subnets" | "security_groups":
                return tuple(sorted(want)) == tuple(have)
            case _:
                return bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        given = {lb.id for lb in scope.inventory.of_kind(self.kind) if lb.name == lb.id}
        found = await self._described(scope)
        ours = [lb for lb in found if named_like_ours(lb["LoadBalancerName"])]
        looked_at = [as_given(observed(lb, {})) for lb in found if lb["LoadBalancerArn"] in given]
        return await self._with_tags(scope, ours) + looked_at

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        given = sorted(name for name in names if name.startswith("arn:"))
        ours = sorted(set(names).difference(given))
        looked_at = [lb for arn in given for lb in await self._described(scope, LoadBalancerArns=[arn])]
        found = [as_given(observed(lb, {})) for lb in looked_at]
        found += await self._with_tags(scope, await self._named(scope, ours))
        return {lb.name: lb for lb in found}

    async def _named(self, scope: AwsScope, names: Collection[str]) -> list[dict[str, Any]]:
        """Twenty a call; a name that is not there fails its whole call, so those are then asked alone."""
        found = []
        for some in chunks(names, 20):
            known = await self._described(scope, Names=list(some))
            if not known and len(some) > 1:
                known = [lb for name in some for lb in await self._described(scope, Names=[name])]
            found += known
        return found

    async def _described(self, scope: AwsScope, **which: Any) -> list[dict[str, Any]]:
        if not which:
            which = {"PageSize": 400}
        try:
            pages = [page async for page in scope.pages("elbv2", "DescribeLoadBalancers", **which)]
        except Gone:
            return []
        return [lb for page in pages for lb in page["LoadBalancers"]]

    async def _with_tags(self, scope: AwsScope, found: list[dict[str, Any]]) -> list[Observed]:
        by_arn = await elbv2_tags(scope, [lb["LoadBalancerArn"] for lb in found])
        return [observed(lb, by_arn.get(lb["LoadBalancerArn"], {})) for lb in found]

    async def create(self, scope: AwsScope, want: LoadBalancer) -> Observed:
        answer = await scope.call(
            "elbv2",
            "CreateLoadBalancer",
            Name=want.name,
            Type="application",
            Scheme=want.scheme,
            Subnets=sorted(want.subnets),
            SecurityGroups=sorted(want.security_groups),
            Tags=tags.to_list(want.tags),
        )
        created = observed(answer["LoadBalancers"][0], want.tags)
        # The answer of a load balancer being made may lack its zones.
        return with_fields(created, subnets=tuple(sorted(want.subnets)))

    async def update(
        self, scope: AwsScope, want: LoadBalancer, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if changed & self.create_only:
            raise Stall(
                "InvalidSpec",
                f"{have.name} is {have.fields['scheme']}, which AWS lets nobody change: delete it",
            )
        for name in ("subnets", "security_groups"):
            if name in changed:
                have = await self._set(scope, have, name, tuple(sorted(getattr(want, name))))
                scope.inventory.wrote(have)
        if "tags" in changed:
            now = await retag_elbv2(scope, have.id, want.tags, have.fields["tags"])
            have = with_fields(have, tags=now)
        return have

    async def _set(self, scope: AwsScope, have: Observed, field: str, value: tuple[str, ...]) -> Observed:
        operation, parameter = {
            "subnets": ("SetSubnets", "Subnets"),
            "security_groups": ("SetSecurityGroups", "SecurityGroups"),
        }[field]
        await scope.call("elbv2", operation, LoadBalancerArn=have.id, **{parameter: list(value)})
        return with_fields(have, **{field: value})

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("elbv2", "DeleteLoadBalancer", LoadBalancerArn=have.id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await disown_elbv2(scope, have.id, have.fields["tags"])


def observed(lb: Mapping[str, Any], found: Mapping[str, str]) -> Observed:
    """A load balancer as DescribeLoadBalancers and CreateLoadBalancer describe it, with its tags."""
    arn = lb["LoadBalancerArn"]
    return Observed(
        "LoadBalancer",
        lb["LoadBalancerName"],
        id=arn,
        fields={
            "scheme": lb.get("Scheme"),
            "subnets": tuple(sorted(zone["SubnetId"] for zone in lb.get("AvailabilityZones", ()))),
            "security_groups": tuple(sorted(lb.get("SecurityGroups", ()))),
            "tags": dict(found),
        },
        attrs={
            "arn": arn,
            "id": arn,
            "name": lb["LoadBalancerName"],
            "dns": lb.get("DNSName", ""),
            "label": arn.partition(":loadbalancer/")[2],
            "vpc_id": lb.get("VpcId", ""),
            "type": lb.get("Type", "application"),
        },
        owner=tags.mark_of(found),
        state=state(lb.get("State", {})),
    )


def state(answer: Mapping[str, str]) -> State:
    """`active_impaired` routes requests but cannot grow: told, and otherwise well."""
    reason = answer.get("Reason", "")
    match answer.get("Code", "active"):
        case "provisioning":
            return State(Phase.SETTLING, "Creating", reason or "the load balancer is being made")
        case "failed":
            return State(Phase.BROKEN, "InvalidSpec", reason or "AWS could not make the load balancer")
        case "active_impaired":
            return State(message=reason or "the load balancer answers, but AWS lacks resources to scale it")
        case _:
            return State()
