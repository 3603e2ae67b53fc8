"""Whether a secret signed a request: Signature Version 4, in headers or in a presigned URL.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote

from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 300.0  # seconds that clocks may be apart
_SKEW_OF_S3 = 900.0
_HEADER = re.compile(r"(\w+)=([^,\s]+)")
_UNSIGNED = "UNSIGNED-PAYLOAD"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_STAMP = "%Y%m%dT%H%M%SZ"
_SPACES = re.compile(r" +")

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
_MISMATCH_OF_S3 = (
    "The request signature we calculated does not match the signature you provided. Check your key and "
    "signing method."
)


@dataclass(frozen=True)
class _Signed:
    """What a request says of its signature."""

    scope: str  # <date>/<region>/<service>/aws4_request
    names: tuple[str, ...]
    signature: str
    stamp: str
    seconds: float | None  # of a presigned URL's validity


def verify(request: HttpRequest, secret: str, json: bool, now: datetime) -> None:
    """Raises `AwsError` for a signature that is not of this secret, or of another time.

    `json`: whether the service speaks JSON, which has its own code for that.
    """
    signed = _signed(request)
    if signed is None:
        raise AwsError("IncompleteSignature", "Authorization header requires all of its parts.", status=400)
    service = signed.scope.split("/")[2]
    code = "InvalidSignatureException" if json else "SignatureDoesNotMatch"
    _check_time(signed, service, code, now)
    expected = _signature(request, signed, secret, service)
    if not hmac.compare_digest(expected, signed.signature):
        raise AwsError(code, _MISMATCH_OF_S3 if service == "s3" else _MISMATCH, status=403)


def _signed(request: HttpRequest) -> _Signed | None:
    header = request.headers.get("authorization", "")
    presigned = not header
    parts = dict(request.query.items()) if presigned else dict(_HEADER.findall(header))
    prefix = "X-Amz-" if presigned else ""
    try:
        stamp = parts["X-Amz-Date"] if presigned else request.headers["x-amz-date"]
        return _Signed(
            scope=parts[f"{prefix}Credential"].partition("/")[2],
            names=tuple(parts[f"{prefix}SignedHeaders"].lower().split(";")),
            signature=parts[f"{prefix}Signature"],
            stamp=stamp,
            seconds=float(parts["X-Amz-Expires"]) if presigned else None,
        )
    except (KeyError, ValueError):
        return None


def _check_time(signed: _Signed, service: str, code: str, now: datetime) -> None:
    try:
        made = datetime.strptime(signed.stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        words = f"Date must be in ISO-8601 'basic format'. Got '{signed.stamp}'."
        raise AwsError("IncompleteSignature", words) from None
    age = (now - made).total_seconds()
    if signed.seconds is not None:
        if age > signed.seconds:
            raise AwsError("AccessDenied", "Request has expired", status=403)
        return
    if service == "s3":
        if abs(age) > _SKEW_OF_S3:
            words = "The difference between the request time and the current time is too large."
            raise AwsError("RequestTimeTooSkewed", words, status=403)
        return
    if abs(age) > SKEW:
        which, side = ("expired", "earlier") if age > 0 else ("not yet current", "later")
        words = f"Signature {which}: {signed.stamp} is now {side} than {now.strftime(_STAMP)}"
        raise AwsError(code, words, status=403)


def _signature(request: HttpRequest, signed: _Signed, secret: str, service: str) -> str:
    text = "\n".join(
        (
            request.method,
            _path(request.path, service),
            _query(request.query_string),
            *(f"{name}:{_header(request, name)}" for name in signed.names),
            "",
            ";".join(signed.names),
            _payload(request, signed, service),
        )
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{signed.stamp}\n{signed.scope}\n{digest}"
    return hmac.new(_key(secret, signed.scope), to_sign.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=512)
def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _path(path: str, service: str) -> str:
    """S3 signs the path as it is sent, all others what is sent encoded once more."""
    if service == "s3":
        return "/".join(_again(part) for part in path.split("/"))
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part and part != ".":
            parts.append(part)
    normal = "/" + "/".join(parts) + ("/" if path.endswith("/") and parts else "")
    return quote(normal, safe="/-_.~")


def _query(query: str) -> str:
    pairs = (pair.partition("=")[::2] for pair in query.split("&") if pair)
    kept = ((_again(name), _again(value)) for name, value in pairs if name != "X-Amz-Signature")
    return "&".join(f"{name}={value}" for name, value in sorted(kept))


def _again(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _header(request: HttpRequest, name: str) -> str:
    """All values of a header of that name, in their order."""
    values: Iterable[str] = [value for key, value in request.header_names if key.lower() == name]
    values = values or [request.headers.get(name, "")]
    return ",".join(_SPACES.sub(" ", value.strip()) for value in values)


def _payload(request: HttpRequest, signed: _Signed, service: str) -> str:
    claimed = request.headers.get("x-amz-content-sha256")
    if signed.seconds is not None and service == "s3":
        return claimed or _UNSIGNED
    if claimed is not None and not _DIGEST.fullmatch(claimed):
        return claimed
    actual = hashlib.sha256(request.body).hexdigest()
    if claimed is not None and claimed != actual:
        words = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise AwsError("XAmzContentSHA256Mismatch", words, status=400)
    return actual
