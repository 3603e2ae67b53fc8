"""Refusals in AWS's words, and in each protocol's code.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import base64
import json
import zlib

from localcloud.aws.backend import AwsError
from localcloud.aws.iam.evaluation import Need

# Services that speak JSON answer 400 for what they do not allow, those of REST and XML 403.
_JSON = frozenset({"json", "smithy-rpc-v2-cbor"})
_PLAIN = frozenset({"query", "rest-xml", "smithy-rpc-v2-cbor"})
_UNAUTHORIZED = "You are not authorized to perform this operation."


def denied(service: str, protocol: str, principal: str, need: Need, why: str) -> AwsError:
    """The error with which a service refuses a call."""
    if need.words:
        return AwsError(need.code or code(service, protocol), need.words, status=_status(protocol))
    sentence = need.before + said(principal, need, why, quoted=service == "s3")
    if protocol == "ec2":
        encoded = _encoded({"allowed": False, "principal": principal, "action": need.action, "why": why})
        words = f"{_UNAUTHORIZED} {sentence} Encoded authorization failure message: {encoded}"
        return AwsError("UnauthorizedOperation", words, status=403)
    return AwsError(need.code or code(service, protocol), sentence, status=_status(protocol))


def said(principal: str, need: Need, why: str, *, quoted: bool = False) -> str:
    """AWS's sentence: who may not do what on which resource, and why."""
    resource = need.shown or need.resource
    resource = f'"{resource}"' if quoted else resource
    return f"User: {principal} is not authorized to perform: {need.action} on resource: {resource} {why}"


def code(service: str, protocol: str) -> str:
    """AccessDenied or AccessDeniedException."""
    return "AccessDenied" if protocol in _PLAIN or service == "cloudwatch" else "AccessDeniedException"


def _status(protocol: str) -> int:
    return 400 if protocol in _JSON else 403


def _encoded(about: dict[str, object]) -> str:
    """EC2's, which only sts:DecodeAuthorizationMessage reads."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(about).encode())).decode()
