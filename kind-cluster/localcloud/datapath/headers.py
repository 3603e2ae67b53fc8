"""Headers that a proxy takes away and adds. Pure."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable

Headers = list[tuple[str, str]]

# RFC 9110 section 7.6.1: for one hop only.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def end_to_end(headers: Iterable[tuple[str, str]]) -> Headers:
    """Headers without those meant for one hop, nor those that `Connection` names."""
    given = list(headers)
    named = {
        token.strip().lower()
        for key, value in given
        if key.lower() == "connection"
        for token in value.split(",")
    }
    gone = HOP_BY_HOP | named
    return [(key, value) for key, value in given if key.lower() not in gone]


def replaced(headers: Headers, name: str, value: str) -> Headers:
    """Headers with one set to a single value."""
    return [*without(headers, name), (name, value)]


def without(headers: Headers, name: str) -> Headers:
    """Headers without one of them."""
    lower = name.lower()
    return [(key, value) for key, value in headers if key.lower() != lower]


def first(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value of a header, if any."""
    lower = name.lower()
    return next((value for key, value in headers if key.lower() == lower), None)


def balancer_headers(headers: Headers, client: str, port: int, xff_mode: str = "append") -> Headers:
    """What a load balancer sends to its target for a plain HTTP listener on `port`.

    `xff_mode` is the attribute `routing.http.xff_header_processing.mode`. A trace header that is
    there already keeps its root and gets a part of the load balancer's own.
    """
    sent = end_to_end(headers)
    before = first(sent, "X-Forwarded-For")
    if xff_mode == "append":
        sent = replaced(sent, "X-Forwarded-For", f"{before}, {client}" if before else client)
    elif xff_mode == "remove":
        sent = without(sent, "X-Forwarded-For")
    sent = replaced(sent, "X-Forwarded-Proto", "http")
    sent = replaced(sent, "X-Forwarded-Port", str(port))
    return replaced(sent, "X-Amzn-Trace-Id", trace_id(first(sent, "X-Amzn-Trace-Id")))


def trace_id(given: str | None = None) -> str:
    """`Root=…`, or `Self=…` before a root that came with the request."""
    own = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Self={own};{given}" if given and "Root=" in given else f"Root={own}"
