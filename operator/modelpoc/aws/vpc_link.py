"""A VPC link: the way from an HTTP API into the private network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import gateway, tags
from modelpoc.aws.permission import service_role
from modelpoc.aws.seen import as_given, one_each, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import Gone, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Phase, Resource, State

PERMISSIONS = (
    gateway.looks(),
    gateway.making("vpclinks"),
    gateway.changes(),
    *gateway.tagging(),
    service_role("ops.apigateway.amazonaws.com"),
)


@dataclass(frozen=True, kw_only=True)
class VpcLink(Resource):
    """Subnets and security groups are for ever: whoever wants others wants another link of another name.

    Ten a region, one made every 15 seconds. Given: its id.
    """

    kind: ClassVar[str] = "VpcLink"
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


class VpcLinkKind(BaseKind[VpcLink, AwsScope]):
    kind = "VpcLink"
    fast = frozenset({"subnets", "security_groups", "tags", "title"})
    create_only = frozenset({"subnets", "security_groups"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(gateway.plain(want), have)
            case _:
                return bool(tuple(sorted(want)) == have)

    def diff(self, want: VpcLink, have: Observed) -> tuple[Change, ...]:
        title = have.fields.get("title", want.name)
        renamed = (Change("title", title, want.name),) if title != want.name else ()
        return super().diff(want, have) + renamed

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        links = sorted(await gateway.items(scope, "GetVpcLinks"), key=lambda v: str(v.get("CreatedDate", "")))
        ours = [observed(scope, link) for link in links if tags.mark_of(link.get("Tags", {}))]
        given = [link for link in links if scope.inventory.get(self.kind, link["VpcLinkId"])]
        return one_each(scope, ours) + [as_given(observed(scope, link)) for link in given]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        given = {name for name in names if not named_like_ours(name)}
        found = [link for name in sorted(given) if (link := await self._get(scope, name))]
        if given != set(names):
            found += await self.list_all(scope)
        return {link.name: link for link in found if link.name in names}

    async def _get(self, scope: AwsScope, link_id: str) -> Observed | None:
        try:
            return as_given(
                observed(scope, await scope.call("apigatewayv2", "GetVpcLink", VpcLinkId=link_id))
            )
        except Gone:
            return None

    async def create(self, scope: AwsScope, want: VpcLink) -> Observed:
        parameters = {
            "Name": want.name,
            "SubnetIds": sorted(want.subnets),
            "SecurityGroupIds": sorted(want.security_groups),
            "Tags": gateway.tagged(want.tags, want.name),
        }
        answer = await scope.call("apigatewayv2", "CreateVpcLink", **parameters)
        return observed(scope, parameters | answer)

    async def update(
        self, scope: AwsScope, want: VpcLink, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if fixed := changed & self.create_only:
            raise Stall(
                "InvalidSpec",
                f"VPC link {have.id} cannot change its {' and '.join(sorted(fixed))}: another is needed",
            )
        if "title" in changed:
            await scope.call("apigatewayv2", "UpdateVpcLink", VpcLinkId=have.id, Name=want.name)
            have = with_fields(have, title=want.name)
            scope.inventory.wrote(have)
        if "tags" in changed:
            now = await gateway.retag(scope, have.attrs["arn"], want.tags, have.fields["tags"])
            have = with_fields(have, tags=now)
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> Observed | None:
        await scope.call("apigatewayv2", "DeleteVpcLink", VpcLinkId=have.id)
        return going(have)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await gateway.untag(scope, have.attrs["arn"], have.fields["tags"])


def observed(scope: AwsScope, link: Mapping[str, Any]) -> Observed:
    """A link as GetVpcLinks, GetVpcLink and CreateVpcLink describe it."""
    link_id, found = link["VpcLinkId"], link.get("Tags", {})
    return Observed(
        "VpcLink",
        gateway.name_of(found, link["Name"]),
        id=link_id,
        fields={
            "title": link["Name"],
            "subnets": tuple(sorted(link.get("SubnetIds", ()))),
            "security_groups": tuple(sorted(link.get("SecurityGroupIds", ()))),
            "tags": gateway.plain(found),
        },
        attrs={"id": link_id, "arn": gateway.tag_arn(scope, f"/vpclinks/{link_id}")},
        owner=tags.mark_of(found),
        state=state(link),
    )


def state(link: Mapping[str, Any]) -> State:
    """INACTIVE, after 60 days without a request, is told and otherwise well: the next request wakes it.

    Source: "Create VPC links for private integrations in API Gateway".
    """
    message = link.get("VpcLinkStatusMessage", "")
    match link.get("VpcLinkStatus", "AVAILABLE"):
        case "PENDING":
            return State(Phase.SETTLING, "Creating", message or "the VPC link is being made")
        case "DELETING":
            return State(Phase.GOING, "Deleting", message or "the VPC link is being taken apart")
        case "FAILED":
            return State(Phase.BROKEN, "InvalidSpec", message or "AWS could not make the VPC link")
        case "INACTIVE":
            asleep = "inactive after 60 days without a request; the next ones wake it within minutes"
            return State(message=message or asleep)
        case _:
            return State()


def going(have: Observed) -> Observed:
    return replace(have, state=State(Phase.GOING, "Deleting", "the VPC link is being taken apart"))
