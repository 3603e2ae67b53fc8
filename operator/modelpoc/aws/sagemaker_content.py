"""What SageMaker cannot change once it is made: another content is another thing, with another name."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from modelpoc.aws import sagemaker, tags
from modelpoc.aws.sagemaker import Document
from modelpoc.aws.seen import as_given, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import short_hash
from modelpoc.reconcile.resource import Change, Observed, Resource

_NOT_CONTENT = frozenset({"tags", *(f.name for f in dataclasses.fields(Resource))})


@dataclass(frozen=True, kw_only=True)
class Content(Resource):
    """`name` has at most 52 characters: a hyphen and ten digits of its content's hash follow in AWS."""

    tags: Mapping[str, str] = field(default_factory=dict)


C = TypeVar("C", bound=Content)


def content_hash(want: Content) -> str:
    """10 hex digits of everything but the tags, the same in whatever order mappings stand.

    What is not asked for is left out, so that a field that a later version adds changes no name.
    """
    values = {f.name: getattr(want, f.name) for f in dataclasses.fields(want) if f.name not in _NOT_CONTENT}
    asked = {name: value for name, value in values.items() if value is not None and value != {}}
    return short_hash(json.dumps(asked, sort_keys=True))


class ContentKind(BaseKind[C, AwsScope]):
    """Its id is its ARN; it is observed as `<name>-<hash of its content>`, so nothing but tags can differ.

    What is known is not described again. Tags cost a call for each: they are read when a thing is first
    seen, then in rotation.
    """

    deep = frozenset({"tags"})

    def identify(self, want: C) -> str:
        return want.name if want.given else f"{want.name}-{content_hash(want)}"

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    def request(self, want: C) -> dict[str, Any]:
        """Parameters of the create call, without name and tags."""
        raise NotImplementedError

    def observed(self, told: Document, found: Mapping[str, str]) -> Observed:
        """One, in the words of what is wanted."""
        raise NotImplementedError

    async def detailed(self, scope: AwsScope, row: Document) -> Document | None:
        """What `observed` needs to know of a listed one."""
        return await sagemaker.described(scope, self.kind, row[f"{self.kind}Name"])

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        rows = await sagemaker.listed(scope, self.kind)
        found = await asyncio.gather(*(self._listed(scope, row) for row in rows))
        return [have for have in found if have]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await asyncio.gather(*(self._read(scope, name, deep) for name in names))
        return {have.name: have for have in found if have}

    async def create(self, scope: AwsScope, want: C) -> Observed:
        request = {f"{self.kind}Name": self.identify(want), **self.request(want)}
        answer = await scope.call("sagemaker", f"Create{self.kind}", **request, Tags=tags.to_list(want.tags))
        return self.observed({**request, **answer}, want.tags)

    async def update(self, scope: AwsScope, want: C, have: Observed, changes: tuple[Change, ...]) -> Observed:
        after = await sagemaker.retag(scope, have.id, want.tags, have.fields["tags"])
        return replace(with_fields(have, tags=after), owner=tags.mark_of(after))

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("sagemaker", f"Delete{self.kind}", **{f"{self.kind}Name": have.name})

    async def content(self, scope: AwsScope, have: Observed) -> Mapping[str, Any]:
        told = await sagemaker.described(scope, self.kind, have.name)
        return self.told(told) if told else {}

    def told(self, told: Document) -> dict[str, Any]:
        """What a description shows, in the words of the kind's fields."""
        raise NotImplementedError

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await sagemaker.disown(scope, have)

    async def _listed(self, scope: AwsScope, row: Document) -> Observed | None:
        """None for what is foreign; what a user gave stays known."""
        if have := sagemaker.known(scope, self.kind, row):
            return have
        if not named_like_ours(row[f"{self.kind}Name"]):
            return None
        return await self._tagged(scope, await self.detailed(scope, row))

    async def _read(self, scope: AwsScope, name: str, deep: bool) -> Observed | None:
        told = await sagemaker.described(scope, self.kind, name)
        if told is None:
            return None
        if not named_like_ours(name):
            return as_given(self.observed(told, {}), name)
        have = sagemaker.known(scope, self.kind, told)
        if have and not deep:
            return have
        return await self._tagged(scope, told)

    async def _tagged(self, scope: AwsScope, told: Document | None) -> Observed | None:
        if told is None:
            return None
        found = await sagemaker.tags_seen(scope, told[f"{self.kind}Arn"])
        return None if found is None else self.observed(told, found)
