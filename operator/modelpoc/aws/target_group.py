"""A target group: where the load balancer finds a POC's containers, and how it asks whether they are well."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
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
)
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import disown_elbv2, elbv2_tags, named_like_ours, retag_elbv2
from modelpoc.reconcile.errors import Gone, NotYet, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

_GROUP = (arn_at("elasticloadbalancing", f"targetgroup/{NAMED}/*"),)
PERMISSIONS = (
    reads(
        *of("elasticloadbalancing", "DescribeTags", "DescribeTargetGroupAttributes", "DescribeTargetGroups")
    ),
    makes("elasticloadbalancing:CreateTargetGroup"),
    Permission(
        of("elasticloadbalancing", "AddTags", "ModifyTargetGroup", "ModifyTargetGroupAttributes"),
        _GROUP,
        CHANGING,
    ),
    on_ours(*of("elasticloadbalancing", "DeleteTargetGroup", "RemoveTags")),
)

_DELAY = "deregistration_delay.timeout_seconds"
_DEFAULT_DELAY = 300
"""Elastic Load Balancing, "Edit target group attributes": the deregistration delay of a new group."""

_HEALTH = {
    "health_path": "HealthCheckPath",
    "health_interval": "HealthCheckIntervalSeconds",
    "health_timeout": "HealthCheckTimeoutSeconds",
    "healthy_threshold": "HealthyThresholdCount",
    "unhealthy_threshold": "UnhealthyThresholdCount",
}


@dataclass(frozen=True, kw_only=True)
class TargetGroup(Resource):
    """Targets are IP addresses, asked by HTTP/1.1. `name` has at most 32 characters, no hyphen at the ends.

    `port` is a constant: ECS registers each container with its own. Times are seconds.
    """

    kind: ClassVar[str] = "TargetGroup"
    vpc_id: str | Ref
    port: int = 80
    health_path: str = "/health"
    health_interval: int = 10
    health_timeout: int = 5
    healthy_threshold: int = 2
    unhealthy_threshold: int = 3
    matcher: str = "200"
    deregistration_delay: int = 30
    tags: Mapping[str, str] = field(default_factory=dict)


class TargetGroupKind(BaseKind[TargetGroup, AwsScope]):
    """Its id is its ARN. The deregistration delay is an attribute, a call for each group."""

    kind = "TargetGroup"
    answers = True
    fast = frozenset({*_HEALTH, "matcher", "vpc_id", "port", "tags"})
    deep = frozenset({"deregistration_delay"})
    create_only = frozenset({"vpc_id", "port"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        groups = await _listed(scope)
        return await _tagged(scope, [g for g in groups if named_like_ours(g["TargetGroupName"])])

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        groups = await _named(scope, next(iter(names))) if len(names) == 1 else await _listed(scope)
        found = await _tagged(scope, [g for g in groups if g["TargetGroupName"] in names])
        if deep:
            found = [await _with_attributes(scope, have) for have in found]
        return {have.name: have for have in found}

    async def create(self, scope: AwsScope, want: TargetGroup) -> Observed:
        answer = await scope.call("elbv2", "CreateTargetGroup", **create_request(want))
        have = observed(answer["TargetGroups"][0], want.tags)
        have = _with(have, deregistration_delay=_DEFAULT_DELAY)
        scope.inventory.wrote(have)
        return await self._delayed(scope, want, have)

    async def update(
        self, scope: AwsScope, want: TargetGroup, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if fixed := sorted(changed & self.create_only):
            raise Stall("InvalidSpec", f"{want}: AWS cannot change {', '.join(fixed)} of a target group")
        if changed & {*_HEALTH, "matcher"}:
            answer = await scope.call(
                "elbv2", "ModifyTargetGroup", TargetGroupArn=have.id, **_health_request(want)
            )
            have = _with(have, **_health_fields(answer["TargetGroups"][0]))
            scope.inventory.wrote(have)
        if "deregistration_delay" in changed:
            have = await self._delayed(scope, want, have)
            scope.inventory.wrote(have)
        if "tags" in changed:
            after = await retag_elbv2(scope, have.id, want.tags, have.fields["tags"])
            have = replace(_with(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        """AWS says ResourceInUse for up to minutes after the last rule is gone; that is a NotYet."""
        await scope.call("elbv2", "DeleteTargetGroup", TargetGroupArn=have.id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await disown_elbv2(scope, have.id, have.fields["tags"])

    async def _delayed(self, scope: AwsScope, want: TargetGroup, have: Observed) -> Observed:
        attributes = [{"Key": _DELAY, "Value": str(want.deregistration_delay)}]
        try:
            answer = await scope.call(
                "elbv2", "ModifyTargetGroupAttributes", TargetGroupArn=have.id, Attributes=attributes
            )
        except Gone as error:  # created a moment ago: not everywhere visible yet
            raise NotYet(str(error)) from error
        return _with(have, deregistration_delay=_delay_of(answer["Attributes"]))


def create_request(want: TargetGroup) -> dict[str, Any]:
    """Parameters of CreateTargetGroup."""
    return {
        "Name": want.name,
        "Protocol": "HTTP",
        "ProtocolVersion": "HTTP1",
        "Port": want.port,
        "VpcId": want.vpc_id,
        "TargetType": "ip",
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "Tags": tags.to_list(want.tags),
        **_health_request(want),
    }


def observed(group: Mapping[str, Any], found: Mapping[str, str]) -> Observed:
    """One group of DescribeTargetGroups with its tags, in the words of `TargetGroup`."""
    name, arn = group["TargetGroupName"], group["TargetGroupArn"]
    fields = {
        **_health_fields(group),
        "vpc_id": group.get("VpcId"),
        "port": group.get("Port"),
        "tags": dict(found),
    }
    attrs = {"arn": arn, "id": arn, "name": name, "label": arn.split(":")[-1]}
    return Observed("TargetGroup", name, id=arn, fields=fields, attrs=attrs, owner=tags.mark_of(found))


def _health_request(want: TargetGroup) -> dict[str, Any]:
    return {aws: getattr(want, ours) for ours, aws in _HEALTH.items()} | {
        "Matcher": {"HttpCode": want.matcher}
    }


def _health_fields(group: Mapping[str, Any]) -> dict[str, Any]:
    fields = {ours: group.get(aws) for ours, aws in _HEALTH.items()}
    return {**fields, "matcher": group.get("Matcher", {}).get("HttpCode")}


def _delay_of(attributes: Iterable[Mapping[str, str]]) -> int:
    return next((int(a["Value"]) for a in attributes if a["Key"] == _DELAY), _DEFAULT_DELAY)


def _with(have: Observed, **fields: Any) -> Observed:
    return replace(have, fields={**have.fields, **fields})


async def _listed(scope: AwsScope) -> list[Mapping[str, Any]]:
    pages = scope.pages("elbv2", "DescribeTargetGroups", PageSize=400)
    return [group async for page in pages for group in page["TargetGroups"]]


async def _named(scope: AwsScope, name: str) -> list[Mapping[str, Any]]:
    """Names of several at once fail as a whole when one is missing, so only one is ever asked for so."""
    try:
        answer = await scope.call("elbv2", "DescribeTargetGroups", Names=[name])
    except Gone:
        return []
    groups: list[Mapping[str, Any]] = answer["TargetGroups"]
    return groups


async def _tagged(scope: AwsScope, groups: Collection[Mapping[str, Any]]) -> list[Observed]:
    found = await elbv2_tags(scope, [g["TargetGroupArn"] for g in groups])
    return [observed(g, found.get(g["TargetGroupArn"], {})) for g in groups]


async def _with_attributes(scope: AwsScope, have: Observed) -> Observed:
    answer = await scope.call("elbv2", "DescribeTargetGroupAttributes", TargetGroupArn=have.id)
    return _with(have, deregistration_delay=_delay_of(answer["Attributes"]))
