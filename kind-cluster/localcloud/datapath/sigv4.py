"""Checking the signature of a request to an HTTP API whose route wants IAM."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.aws.backend import AwsError
from localcloud.datapath.headers import Headers, first

SERVICE = "execute-api"
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request,\s*"
    r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})"
)


class Keys(Protocol):
    """Who knows access keys: `authenticate` gives an identity with `secret_key`, or raises `AwsError`."""

    def authenticate(self, access_key: str, token: str | None) -> Any:
        """The identity behind a key."""


@dataclass(frozen=True)
class Signed:
    """A request as it was signed: `uri` is path and query raw."""

    method: str
    uri: str
    headers: Headers
    body: bytes


def signer(request: Signed, keys: Keys, region: str) -> Any:
    """The identity whose key signed the request for API Gateway in this region; None if no key did."""
    match = _HEADER.match(first(request.headers, "Authorization") or "")
    if not match or (match[2], match[3]) != (region, SERVICE):
        return None
    token = first(request.headers, "X-Amz-Security-Token")
    try:
        identity = keys.authenticate(match[1], token)
    except AwsError:
        return None
    expected = _signature(request, Credentials(match[1], identity.secret_key, token), region, match[4])
    return identity if hmac.compare_digest(expected, match[5]) else None


def _signature(request: Signed, credentials: Credentials, region: str, names: str) -> str:
    signer = SigV4Auth(credentials, SERVICE, region)
    host = first(request.headers, "Host") or ""
    again = AWSRequest(method=request.method, url=f"http://{host}{request.uri}", data=request.body)
    for name in names.split(";"):
        again.headers[name] = first(request.headers, name) or ""
    again.context["timestamp"] = first(request.headers, "X-Amz-Date") or ""
    return str(signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again))
