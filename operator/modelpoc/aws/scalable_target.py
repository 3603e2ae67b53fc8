"""A scalable target: between which limits Application Auto Scaling may move containers or instances."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import sagemaker, tags
from modelpoc.aws.permission import CHANGING, Permission, of, on_ours, reads, service_role
from modelpoc.aws.scaled import (
    CARRIERS,
    SERVICE,
    TARGET,
    TARGETS,
    carried_by,
    described,
    namespace,
    place,
    rows,
)
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import chunks
from modelpoc.reconcile.errors import CloudError, NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Resource

PERMISSIONS = (
    reads("application-autoscaling:DescribeScalableTargets"),
    reads("application-autoscaling:ListTagsForResource", on=TARGETS),
    # RegisterScalableTarget makes and changes.
    Permission(
        of(SERVICE, "DeregisterScalableTarget", "RegisterScalableTarget", "TagResource"), TARGETS, CHANGING
    ),
    on_ours(*of(SERVICE, "UntagResource")),
    # Whoever registers a target must be able to do to it what autoscaling will do, besides what the kinds of
    # service and endpoint need ("Application Auto Scaling identity-based policy examples").
    Permission(("sagemaker:UpdateEndpointWeightsAndCapacities",), sagemaker.OURS, CHANGING),
    service_role(f"ecs.{SERVICE}.amazonaws.com"),
    service_role(f"sagemaker.{SERVICE}.amazonaws.com"),
)

_LISTING = ("DescribeScalableTargets", 50)
LIMITS = tags.PREFIX + "limits"
"""Tag with the limits as the spec has them: a schedule moves the real ones."""
_NO_CARRIER = re.compile(r"doesn't exist|does not exist|not found|not find", re.IGNORECASE)
"""What is made a moment ago is unknown to Application Auto Scaling at first ("ECS service doesn't exist")."""


@dataclass(frozen=True, kw_only=True)
class ScalableTarget(Resource):
    """`name` is AWS's resource id, `service/<cluster name>/<service name>` or
    `endpoint/<endpoint name>/variant/<variant>`. It needs that service or endpoint."""

    kind: ClassVar[str] = TARGET
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
    in rotation. AWS removes it with its service or endpoint."""

    kind = "ScalableTarget"
    fast = frozenset({"min", "max"})
    deep = frozenset({"tags"})
    gone_first = frozenset({"ScalingPolicy", "ScheduledAction"})
    within = CARRIERS
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
        return [await self._observed(scope, t, deep=False) for t in await described(scope, *_LISTING)]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        targets = [
            row
            for of in sorted({namespace(name) for name in names})
            for ids in chunks(sorted(name for name in names if namespace(name) == of), 50)
            for row in await rows(scope, *_LISTING, ServiceNamespace=of, ResourceIds=list(ids))
        ]
        found = [await self._observed(scope, target, deep) for target in targets]
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
            if error.code == "ValidationException" and _NO_CARRIER.search(str(error)):
                raise NotYet(str(error)) from error
            raise

    async def _observed(self, scope: AwsScope, target: Mapping[str, Any], deep: bool) -> Observed:
        known = scope.inventory.get(self.kind, target["ResourceId"])
        arn = target.get("ScalableTargetARN")
        if arn and (deep or known is None or known.attrs["arn"] != arn):
            answer = await scope.call(SERVICE, "ListTagsForResource", ResourceARN=arn)
            return observed(scope, target, answer.get("Tags", {}))
        return observed(scope, target, known.fields.get("tags") if known else None)


def observed(scope: AwsScope, target: Mapping[str, Any], found: Mapping[str, str] | None) -> Observed:
    """One row of DescribeScalableTargets, in the words of `ScalableTarget`; `found` None: tags not known."""
    name = target["ResourceId"]
    carrier = carried_by(scope, name)
    fields = {"min": target["MinCapacity"], "max": target["MaxCapacity"]}
    owner = tags.mark_of(found) if found else carrier.owner if carrier else None
    return Observed(
        ScalableTarget.kind,
        name,
        id=name,
        fields=fields if found is None else {**fields, "tags": dict(found)},
        attrs={"id": name, "arn": target.get("ScalableTargetARN")},
        refs=frozenset({carrier.id} if carrier else ()),
        owner=owner,
    )


def _document(want: ScalableTarget, answer: Mapping[str, Any]) -> dict[str, Any]:
    arn = answer.get("ScalableTargetARN")
    return {**want.place, "MinCapacity": want.min, "MaxCapacity": want.max, "ScalableTargetARN": arn}


async def _retag(scope: AwsScope, have: Observed, want: Mapping[str, str]) -> dict[str, str]:
    arn, old = have.attrs["arn"], have.fields.get("tags", {})
    off, on = tags.surplus(want, old), tags.missing(want, old)
    if off:
        await scope.call(SERVICE, "UntagResource", ResourceARN=arn, TagKeys=off)
    if on:
        await scope.call(SERVICE, "TagResource", ResourceARN=arn, Tags=on)
    return {**{k: v for k, v in old.items() if k not in off}, **on}
