"""A Secrets Manager secret that the user names: only looked at, and never its value."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelpoc.aws.secret import current_version
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import CloudError, Gone
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Observed, Resource

ACTIONS = ("secretsmanager:DescribeSecret",)


@dataclass(frozen=True, kw_only=True)
class ExistingSecret(Resource):
    """`name` is the ARN that the user gave, without json key, stage and version."""

    kind: ClassVar[str] = "ExistingSecret"


class ExistingSecretKind(BaseKind[ExistingSecret, AwsScope]):
    """attrs["version"] is the id of the current version. One that waits for its deletion is not there.

    ListSecrets can only be filtered by the beginnings of names, and lags; so each is asked for.
    """

    kind = "ExistingSecret"

    def reason(self, claim: str | None) -> str:
        return "SecretNotFound"

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        """Those that somebody asked for before; one that cannot be read just now stays as it was."""
        known = scope.inventory.of_kind(self.kind)
        looked = await asyncio.gather(*(_described(scope, o.name) for o in known), return_exceptions=True)
        return [o for o in map(_or_known, looked, known) if o]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await asyncio.gather(*(_described(scope, name) for name in names))
        return {o.name: o for o in found if o}


async def _described(scope: AwsScope, name: str) -> Observed | None:
    try:
        secret = await scope.call("secretsmanager", "DescribeSecret", SecretId=name)
    except Gone:
        return None
    if secret.get("DeletedDate"):
        return None
    attrs = {"arn": secret["ARN"], "id": name, "version": current_version(secret)}
    return Observed(ExistingSecret.kind, name, id=name, attrs=attrs)


def _or_known(looked: Observed | BaseException | None, known: Observed) -> Observed | None:
    if isinstance(looked, CloudError):
        return known
    if isinstance(looked, BaseException):
        raise looked
    return looked
