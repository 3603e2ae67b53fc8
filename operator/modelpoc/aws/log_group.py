"""A CloudWatch Logs group: where a POC's containers write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Resource

PREFIX = "/modelpoc/"
ACTIONS = (
    "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DescribeLogGroups", "logs:ListTagsForResource",
    "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource):
    """Named `/modelpoc/<ownerId>/<namespace>/<name>`, at most 512 characters."""

    kind: ClassVar[str] = "LogGroup"
    retention_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class LogGroupKind(BaseKind[LogGroup, AwsScope]):
    """Its id is its name: that is what task definitions hold.

    Tags cost a call for each group, so they are read when a group is first seen and then in rotation.
    """

    kind = "LogGroup"
    fast = frozenset({"retention_days"})
    deep = frozenset({"tags"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return await self._described(scope, PREFIX, deep=False)

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        if len(names) > 3 and not deep:
            found = await self._described(scope, PREFIX, deep)
        else:
            found = [o for name in names for o in await self._described(scope, name, deep)]
        return {o.name: o for o in found if o.name in names}

    async def _described(self, scope: AwsScope, prefix: str, deep: bool) -> list[Observed]:
        found = []
        async for page in scope.pages("logs", "DescribeLogGroups", logGroupNamePrefix=prefix):
            found += [await self._observed(scope, group, deep) for group in page["logGroups"]]
        return found

    async def _observed(self, scope: AwsScope, group: Mapping[str, Any], deep: bool) -> Observed:
        name, arn = group["logGroupName"], group["arn"].removesuffix(":*")
        known = scope.inventory.get(self.kind, name)
        fields: dict[str, Any] = {"retention_days": group.get("retentionInDays")}
        if deep or known is None:
            answer = await scope.call("logs", "ListTagsForResource", resourceArn=arn)
            fields["tags"] = answer.get("tags", {})
        owner = tags.mark_of(fields["tags"]) if "tags" in fields else known and known.owner
        return Observed(self.kind, name, id=name, fields=fields, attrs=_attrs(name, arn), owner=owner or None)

    async def create(self, scope: AwsScope, want: LogGroup) -> Observed:
        await scope.call("logs", "CreateLogGroup", logGroupName=want.name, tags=dict(want.tags))
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
