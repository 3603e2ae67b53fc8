"""A secret of ours in Secrets Manager: the copy of a key of a Kubernetes Secret."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.permission import (
    CHANGING,
    Permission,
    arn_at,
    makes,
    of,
    on_ours,
    reads,
)
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Resource

_OWN = (arn_at("secretsmanager", "secret:modelpoc/{owner}/*"),)
PERMISSIONS = (
    reads("secretsmanager:ListSecrets"),
    reads("secretsmanager:DescribeSecret", on=_OWN),
    makes("secretsmanager:CreateSecret"),
    Permission(of("secretsmanager", "PutSecretValue", "RestoreSecret", "TagResource"), _OWN, CHANGING),
    on_ours(*of("secretsmanager", "DeleteSecret", "UntagResource")),
)

RECOVERY_DAYS = 7
"""The shortest that AWS offers. The name can be had again at once: what waits for deletion is restored."""
_OUR_VERSION = re.compile(r"([0-9a-f]{32})-[0-9a-f]{16}")


class SecretValue:
    """Holds a value so that no text, log or comparison shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def __repr__(self) -> str:
        return "SecretValue(hidden)"


class UnreadValue(SecretValue):
    """Stands for a value that is there, and that whoever plans may not read."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(b"")

    def reveal(self) -> bytes:
        raise ValueError("this value was not read")


@lru_cache(maxsize=1024)
def fingerprint(value: bytes, salt: str) -> str:
    """32 hex digits that tell whether `value` changed, dear to guess it from even when it is weak."""
    return hashlib.scrypt(value, salt=salt.encode(), n=2**14, r=8, p=1, dklen=16).hex()


@dataclass(frozen=True, kw_only=True)
class Secret(Resource):
    kind: ClassVar[str] = "Secret"
    fingerprint: str | None
    """Of the value: see `fingerprint`. None: whatever it is."""
    value: SecretValue | None = field(default=None, repr=False, compare=False)
    """Text of at most 65,536 bytes. None is enough for a plan."""
    tags: Mapping[str, str] = field(default_factory=dict)


class SecretKind(BaseKind[Secret, AwsScope]):
    """Its id is its ARN; only metadata is ever read.

    We choose the ids of versions: fingerprint and chance. So AWS tells with the metadata whether the current
    value is the one that we wrote, and both change in one write. attrs["version"] is the fingerprint, so that
    a value taken back brings back the same task definition.
    """

    kind = "Secret"
    fast = frozenset({"fingerprint", "tags"})
    volatile: Mapping[str, frozenset[str]] = MappingProxyType({"version": frozenset({"fingerprint"})})
    hidden = frozenset({"fingerprint", "value"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        """ListSecrets may lag by minutes (API reference), so what contradicts us is asked for by name."""
        listed = {row["Name"]: observed(row) for row in await _listed(scope)}
        known = {o.name: o for o in scope.inventory.of_kind(self.kind)}
        sure = {name: o for name, o in listed.items() if _alike(o, known.get(name))}
        asked = [await _described(scope, name) for name in sorted((listed.keys() | known) - sure.keys())]
        return [*sure.values(), *(o for o in asked if o)]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = [await _described(scope, name) for name in names]
        return {o.name: o for o in found if o}

    async def create(self, scope: AwsScope, want: Secret) -> Observed:
        request = {"Name": want.name, "Tags": tags.to_list(want.tags), **_value_request(want)}
        try:
            answer = await scope.call("secretsmanager", "CreateSecret", **request)
        except CloudError as error:
            if "scheduled for deletion" not in str(error):
                raise
            return await self._restored(scope, want)
        return observed({**answer, "Tags": request["Tags"], **_current(answer)})

    async def update(
        self, scope: AwsScope, want: Secret, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if "fingerprint" in changed:
            answer = await _write(scope, "PutSecretValue", SecretId=have.id, **_value_request(want))
            have = observed({**answer, "Tags": tags.to_list(have.fields["tags"]), **_current(answer)})
            scope.inventory.wrote(have)
        if "tags" in changed:
            after = await _retag(scope, have, want.tags)
            have = replace(with_fields(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await _write(scope, "DeleteSecret", SecretId=have.id, RecoveryWindowInDays=RECOVERY_DAYS)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        off = sorted(tags.OURS & have.fields["tags"].keys())
        await scope.call("secretsmanager", "UntagResource", SecretId=have.id, TagKeys=off)

    async def _restored(self, scope: AwsScope, want: Secret) -> Observed:
        """Brings back what waits for its deletion, if it is ours, with the value wanted now."""
        have = await _described(scope, want.name, even_deleted=True)
        if have is None:
            raise NotYet(f"{want} was deleted a moment ago and still blocks its name")
        if have.owner != tags.mark_of(want.tags):
            raise Stall("OwnedByOther", f"{want} waits for its deletion and is not ours: restore or purge it")
        await scope.call("secretsmanager", "RestoreSecret", SecretId=have.id)
        scope.inventory.wrote(have)
        return await self.update(scope, want, have, self.diff(want, have))


def observed(secret: Mapping[str, Any]) -> Observed:
    """One secret's metadata, in the words of `Secret`."""
    arn, found = secret["ARN"], tags.from_list(secret.get("Tags"))
    current = current_version(secret)
    ours = _OUR_VERSION.fullmatch(current)
    return Observed(
        Secret.kind,
        secret["Name"],
        id=arn,
        fields={"fingerprint": ours[1] if ours else f"version {current}", "tags": found},
        attrs={"arn": arn, "id": arn, "version": ours[1] if ours else current},
        owner=tags.mark_of(found),
    )


def current_version(secret: Mapping[str, Any]) -> str:
    """Id of the version that readers get. DescribeSecret and ListSecrets name the mapping differently."""
    stages = secret.get("VersionIdsToStages") or secret.get("SecretVersionsToStages") or {}
    return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), "none")


def _current(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {"VersionIdsToStages": {answer["VersionId"]: ["AWSCURRENT"]}}


def _value_request(want: Secret) -> dict[str, str]:
    if want.value is None:
        raise Stall("SecretNotFound", f"{want}: its value is not known")
    try:
        text = want.value.reveal().decode()
    except UnicodeDecodeError:
        # Not chained: the error holds the value.
        raise Stall("InvalidSpec", f"{want}: a container can only be given text, and this is not") from None
    version = f"{want.fingerprint}-{secrets.token_hex(8)}"
    return {"SecretString": text, "ClientRequestToken": version}


def _alike(listed: Observed, known: Observed | None) -> bool:
    return known is not None and (listed.id, listed.fields) == (known.id, known.fields)


async def _listed(scope: AwsScope) -> list[Mapping[str, Any]]:
    ours = [{"Key": "tag-key", "Values": [tags.MARK]}]
    pages = scope.pages("secretsmanager", "ListSecrets", Filters=ours, MaxResults=100)
    return [row async for page in pages for row in page["SecretList"] if not row.get("DeletedDate")]


async def _described(scope: AwsScope, name: str, even_deleted: bool = False) -> Observed | None:
    try:
        secret = await scope.call("secretsmanager", "DescribeSecret", SecretId=name)
    except Gone:
        return None
    return None if secret.get("DeletedDate") and not even_deleted else observed(secret)


async def _write(scope: AwsScope, operation: str, **request: Any) -> dict[str, Any]:
    """What waits for its deletion is gone in our eyes."""
    try:
        return await scope.call("secretsmanager", operation, **request)
    except CloudError as error:
        if error.code == "InvalidRequestException" and "marked" in str(error):
            raise Gone(str(error)) from error
        raise


async def _retag(scope: AwsScope, have: Observed, want: Mapping[str, str]) -> dict[str, str]:
    old = have.fields["tags"]
    off, on = tags.surplus(want, old), tags.missing(want, old)
    if off:
        await scope.call("secretsmanager", "UntagResource", SecretId=have.id, TagKeys=off)
    if on:
        await scope.call("secretsmanager", "TagResource", SecretId=have.id, Tags=tags.to_list(on))
    return {**{k: v for k, v in old.items() if k not in off}, **on}
