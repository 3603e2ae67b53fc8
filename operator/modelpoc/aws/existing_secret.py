"""A Secrets Manager secret that the user names: only looked at, and never its value."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelpoc.aws.permission import reads
from modelpoc.aws.secret import current_version
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Observed, Resource

PERMISSIONS = (reads("secretsmanager:DescribeSecret", on=("{secret}",)),)


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
