"""A listener of a load balancer: the port on which all POCs of it are reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.gateway import name_of, plain, tagged
from modelpoc.aws.permission import MARKED, Permission, of, on_ours, reads
from modelpoc.aws.seen import as_given, refuse_moved, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import MADE_WITH_TAGS, ON_OUR_BALANCERS, disown_elbv2, elbv2_tags, retag_elbv2
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

PERMISSIONS = (
    reads(*of("elasticloadbalancing", "DescribeListeners", "DescribeTags")),
    # On a load balancer that the platform names, and on ours.
    Permission(("elasticloadbalancing:CreateListener",), ("{load_balancer}",), (MARKED,)),
    ON_OUR_BALANCERS,
    MADE_WITH_TAGS,
    on_ours(*of("elasticloadbalancing", "AddTags", "DeleteListener", "ModifyListener", "RemoveTags")),
)
NOTHING_HERE = ("404", "application/json", '{"message":"no POC answers at this path"}')


@dataclass(frozen=True, kw_only=True)
class Listener(Resource):
    """Listeners have no names: the tag modelpoc.dev/resource carries ours. Given: its ARN."""

    kind: ClassVar[str] = "Listener"
    load_balancer_arn: str | Ref
    port: int = 80
    protocol: str = "HTTP"
    default_answer: tuple[str, str, str] = NOTHING_HERE
    """Status, content type and body (1,024 bytes at most) for what no rule takes."""
    tags: Mapping[str, str] = field(default_factory=dict)


class ListenerKind(BaseKind[Listener, AwsScope]):
    """Every listener of our load balancers is kept in mind, by its ARN when it is not ours: it has a port."""

    kind = "Listener"
    fast = frozenset({"load_balancer_arn", "port", "protocol", "default_answer", "tags"})
    within = frozenset({"LoadBalancer"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(plain(want), have) if field == "tags" else bool(want == have)

    def claims(self, want: Listener) -> frozenset[str]:
        return frozenset({f"port:{want.load_balancer_arn}:{want.port}"})

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        listeners = []
        for arn in sorted({lb.id for lb in scope.inventory.of_kind("LoadBalancer")}):
            listeners += await self._described(scope, LoadBalancerArn=arn)
        return await self._observed(scope, listeners)

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        given = sorted(name for name in names if name.startswith("arn:"))
        listeners = [one for arn in given for one in await self._described(scope, ListenerArns=[arn])]
        found = [as_given(observed(one, {})) for one in listeners]
        if len(given) < len(names):
            found += await self.list_all(scope)
        return {listener.name: listener for listener in found if listener.name in names}

    async def _described(self, scope: AwsScope, **which: Any) -> list[dict[str, Any]]:
        try:
            pages = [page async for page in scope.pages("elbv2", "DescribeListeners", PageSize=400, **which)]
        except Gone:
            return []
        return [listener for page in pages for listener in page["Listeners"]]

    async def _observed(self, scope: AwsScope, listeners: list[dict[str, Any]]) -> list[Observed]:
        arns = [listener["ListenerArn"] for listener in listeners]
        found = await elbv2_tags(scope, arns)
        seen = [observed(listener, found.get(listener["ListenerArn"], {})) for listener in listeners]
        given = [o for o in seen if o.name != o.id and scope.inventory.get(self.kind, o.id)]
        return seen + [as_given(o) for o in given]

    async def create(self, scope: AwsScope, want: Listener) -> Observed:
        own = tagged(want.tags, want.name)
        answer = await scope.call(
            "elbv2",
            "CreateListener",
            LoadBalancerArn=want.load_balancer_arn,
            Tags=tags.to_list(own),
            **request(want),
        )
        return observed(answer["Listeners"][0], own)

    async def update(
        self, scope: AwsScope, want: Listener, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        refuse_moved(have, changes, "load_balancer_arn")
        changed = {c.field for c in changes}
        if changed - {"tags"}:
            await scope.call("elbv2", "ModifyListener", ListenerArn=have.id, **request(want))
            have = with_fields(
                have, port=want.port, protocol=want.protocol, default_answer=want.default_answer
            )
            scope.inventory.wrote(have)
        if "tags" in changed:
            now = await retag_elbv2(scope, have.id, plain(want.tags), have.fields["tags"])
            have = with_fields(have, tags=now)
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("elbv2", "DeleteListener", ListenerArn=have.id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await disown_elbv2(scope, have.id, tagged(have.fields["tags"], have.name))


def request(want: Listener) -> dict[str, Any]:
    """What CreateListener and ModifyListener are told alike."""
    status, content_type, body = want.default_answer
    answer = {"StatusCode": status, "ContentType": content_type, "MessageBody": body}
    action = {"Type": "fixed-response", "FixedResponseConfig": answer}
    return {"Port": want.port, "Protocol": want.protocol, "DefaultActions": [action]}


def observed(listener: Mapping[str, Any], found: Mapping[str, str]) -> Observed:
    """A listener as DescribeListeners and CreateListener describe it, with its tags."""
    arn, load_balancer, port = listener["ListenerArn"], listener["LoadBalancerArn"], listener.get("Port")
    return Observed(
        "Listener",
        name_of(found, arn),
        id=arn,
        fields={
            "load_balancer_arn": load_balancer,
            "port": port,
            "protocol": listener.get("Protocol"),
            "default_answer": default_answer(listener.get("DefaultActions", ())),
            "tags": plain(found),
        },
        attrs={"arn": arn, "id": arn, "load_balancer_arn": load_balancer, "port": port},
        refs=frozenset({load_balancer}),
        claims=frozenset({f"port:{load_balancer}:{port}"}),
        owner=tags.mark_of(found),
    )


def default_answer(actions: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The fixed answer, or just the types of whatever other actions are there."""
    actions = list(actions)
    if [a["Type"] for a in actions] != ["fixed-response"]:
        return tuple(a["Type"] for a in actions)
    fixed = actions[0].get("FixedResponseConfig", {})
    return (fixed.get("StatusCode", ""), fixed.get("ContentType", ""), fixed.get("MessageBody", ""))
