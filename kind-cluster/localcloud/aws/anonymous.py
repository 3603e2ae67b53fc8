"""Requests that no one signed: S3 lets anyone read what is public, and answers browsers of other origins.

Whether an object is public (its ACL, or a statement of the bucket's policy) moto decides. Everything else
needs a signature.
"""

from __future__ import annotations

from dataclasses import replace

from localcloud.aws import bucket_cors, services
from localcloud.aws.backend import AwsError
from localcloud.aws.bucket_cors import Rule
from localcloud.aws.http import HttpAnswer, HttpRequest
from localcloud.aws.moto_bridge import MotoBridge
from localcloud.aws.services import Asked

PRINCIPAL = "anonymous"
_READS = frozenset({"GetObject", "HeadObject"})
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Enough of a signature for moto to see which service is meant.
_AS_S3 = "AWS4-HMAC-SHA256 Credential=anonymous/20000101/us-east-1/s3/aws4_request"


async def asked(request: HttpRequest, moto: MotoBridge) -> Asked | None:
    """What an unsigned request asks of S3; None when it is not for a bucket that is there."""
    bucket = _bucket(request)
    if not bucket or request.method not in _METHODS or (await _ask(moto, "HEAD", bucket)).status != 200:
        return None
    if request.method == "OPTIONS":
        return Asked("s3", "rest-xml", "OptionsObject", None, {})
    return services.asked("s3", request)


async def serve(wanted: Asked, request: HttpRequest, moto: MotoBridge) -> HttpAnswer:
    """S3's answer. Raises `AwsError` AccessDenied for what is not public."""
    rules = await _rules(request, moto)
    if request.method == "OPTIONS":
        return bucket_cors.preflight(rules, request.headers)
    if wanted.name not in _READS:
        raise denied()
    # HEAD needs s3:GetObject as GET does; moto looks for an action of its own.
    answer = await moto.call(replace(request, method="GET"))
    # Who may not list a bucket is not told either that an object is missing.
    if answer.status in (403, 404):
        raise denied()
    if request.method == "HEAD":
        answer = replace(answer, body=b"")
    return bucket_cors.applied(rules, request.method, request.headers, answer)


def denied() -> AwsError:
    """Not for everyone."""
    return AwsError("AccessDenied", "Access Denied", status=403)


async def _rules(request: HttpRequest, moto: MotoBridge) -> tuple[Rule, ...]:
    if "origin" not in request.headers:
        return ()
    found = await _ask(moto, "GET", _bucket(request), "cors")
    return bucket_cors.rules_of(found.body) if found.status == 200 else ()


async def _ask(moto: MotoBridge, method: str, bucket: str, query: str = "") -> HttpAnswer:
    headers = {"host": "localhost", "authorization": _AS_S3}
    return await moto.call(HttpRequest(method, f"/{bucket}", query, headers, b""))


def _bucket(request: HttpRequest) -> str:
    return request.path.lstrip("/").partition("/")[0]
