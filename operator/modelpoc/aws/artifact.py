"""A model artifact in S3, an object or all under a prefix, and when it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws.permission import BUCKET, reads
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import short_hash
from modelpoc.reconcile.resource import Observed, Resource

PERMISSIONS = (reads("s3:ListBucket", on=(BUCKET,)),)

NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Artifact(Resource):
    """`name` is `<bucket>/<prefix>/`, or `<bucket>/<key>` for one object."""

    kind: ClassVar[str] = "Artifact"


class ArtifactKind(BaseKind[Artifact, AwsScope]):
    """attrs["version"] is a hash over keys and entity tags.

    A prefix is there as long as its bucket is, with version `none` when nothing lies there; an object is
    there when it is.
    """

    kind = "Artifact"

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await asyncio.gather(*(_listed(scope, name) for name in names))
        return {o.name: o for o in found if o}


def version_of(objects: Iterable[Mapping[str, Any]]) -> str:
    """A hash over keys and entity tags, the same in whatever order they come."""
    parts = sorted(f"{o['Key']}\n{o['ETag']}" for o in objects)
    return short_hash(*parts) if parts else NONE


def observed(name: str, objects: Collection[Mapping[str, Any]]) -> Observed:
    attrs = {"id": f"s3://{name}", "version": version_of(objects), "objects": len(objects)}
    return Observed(Artifact.kind, name, id=f"s3://{name}", attrs=attrs)


async def _listed(scope: AwsScope, name: str) -> Observed | None:
    bucket, _, key = name.partition("/")
    try:
        if key and not key.endswith("/"):
            return await _object(scope, bucket, key)
        pages = [p async for p in scope.pages("s3", "ListObjectsV2", Bucket=bucket, Prefix=key)]
    except Gone:
        return None
    return observed(name, [o for page in pages for o in page.get("Contents", ())])


async def _object(scope: AwsScope, bucket: str, key: str) -> Observed | None:
    """One object by a listing, which needs no permission to read it: of all keys that begin so, the key
    itself comes first ("ListObjectsV2": in UTF-8 order)."""
    page = await scope.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=key, MaxKeys=1)
    found = [o for o in page.get("Contents", ()) if o["Key"] == key]
    return observed(f"{bucket}/{key}", found) if found else None
