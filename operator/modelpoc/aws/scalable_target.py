"""A scalable target: between which limits Application Auto Scaling may move a service's containers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import chunks, named_like_ours
from modelpoc.reconcile.errors import CloudError, NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Change, Observed, Resource

ACTIONS = (
    "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:ListTagsForResource", "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:TagResource", "application-autoscaling:UntagResource",
    "iam:CreateServiceLinkedRole",
)  # fmt: skip

SERVICE = "application-autoscaling"
LIMITS = tags.PREFIX + "limits"
"""Tag with the limits as the spec has them: a schedule moves the real ones."""


@dataclass(frozen=True, kw_only=True)
class ScalableTarget(Resource):
    """`name` is AWS's resource id, `service/<cluster name>/<service name>`. It needs the service."""

    kind: ClassVar[str] = "ScalableTarget"
    min: int
    max: int
    scheduled: bool = False
    """Whether scheduled actions move the limits: then those found in AWS may differ from these."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, LIMITS: self.limits}

    @property
    def limits(self) -> str:
        return f"{self.min}-{self.max}"

    @property
    def place(self) -> dict[str, str]:
        return place(self.name)


class ScalableTargetKind(BaseKind[ScalableTarget, AwsScope]):
    """Its id is its resource id. Tags cost a call for each, so they are read when it is first seen and then
    in rotation. AWS removes it with its service."""

    kind = "ScalableTarget"
    fast = frozenset({"min", "max"})
    deep = frozenset({"tags"})
    gone_first = frozenset({"ScalingPolicy", "ScheduledAction"})
    within = frozenset({"Service"})
    meddles = True

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    def diff(self, want: ScalableTarget, have: Observed) -> tuple[Change, ...]:
        changes = super().diff(want, have)
        if want.scheduled:
            changes = tuple(c for c in changes if c.field not in ("min", "max"))
        # Kept up to date without a schedule too: with one, it alone tells what was asked for.
        asked = have.fields.get("tags", want.all_tags).get(LIMITS)
        return changes if asked == want.limits else (*changes, Change("limits", asked, want.limits))

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return [await self._observed(scope, t, deep=False) for t in await _described(scope, {})]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        some = [await _described(scope, {"ResourceIds": list(ids)}) for ids in chunks(sorted(names), 50)]
        found = [await self._observed(scope, target, deep) for targets in some for target in targets]
        return {o.name: o for o in found}

    async def create(self, scope: AwsScope, want: ScalableTarget) -> Observed:
        answer = await self._register(scope, want, Tags=want.all_tags)
        return observed(scope, _document(want, answer), want.all_tags)

    async def update(
        self, scope: AwsScope, want: ScalableTarget, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        found = have.fields.get("tags", {})
        if changed & {"min", "max", "limits"}:
            answer = await self._register(scope, want)
            have = replace(observed(scope, _document(want, answer), found), owner=have.owner)
            scope.inventory.wrote(have)
        if changed & {"tags", "limits"}:
            after = await _retag(scope, have, want.all_tags)
            have = replace(with_fields(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call(SERVICE, "DeregisterScalableTarget", **place(have.name))

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        off = sorted({*tags.OURS, LIMITS} & have.fields["tags"].keys())
        await scope.call(SERVICE, "UntagResource", ResourceARN=have.attrs["arn"], TagKeys=off)

    async def _register(self, scope: AwsScope, want: ScalableTarget, **more: Any) -> dict[str, Any]:
        request = {**want.place, "MinCapacity": want.min, "MaxCapacity": want.max, **more}
        try:
            return await scope.call(SERVICE, "RegisterScalableTarget", **request)
        except CloudError as error:
            if "service doesn't exist" in str(error):  # seen for a moment after it was made
                raise NotYet(str(error)) from error
            raise

    async def _observed(self, scope: AwsScope, target: Mapping[str, Any], deep: bool) -> Observed:
        known = scope.inventory.get(self.kind, target["ResourceId"])
        arn = target.get("ScalableTargetARN")
        if arn and (deep or known is None or known.attrs["arn"] != arn):
            answer = await scope.call(SERVICE, "ListTagsForResource", ResourceARN=arn)
            return observed(scope, target, answer.get("Tags", {}))
        return observed(scope, target, known.fields.get("tags") if known else None)


def place(resource_id: str) -> dict[str, str]:
    """How every call of Application Auto Scaling says what it is about."""
    dimension = "ecs:service:DesiredCount"
    return {"ServiceNamespace": "ecs", "ResourceId": resource_id, "ScalableDimension": dimension}


def owner_of(scope: AwsScope, resource_id: str) -> Mark | None:
    """The owner of a resource id's scalable target, else of its service, as far as known."""
    service = resource_id.removeprefix("service/")
    seen = scope.inventory.get(ScalableTarget.kind, resource_id) or scope.inventory.get("Service", service)
    return seen.owner if seen else None


def observed(scope: AwsScope, target: Mapping[str, Any], found: Mapping[str, str] | None) -> Observed:
    """One row of DescribeScalableTargets, in the words of `ScalableTarget`; `found` None: tags not known."""
    name = target["ResourceId"]
    service = scope.inventory.get("Service", name.removeprefix("service/"))
    fields = {"min": target["MinCapacity"], "max": target["MaxCapacity"]}
    owner = tags.mark_of(found) if found else service.owner if service else None
    return Observed(
        ScalableTarget.kind,
        name,
        id=name,
        fields=fields if found is None else {**fields, "tags": dict(found)},
        attrs={"id": name, "arn": target.get("ScalableTargetARN")},
        refs=frozenset({service.id} if service else ()),
        owner=owner,
    )


def _document(want: ScalableTarget, answer: Mapping[str, Any]) -> dict[str, Any]:
    arn = answer.get("ScalableTargetARN")
    return {**want.place, "MinCapacity": want.min, "MaxCapacity": want.max, "ScalableTargetARN": arn}


async def _described(scope: AwsScope, which: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    pages = scope.pages(SERVICE, "DescribeScalableTargets", ServiceNamespace="ecs", MaxResults=50, **which)
    targets = [target async for page in pages for target in page["ScalableTargets"]]
    return [t for t in targets if named_like_ours(t["ResourceId"])]


async def _retag(scope: AwsScope, have: Observed, want: Mapping[str, str]) -> dict[str, str]:
    arn, old = have.attrs["arn"], have.fields.get("tags", {})
    off, on = tags.surplus(want, old), tags.missing(want, old)
    if off:
        await scope.call(SERVICE, "UntagResource", ResourceARN=arn, TagKeys=off)
    if on:
        await scope.call(SERVICE, "TagResource", ResourceARN=arn, Tags=on)
    return {**{k: v for k, v in old.items() if k not in off}, **on}
