"""A function's code: packed when it is to be written, with the POC's own handler from S3 when it has one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from modelpoc.aws.errors import classify
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone, Stall

HANDLER_LIMIT = 10 * 2**20
"""Bytes of a POC's own handler. Lambda takes 50 MB of zip with the request, as base64."""


class Package(Protocol):
    """What a function's code is made of: `modelpoc.proxy.package.Package`."""

    @property
    def content(self) -> bytes:
        """The zip, the same bytes for the same content."""
        ...

    def with_own(self, source: bytes, name: str) -> Package:
        """The same around the POC's own handler, the file `name`; ValueError, fit to show to a user, when
        that is no handler."""
        ...


@dataclass(frozen=True)
class Code:
    zipped: bytes

    @property
    def sha256(self) -> str:
        """As Lambda's CodeSha256 tells it."""
        return base64.b64encode(hashlib.sha256(self.zipped).digest()).decode()

    def signed(self, versions: str) -> str:
        """The tag that says of which versions this code is made."""
        return f"{versions} {self.sha256}"


async def packed(scope: AwsScope, package: Package | None, own_source: str | None) -> Code:
    """Raises Stall when the own handler is missing, too large or no handler."""
    if package is None:
        raise Stall("InvalidSpec", "there is no code to give to the function")
    if own_source is None:
        return Code(await asyncio.to_thread(lambda: package.content))
    own = await fetched(scope, own_source)
    try:
        return Code(await asyncio.to_thread(lambda: package.with_own(own, own_source).content))
    except ValueError as error:
        raise Stall("InvalidHandler", f"s3://{own_source}: {error}") from error


async def fetched(scope: AwsScope, source: str) -> bytes:
    """The object `<bucket>/<key>`."""
    bucket, _, key = source.partition("/")
    try:
        answer = await scope.call("s3", "GetObject", Bucket=bucket, Key=key)
    except Gone as error:
        raise Stall("ArtifactNotFound", f"s3://{source} was not found") from error
    content = await asyncio.to_thread(_body, answer)
    if len(content) > HANDLER_LIMIT:
        limit = HANDLER_LIMIT // 2**20
        raise Stall("InvalidHandler", f"s3://{source} is larger than {limit} MB, the most for a handler")
    return content


def _body(answer: dict[str, Any]) -> bytes:
    """At most a byte more than allowed, which tells that it is too much."""
    body = answer["Body"]
    try:
        content: bytes = body.read(HANDLER_LIMIT + 1)
    except Exception as error:
        raise classify(error, "GetObject", writing=False) from error
    finally:
        body.close()
    return content
