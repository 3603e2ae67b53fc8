"""Who signed a request, and for which service: read from a Signature Version 4.

The signature itself is not verified: a local cloud guards nothing, and the secret never leaves the machine.
Everything else about it is: an unknown key, a missing session token or an expired one is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpRequest

_CREDENTIAL = re.compile(r"Credential=([^,\s]+)")


@dataclass(frozen=True)
class Scope:
    """What a signature says: key, region and service's signing name, and the session token beside it."""

    access_key: str
    region: str
    service: str
    token: str | None


def signed(request: HttpRequest) -> bool:
    """Whether a request says that it is signed, in whatever way."""
    return "authorization" in request.headers or any(key.startswith("X-Amz-") for key in request.query)


def scope(request: HttpRequest) -> Scope:
    """The credential scope of a request, out of its Authorization header or presigned URL.

    Raises `AwsError` MissingAuthenticationToken (403) when it is not signed, IncompleteSignature when
    the scope cannot be read.
    """
    credential, token = _credential(request)
    parts = credential.rsplit("/", 4)
    if len(parts) != 5:
        raise AwsError(
            "IncompleteSignature", "Credential must have exactly 5 slash-delimited elements.", status=400
        )
    return Scope(access_key=parts[0], region=parts[2], service=parts[3], token=token)


def _credential(request: HttpRequest) -> tuple[str, str | None]:
    header = request.headers.get("authorization", "")
    found = _CREDENTIAL.search(header)
    if found:
        return found.group(1), request.headers.get("x-amz-security-token")
    credential = request.query.get("X-Amz-Credential")
    if credential:
        return credential, request.query.get("X-Amz-Security-Token")
    raise AwsError("MissingAuthenticationToken", "Missing Authentication Token", status=403)
