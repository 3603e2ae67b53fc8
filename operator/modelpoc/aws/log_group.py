"""A CloudWatch Logs group: where a POC's containers and function write."""

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
)
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import AlreadyThere
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Change, Observed, Resource

PREFIX = "/modelpoc/"
ENDPOINTS = "/aws/sagemaker/Endpoints/"
"""Before an endpoint's name: where SageMaker has its containers write."""
OWN = (arn_at("logs", f"log-group:{PREFIX}{{owner}}/*"),)
OF_ENDPOINTS = (arn_at("logs", f"log-group:{ENDPOINTS}{NAMED}*"),)
"""IAM asks for some with `:*` behind the name, for streams with `:log-stream:<name>`."""
PERMISSIONS = (
    reads("logs:DescribeLogGroups"),
    reads("logs:ListTagsForResource", on=(*OWN, *OF_ENDPOINTS)),
    makes("logs:CreateLogGroup"),
    # What SageMaker made for an endpoint of ours has no tags, and is deleted with it.
    Permission(
        of("logs", "DeleteLogGroup", "PutRetentionPolicy", "TagResource"), (*OWN, *OF_ENDPOINTS), CHANGING
    ),
    on_ours("logs:UntagResource"),
)


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource):
    """Named `/modelpoc/<ownerId>/<namespace>/<name>`, at most 512 characters; or `ENDPOINTS` and an
    endpoint's name."""

    kind: ClassVar[str] = "LogGroup"
    retention_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class LogGroupKind(BaseKind[LogGroup, AwsScope]):
    """Its id is its name: that is what task definitions hold.

    Tags cost a call for each group, so they are read when a group is first seen and then in rotation.

    SageMaker makes an endpoint's group itself where there is none: before we do, or again after ours was
    deleted. Such a group has no tags, but its name carries the hash of the endpoint's owner. It belongs to
    whoever is known by that hash, and who asks for it takes it over; that of no one known is not looked at.
    """

    kind = "LogGroup"
    fast = frozenset({"retention_days"})
    deep = frozenset({"tags"})
    gone_first = frozenset({"Endpoint"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return await self._all(scope)

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        if len(names) > 3 and not deep:
            found = await self._all(scope)
        else:
            found = [o for name in names for o in await self._described(scope, name, deep)]
        return {o.name: o for o in found if o.name in names}

    async def _all(self, scope: AwsScope) -> list[Observed]:
        own = await self._described(scope, PREFIX, deep=False)
        return own + await self._described(scope, ENDPOINTS, deep=False)

    async def _described(self, scope: AwsScope, prefix: str, deep: bool) -> list[Observed]:
        pages = scope.pages("logs", "DescribeLogGroups", logGroupNamePrefix=prefix)
        groups = [group async for page in pages for group in page["logGroups"]]
        found = [await self._observed(scope, g, deep) for g in groups if _may_be_ours(g["logGroupName"])]
        return [have for have in found if have]

    async def _observed(self, scope: AwsScope, group: Mapping[str, Any], deep: bool) -> Observed | None:
        name, arn = group["logGroupName"], group["arn"].removesuffix(":*")
        known = scope.inventory.get(self.kind, name)
        fields: dict[str, Any] = {"retention_days": group.get("retentionInDays")}
        if deep or known is None:
            answer = await scope.call("logs", "ListTagsForResource", resourceArn=arn)
            fields["tags"] = answer.get("tags", {})
        owner = tags.mark_of(fields["tags"]) if "tags" in fields else known.owner if known else None
        if owner is None and name.startswith(ENDPOINTS) and not _tagged(fields, known):
            owner = _known_by(scope, name)
            if owner is None:
                return None
        return Observed(self.kind, name, id=name, fields=fields, attrs=_attrs(name, arn), owner=owner)

    async def create(self, scope: AwsScope, want: LogGroup) -> Observed:
        try:
            await scope.call("logs", "CreateLogGroup", logGroupName=want.name, tags=dict(want.tags))
        except AlreadyThere:
            await self._take_over(scope, want)
        # Known from here on, so that a crash or failure before the next call leaves only a field to mend.
        created = self._written(scope, want, {"tags": dict(want.tags), "retention_days": None})
        scope.inventory.wrote(created)
        if want.retention_days is not None:
            await self._retain(scope, want.name, want.retention_days)
        return self._written(scope, want, {"tags": dict(want.tags), "retention_days": want.retention_days})

    async def update(
        self, scope: AwsScope, want: LogGroup, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        fields = dict(have.fields)
        if "retention_days" in changed and want.retention_days is not None:
            await self._retain(scope, want.name, want.retention_days)
            fields["retention_days"] = want.retention_days
            scope.inventory.wrote(self._written(scope, want, fields))
        if "tags" in changed:
            fields["tags"] = await self._retag(scope, have, want.tags)
        return self._written(scope, want, fields)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("logs", "DeleteLogGroup", logGroupName=have.name)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        keys = sorted(tags.OURS & have.fields.get("tags", tags.OURS).keys())
        await scope.call("logs", "UntagResource", resourceArn=have.attrs["arn"], tagKeys=keys)

    async def _take_over(self, scope: AwsScope, want: LogGroup) -> None:
        """Raises AlreadyThere when it is not what SageMaker made for this very owner's endpoint."""
        mark, arn = tags.mark_of(want.tags), scope.arn("logs", f"log-group:{want.name}")
        found = (await scope.call("logs", "ListTagsForResource", resourceArn=arn)).get("tags", {})
        if found or mark is None or not _made_for(want.name, mark):
            raise AlreadyThere(f"{want} is there already")
        await scope.call("logs", "TagResource", resourceArn=arn, tags=dict(want.tags))

    async def _retain(self, scope: AwsScope, name: str, days: int) -> None:
        await scope.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=days)

    async def _retag(self, scope: AwsScope, have: Observed, want: Mapping[str, str]) -> dict[str, str]:
        arn, old = have.attrs["arn"], have.fields["tags"]
        if off := tags.surplus(want, old):
            await scope.call("logs", "UntagResource", resourceArn=arn, tagKeys=off)
        if on := tags.missing(want, old):
            await scope.call("logs", "TagResource", resourceArn=arn, tags=on)
        return {**{k: v for k, v in old.items() if k not in off}, **on}

    def _written(self, scope: AwsScope, want: LogGroup, fields: Mapping[str, Any]) -> Observed:
        arn = scope.arn("logs", f"log-group:{want.name}")
        owner = tags.mark_of(fields.get("tags", want.tags))
        return Observed(
            self.kind, want.name, id=want.name, fields=fields, attrs=_attrs(want.name, arn), owner=owner
        )


def _attrs(name: str, arn: str) -> dict[str, str]:
    return {"name": name, "arn": arn, "id": name}


def _may_be_ours(name: str) -> bool:
    return not name.startswith(ENDPOINTS) or named_like_ours(name)


def _tagged(fields: Mapping[str, Any], known: Observed | None) -> bool:
    """Whether it has tags, as far as known: SageMaker puts none on."""
    return bool(fields.get("tags") or (known and known.fields.get("tags")))


def _made_for(name: str, mark: Mark) -> bool:
    return name.startswith(ENDPOINTS) and name.endswith(f"-{mark.owner}")


def _known_by(scope: AwsScope, name: str) -> Mark | None:
    """The owner of an endpoint's group by its name, when anything else is known to be that owner's."""
    marks = (have.owner for have in scope.inventory.all())
    return next((mark for mark in marks if mark and _made_for(name, mark)), None)
