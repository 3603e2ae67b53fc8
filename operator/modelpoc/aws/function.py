"""A Lambda function: what answers for a SageMaker endpoint, and the one permission to call it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import function_request as requests
from modelpoc.aws import tags
from modelpoc.aws.function_code import Package, packed
from modelpoc.aws.function_state import CODE, CONFIG, observed, permitted, tags_told
from modelpoc.aws.permission import (
    BUCKET,
    CHANGING,
    NAMED,
    OWNED,
    Condition,
    Permission,
    arn_at,
    makes,
    of,
    on_ours,
    passes,
    reads,
)
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import AlreadyThere, Gone, NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import short_hash
from modelpoc.reconcile.resource import UNKNOWN, Change, Observed, Phase, Ref, Resource

_FUNCTION = (arn_at("lambda", f"function:{NAMED}"),)
_BY_GATEWAY = Condition("StringEquals", "lambda:Principal", (requests.PRINCIPAL,))
PERMISSIONS = (
    reads("lambda:ListFunctions"),
    reads("lambda:GetFunction", "lambda:GetPolicy", "lambda:ListTags", on=_FUNCTION),
    makes("lambda:CreateFunction"),
    Permission(("lambda:AddPermission",), ("*",), (OWNED, _BY_GATEWAY), why="ours by its mark"),
    Permission(
        of("lambda", "RemovePermission", "TagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration"),
        _FUNCTION,
        CHANGING,
    ),
    on_ours(*of("lambda", "DeleteFunction", "UntagResource")),
    passes("lambda.amazonaws.com", "{function_role}"),
    Permission(("s3:GetObject",), (f"{BUCKET}/*.py", f"{BUCKET}/*.zip")),  # a POC's own handler
)


ENDPOINT = "ENDPOINT_NAME"
"""Variable of the environment that tells the function which endpoint to invoke."""


@dataclass(frozen=True, kw_only=True)
class Function(Resource):
    """`name` has at most 64 characters. Memory in MB, timeout in seconds."""

    kind: ClassVar[str] = "Function"
    role_arn: str | Ref
    package: Package | None = field(default=None, repr=False, compare=False)
    """The code, built when it is to be written. None is enough for a plan."""
    own_source: str | None = None
    """`<bucket>/<key>` of the POC's own handler, which is packed in with the rest."""
    versions: Mapping[str, str | Ref] = field(default_factory=dict)
    """What the code is made of, and which version of it: other ones are other code."""
    handler: str = "index.handler"
    runtime: str = "python3.13"
    memory: int = 256
    timeout: int = 29
    environment: Mapping[str, str | Ref] = field(default_factory=dict)
    """Not secret: anyone who may list functions reads it."""
    log_group: str | Ref
    """A LogGroup's name."""
    invoked_from: str
    """ARN of the requests that may call it: `arn:aws:execute-api:<region>:<account>:<api>/*/*`."""
    retry: bool = False
    """Try what Lambda gave up on once more; true for one pass."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def code(self) -> Any:
        """A hash of `versions`; UNKNOWN as long as one of them is."""
        if UNKNOWN in self.versions.values():
            return UNKNOWN
        return short_hash(*(f"{k}={v}" for k, v in sorted(self.versions.items())), length=20)

    @property
    def tried(self) -> str:
        """Tells this code and configuration from others."""
        return short_hash(str(self.code), *(repr(getattr(self, f)) for f in sorted(CONFIG)))


class FunctionKind(BaseKind[Function, AwsScope]):
    """Its id is its ARN. ListFunctions tells neither tags nor state, so one that it shows unchanged stays as
    it was known, and any other costs a call.

    Lambda carries out one update at a time and refuses others meanwhile: configuration first, then code.
    One that Lambda gave up on is told and left, as the function serves as before; what was tried is only in
    our mind, and forgotten with the next close look, so that it is tried again now and then.
    """

    kind = "Function"
    answers = True
    fast = CONFIG | {"code"}
    deep = frozenset({"tags", "invoked_from"})
    switches = frozenset({"environment"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    def diff(self, want: Function, have: Observed) -> tuple[Change, ...]:
        changes = super().diff(want, have)
        code = have.fields.get("code")
        again = want.retry and have.state.phase is Phase.BROKEN and not self.fast & {c.field for c in changes}
        if want.code is UNKNOWN or code != want.code or again:
            changes = (*changes, Change("code", code, want.code))
        return tuple(c for c in changes if c.field not in self.fast or not _given_up(want, have))

    def led_to(self, have: Observed) -> str:
        """The endpoint that it invokes."""
        _, partition, _, region, account = have.id.split(":")[:5]
        name = have.fields["environment"].get(ENDPOINT)
        return f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{name}" if name else ""

    def replaces(self, want: Function, have: Observed) -> bool:
        """One whose creation failed can only be deleted and made again ("Lambda function states")."""
        return bool(have.attrs["dead"]) and (want.retry or have.attrs.get("tried") != want.tried)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        pages = scope.pages("lambda", "ListFunctions", MaxItems=50)
        items = [item async for page in pages for item in page["Functions"]]
        ours = (item for item in items if named_like_ours(item["FunctionName"]))
        found = await asyncio.gather(*(self._listed(scope, item) for item in ours))
        return [have for have in found if have]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await asyncio.gather(*(self._described(scope, name, deep) for name in names))
        return {have.name: have for have in found if have}

    async def create(self, scope: AwsScope, want: Function) -> Observed:
        code = await packed(scope, want.package, want.own_source)
        tagged = {**want.tags, CODE: code.signed(want.code)}
        request = {**requests.create(want), "Code": {"ZipFile": code.zipped}, "Tags": tagged}
        have = observed(await scope.call("lambda", "CreateFunction", **request), tagged)
        have = _tried(with_fields(have, invoked_from=None), want)
        scope.inventory.wrote(have)
        try:
            return await self._permitted(scope, want, have)
        except Gone as error:  # created a moment ago: not everywhere visible yet
            raise NotYet(str(error)) from error

    async def update(
        self, scope: AwsScope, want: Function, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if "tags" in changed:
            have = await self._retagged(scope, have, want.tags)
            scope.inventory.wrote(have)
        if "invoked_from" in changed:
            have = await self._permitted(scope, want, have)
            scope.inventory.wrote(have)
        if changed & CONFIG:
            answer = await scope.call("lambda", "UpdateFunctionConfiguration", **requests.configure(want))
            return _tried(_answered(have, answer), want)
        return await self._recoded(scope, want, have) if "code" in changed else have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        """Its permission goes with it."""
        await scope.call("lambda", "DeleteFunction", FunctionName=have.name)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        keys = sorted({*tags.OURS, CODE} & have.fields["tags"].keys())
        await scope.call("lambda", "UntagResource", Resource=have.id, TagKeys=keys)

    async def _listed(self, scope: AwsScope, item: Mapping[str, Any]) -> Observed | None:
        name, known = item["FunctionName"], scope.inventory.get(self.kind, item["FunctionName"])
        if known and known.state.phase is Phase.SETTLED and known.attrs["modified"] == item["LastModified"]:
            return observed(item, known.fields["tags"])
        return await self._described(scope, name, deep=False)

    async def _described(self, scope: AwsScope, name: str, deep: bool) -> Observed | None:
        try:
            answer = await scope.call("lambda", "GetFunction", FunctionName=name)
        except Gone:
            return None
        have = observed(answer["Configuration"], tags_told(answer))
        return with_fields(have, invoked_from=await _permission(scope, name)) if deep else have

    async def _permitted(self, scope: AwsScope, want: Function, have: Observed) -> Observed:
        """A statement cannot be changed, only taken away and added. One after the other: of those added at
        the same time, some get lost."""
        try:
            await scope.call("lambda", "AddPermission", **requests.permit(want))
        except AlreadyThere:
            where = {"FunctionName": want.name, "StatementId": requests.STATEMENT}
            await scope.call("lambda", "RemovePermission", **where)
            await scope.call("lambda", "AddPermission", **requests.permit(want))
        return with_fields(have, invoked_from=want.invoked_from)

    async def _retagged(self, scope: AwsScope, have: Observed, want: Mapping[str, str]) -> Observed:
        old = have.fields["tags"]
        if off := tags.surplus(want, old):
            await scope.call("lambda", "UntagResource", Resource=have.id, TagKeys=off)
        if on := tags.missing(want, old):
            await scope.call("lambda", "TagResource", Resource=have.id, Tags=on)
        after = {**{k: v for k, v in old.items() if k not in off}, **on}
        return replace(with_fields(have, tags=after), owner=tags.mark_of(after))

    async def _recoded(self, scope: AwsScope, want: Function, have: Observed) -> Observed:
        """The tag comes first: it counts only for the code that it names, and while an update is under way
        there may be no writing it."""
        code = await packed(scope, want.package, want.own_source)
        signed = {CODE: code.signed(want.code)}
        if have.fields["tags"].get(CODE) != signed[CODE]:
            await scope.call("lambda", "TagResource", Resource=have.id, Tags=signed)
            have = with_fields(have, tags={**have.fields["tags"], **signed})
            scope.inventory.wrote(have)
        answer = await scope.call("lambda", "UpdateFunctionCode", FunctionName=want.name, ZipFile=code.zipped)
        return _tried(_answered(have, answer), want)


def _given_up(want: Function, have: Observed) -> bool:
    return not want.retry and have.state.phase is Phase.BROKEN and have.attrs.get("tried") == want.tried


def _tried(have: Observed, want: Function) -> Observed:
    return replace(have, attrs={**have.attrs, "tried": want.tried})


def _answered(have: Observed, answer: Mapping[str, Any]) -> Observed:
    """`have` after an update: what is not part of AWS's answer stays as it was."""
    after = observed(answer, have.fields["tags"])
    return replace(after, fields={**have.fields, **after.fields})


async def _permission(scope: AwsScope, name: str) -> str | None:
    try:
        answer = await scope.call("lambda", "GetPolicy", FunctionName=name)
    except Gone:  # it has none
        return None
    return permitted(answer["Policy"])
