"""Signature Version 4 as the endpoint checks it; botocore signs."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpRequest
from localcloud.aws.sigv4 import verify

pytestmark = pytest.mark.unit

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = Credentials("AKIDEXAMPLE", SECRET, "a+token/=")
URL = "http://127.0.0.1:4566"


def received(made: AWSRequest) -> HttpRequest:
    prepared = made.prepare()
    parts = urlsplit(prepared.url)
    headers = [*prepared.headers.items(), ("Host", parts.netloc)]
    text = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in headers]
    body = prepared.body or b""
    return HttpRequest(
        method=made.method,
        path=parts.path,
        query_string=parts.query,
        headers={name.lower(): value for name, value in text},
        body=body.encode() if isinstance(body, str) else body,
        header_names=tuple(text),
    )


def signed(service: str, path: str = "/", method: str = "POST", **given: Any) -> HttpRequest:
    made = AWSRequest(method=method, url=URL + path, **given)
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(KEYS, service, "eu-west-1").add_auth(made)
    return received(made)


def signed_at(request: HttpRequest) -> datetime:
    """The moment that the request itself tells, in a header or in its address."""
    told = request.headers.get("x-amz-date") or dict(parse_qsl(request.query_string))["X-Amz-Date"]
    return datetime.strptime(f"{told}+0000", "%Y%m%dT%H%M%SZ%z")


def refusal(request: HttpRequest, secret: str = SECRET, json: bool = True, **later: float) -> str:
    """The code with which it is refused; empty when it is not."""
    try:
        verify(request, secret, json, signed_at(request) + timedelta(**later))
    except AwsError as error:
        return error.code
    return ""


REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("ecs", {"data": b'{"a": 1}', "headers": {"X-Amz-Target": "x.ListClusters", "X-Odd": "  a   b "}}),
    ("lambda", {"path": "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations", "method": "GET"}),
    ("apigateway", {"path": "/v2/apis/a/stages/%24default/routesettings/POST%20%2Fx", "method": "DELETE"}),
    ("apigateway", {"path": "/v2/apis?maxResults=5&nextToken=a%2Bb%3D%3D&b=&a=%20~", "method": "GET"}),
    ("elasticloadbalancing", {"data": {"Action": "DescribeRules", "Version": "2015-12-01"}}),
    ("s3", {"path": "/bucket/a%20b/%C3%BC%2B%26%3D%2F..//x.txt?list-type=2&prefix=a%2F", "method": "GET"}),
    ("s3", {"path": "/bucket/key", "method": "PUT", "data": b"\x00\xff" * 100}),
]


@pytest.mark.parametrize(("service", "given"), REQUESTS)
def test_what_botocore_signs_is_recognised(service: str, given: dict[str, Any]) -> None:
    request = signed(service, **given)
    assert refusal(request) == ""
    assert refusal(request, secret=SECRET + "x") == "InvalidSignatureException"
    assert refusal(request, secret=SECRET + "x", json=False) == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/other"},
        {"query_string": "a=b"},
        {"body": b'{"a": 2}'},
    ],
)
def test_nothing_that_was_signed_may_change(change: dict[str, Any]) -> None:
    request = signed("ecs", data=b'{"a": 1}')
    assert refusal(dataclasses.replace(request, **change)) == "InvalidSignatureException"


def test_a_body_is_what_its_digest_says() -> None:
    request = dataclasses.replace(signed("s3", "/bucket/key", "PUT", data=b"1"), body=b"2")
    assert refusal(request, json=False) == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(
    ("service", "seconds", "code"),
    [
        ("ecs", 290, ""),
        ("ecs", -290, ""),
        ("ecs", 310, "InvalidSignatureException"),
        ("ecs", -310, "InvalidSignatureException"),
        ("s3", 310, ""),
        ("s3", 910, "RequestTimeTooSkewed"),
    ],
)
def test_clocks_may_be_a_little_apart(service: str, seconds: float, code: str) -> None:
    assert refusal(signed(service), seconds=seconds) == code


def test_a_signed_address_holds_for_its_time() -> None:
    made = AWSRequest(method="GET", url=f"{URL}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(KEYS, "sts", "eu-west-1", expires=60).add_auth(made)
    request = received(made)
    assert refusal(request, json=False, seconds=50) == ""
    assert refusal(request, json=False, seconds=70) == "AccessDenied"
    assert refusal(request, secret="x", json=False) == "SignatureDoesNotMatch"


def test_half_a_signature_is_none() -> None:
    request = signed("ecs")
    headers = {**request.headers, "authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/d/e"}
    assert refusal(dataclasses.replace(request, headers=headers)) == "IncompleteSignature"
