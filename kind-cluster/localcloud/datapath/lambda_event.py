"""The event that an HTTP API hands to a Lambda function, and its answer. Pure.

Source: "Create AWS Lambda proxy integrations for HTTP APIs", payload format version 2.0.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from localcloud.datapath.headers import Headers


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
        "requestContext": {
            "apiId": variables["apiId"],
            "http": {
                "method": request.method,
                "path": unquote(request.path),
                "protocol": "HTTP/1.1",
                "sourceIp": variables["identity.sourceIp"],
            },
            "requestId": variables["requestId"],
            "routeKey": route_key,
            "stage": stage,
            "timeEpoch": int(time.time() * 1000),
        },
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
    }
    event.update({key: value for key, value in optional.items() if value})
    return event | _body(request.body)


def answer_of(given: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of a function's answer.

    Without a `statusCode`, all of it is the body of a 200, as format 2.0 wants it.
    """
    if not isinstance(given, dict) or "statusCode" not in given:
        body = given if isinstance(given, str) else json.dumps(given)
        return 200, [("Content-Type", "application/json")], body.encode()
    headers = [(str(name), str(value)) for name, value in (given.get("headers") or {}).items()]
    headers += [("Set-Cookie", cookie) for cookie in given.get("cookies") or []]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain;charset=UTF-8"))
    body = given.get("body") or ""
    data = base64.b64decode(body) if given.get("isBase64Encoded") else str(body).encode()
    return int(given["statusCode"]), headers, data


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
