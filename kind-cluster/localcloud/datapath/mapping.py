"""Request parameters of an integration: changing headers, query and path. Pure.

Source: "Transform API requests and responses for HTTP APIs in API Gateway".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode

from localcloud.datapath.headers import Headers, first, replaced, without

_KEY = re.compile(r"(append|overwrite|remove):(header|querystring)\.([^\s]+)|overwrite:path")
_EXPRESSION = re.compile(r"\$\{([A-Za-z0-9_.\-]+)\}")
_RESERVED = re.compile(
    r"access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|"
    r"forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers?|transfer-encoding|"
    r"upgrade|x-amz-.*|x-amzn-.*|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via",
    re.IGNORECASE,
)


class BadMapping(Exception):
    """Not a request parameter mapping that API Gateway takes."""


@dataclass(frozen=True)
class Outgoing:
    """What is sent to the integration: path and query raw."""

    path: str
    query: str
    headers: Headers


@dataclass(frozen=True)
class Context:
    """What mapping values may refer to: the request (path without stage) and the gateway's own variables."""

    path: str
    query: str
    headers: Headers
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)

    def value(self, expression: str) -> str:
        """The value of `request.header.x`, `request.path`, `context.requestId`, …; empty when unknown."""
        source, _, name = expression.partition(".")
        if source == "context":
            return self.variables.get(name, "")
        if source == "stageVariables":
            return self.stage_variables.get(name, "")
        part, _, name = name.partition(".")
        if part == "path":
            return self.parameters.get(name, "") if name else self.path
        if part == "header":
            return ",".join(value for key, value in self.headers if key.lower() == name.lower())
        if part == "querystring":
            return ",".join(value for key, value in parse_qsl(self.query, True) if key == name)
        return ""


def check_mapping(parameters: Mapping[str, str]) -> None:
    """Raises `BadMapping` for a key that API Gateway does not know or a reserved header."""
    for key in parameters:
        match = _KEY.fullmatch(key)
        if not match:
            raise BadMapping(f"Invalid mapping expression specified: {key}")
        if match[2] == "header" and _RESERVED.fullmatch(match[3]):
            raise BadMapping(
                "Invalid mapping expression specified: Validation Result: warnings : [], "
                f"errors : [Operations on header {match[3]} are restricted]"
            )


def apply_mapping(parameters: Mapping[str, str], context: Context, outgoing: Outgoing) -> Outgoing:
    """The request as it leaves, after all mappings of an integration."""
    for key, expression in parameters.items():
        outgoing = _apply(key, evaluate(expression, context), outgoing)
    return outgoing


def evaluate(expression: str, context: Context) -> str:
    """A mapping's value: `$request.path`, `/a/${request.path.id}` or a constant."""
    if expression.startswith("$") and not expression.startswith("${"):
        return context.value(expression[1:])
    return _EXPRESSION.sub(lambda match: context.value(match[1]), expression)


def _apply(key: str, value: str, outgoing: Outgoing) -> Outgoing:
    if key == "overwrite:path":
        path = value if value.startswith("/") else "/" + value
        return Outgoing(quote(path, safe="/%:@!$&'()*+,;=~-._"), outgoing.query, outgoing.headers)
    action, _, place = key.partition(":")
    where, _, name = place.partition(".")
    if where == "header":
        return Outgoing(outgoing.path, outgoing.query, _header(action, name, value, outgoing.headers))
    return Outgoing(outgoing.path, _query(action, name, value, outgoing.query), outgoing.headers)


def _header(action: str, name: str, value: str, headers: Headers) -> Headers:
    if action == "remove":
        return without(headers, name)
    present = first(headers, name)
    if action == "append" and present is not None:
        value = f"{present},{value}"
    return replaced(headers, name, value)


def _query(action: str, name: str, value: str, query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    if action != "append":
        pairs = [(key, present) for key, present in pairs if key != name]
    if action != "remove":
        pairs.append((name, value))
    return urlencode(pairs)
