"""A request as the function sees it. Events may hold anything: what has the wrong shape counts as absent."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import Problem
from .deadline import Deadline

MISSING_BODY = "the request has no body: send what the model shall look at"


@dataclass(frozen=True)
class Request:
    """`event` is untouched; `tail` is what follows the POC's path, None when that is not in it."""

    event: Any
    id: str
    method: str
    path: str
    tail: str | None
    headers: Mapping[str, str]
    plain: bool
    """A plain invoke: not from the gateway."""
    deadline: Deadline

    @property
    def origin(self) -> str:
        return self.headers.get("origin", "")

    @property
    def body(self) -> bytes:
        """Problem 400 when there is none, or when it is not what `isBase64Encoded` says."""
        return body_of(self.event)


def request_of(event: Any, path: str, request_id: str, deadline: Deadline) -> Request:
    """From an event of payload format 2.0, or from a plain invoke, which goes to predict."""
    context = mapping(event, "requestContext")
    http = mapping(context, "http")
    plain = not context
    raw = text(event, "rawPath") or text(http, "path")
    return Request(
        event=event,
        id=text(context, "requestId") or request_id,
        method="POST" if plain else text(http, "method").upper(),
        path=f"{path}/predict" if plain else raw,
        tail="/predict" if plain else tail_of(raw, path),
        headers={str(k).lower(): str(v) for k, v in mapping(event, "headers").items()},
        plain=plain,
        deadline=deadline,
    )


def tail_of(raw: str, path: str) -> str | None:
    """What follows `path`; a stage or a custom domain's mapping may stand before it."""
    start = raw.find(path)
    while start >= 0:
        tail = raw[start + len(path) :]
        if not tail or tail.startswith("/"):
            return tail
        start = raw.find(path, start + 1)
    return None


def body_of(event: Any) -> bytes:
    """The body's bytes. A plain invoke may bring it as JSON instead of as text."""
    body = event.get("body") if isinstance(event, Mapping) else None
    if body is None or body == "":
        raise Problem(400, "MissingBody", MISSING_BODY)
    if not isinstance(body, str):
        return json.dumps(body).encode()
    if not event.get("isBase64Encoded"):
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(
            400, "MalformedBody", "the body is not the base64 that the event says it is", detail=str(error)
        ) from error


def mapping(holder: Any, key: str) -> Mapping[str, Any]:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def text(holder: Any, key: str) -> str:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, str) else ""
