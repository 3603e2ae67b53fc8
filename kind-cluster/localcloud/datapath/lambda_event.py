"""The event that an HTTP API hands to a Lambda function, and its answer. Pure.

Source: "Create AWS Lambda proxy integrations for HTTP APIs", payload format version 2.0.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from localcloud.datapath.headers import Headers, first

# Verified against AWS in https://github.com/ministackorg/ministack/pull/766: these bodies come as text; all
# others, forms and bodies without a type among them, come as base64.
_TEXT = re.compile(r"text/[^;]*|application/(json|xml|javascript)")
_CONTROL = re.compile(r"[\r\n\0]")


class EventTooLarge(Exception):
    """The event has more bytes than Lambda takes."""


class MalformedAnswer(Exception):
    """What the function gave is no answer of format 2.0."""


@dataclass(frozen=True)
class Request:
    """What came in: path and query raw."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes


def event_of(
    request: Request,
    *,
    route_key: str,
    stage: str,
    path_parameters: Mapping[str, str],
    variables: Mapping[str, str],
    stage_variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The event of format 2.0: header names in lower case, several values joined by commas."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": _joined(
            [(name.lower(), value) for name, value in request.headers if name.lower() != "cookie"]
        ),
        "requestContext": _context(request, route_key, stage, variables),
        "isBase64Encoded": False,
    }
    cookies = [
        part.strip()
        for name, value in request.headers
        if name.lower() == "cookie"
        for part in value.split(";")
    ]
    optional = {
        "cookies": cookies,
        "queryStringParameters": _joined(parse_qsl(request.query, keep_blank_values=True)),
        "pathParameters": dict(path_parameters),
        "stageVariables": dict(stage_variables or {}),
    }
    event.update({key: value for key, value in optional.items() if value})
    return event | _body(request)


def _context(request: Request, route_key: str, stage: str, variables: Mapping[str, str]) -> dict[str, Any]:
    now = time.time()
    return {
        "apiId": variables["apiId"],
        "domainName": first(request.headers, "Host") or "",
        "domainPrefix": variables["apiId"],
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": "HTTP/1.1",
            "sourceIp": variables["identity.sourceIp"],
            "userAgent": first(request.headers, "User-Agent") or "",
        },
        "requestId": variables["requestId"],
        "routeKey": route_key,
        "stage": stage,
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def answer_of(given: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of a function's answer.

    Without a `statusCode`, all of it is the body of a 200, as format 2.0 wants it. Raises `MalformedAnswer`.
    """
    if not isinstance(given, dict) or "statusCode" not in given:
        body = given if isinstance(given, str) else json.dumps(given)
        return 200, [("Content-Type", "application/json")], body.encode()
    return _status(given["statusCode"]), _headers(given), _data(given)


def _status(given: Any) -> int:
    try:
        status = int(given)
    except (TypeError, ValueError):
        raise MalformedAnswer(f"statusCode {given!r}") from None
    if not 200 <= status <= 599:
        raise MalformedAnswer(f"statusCode {status}")
    return status


def _headers(given: dict[str, Any]) -> list[tuple[str, str]]:
    own, cookies = given.get("headers") or {}, given.get("cookies") or []
    if not isinstance(own, dict) or not isinstance(cookies, list):
        raise MalformedAnswer("headers or cookies")
    if any(isinstance(value, dict | list) for value in own.values()):
        raise MalformedAnswer("a header of several values")
    headers = [(str(name), _text(value)) for name, value in own.items()]
    headers += [("Set-Cookie", str(cookie)) for cookie in cookies]
    if any(_CONTROL.search(name + value) for name, value in headers):
        raise MalformedAnswer("a header of several lines")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain;charset=UTF-8"))
    return headers


def _data(given: dict[str, Any]) -> bytes:
    body = given.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswer("the body is no string")
    if not given.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise MalformedAnswer("the body is no base64") from None


def _text(value: Any) -> str:
    """A header's value: JSON's words for what is no string."""
    return value if isinstance(value, str) else json.dumps(value)


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    kind = (first(request.headers, "Content-Type") or "").partition(";")[0].strip().lower()
    if _TEXT.fullmatch(kind):
        try:
            return {"body": request.body.decode()}
        except UnicodeDecodeError:
            pass  # what AWS does with such a body is not known: nothing of it is lost this way
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
