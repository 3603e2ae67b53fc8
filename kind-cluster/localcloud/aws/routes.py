"""Which operation a REST request means: method and path against a service's model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.utils import get_service_model

from localcloud.aws.http import HttpRequest

_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """One operation's place: its path, the query words it is known by, what it needs outside its body."""

    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    fixed: int
    words: tuple[tuple[str, str], ...]
    query: frozenset[str]
    headers: frozenset[str]

    def labels_of(self, path: str) -> Mapping[str, str] | None:
        """The path's labels, decoded; None if it is another path."""
        found = self.path.fullmatch(path)
        return dict(zip(self.labels, map(unquote, found.groups()), strict=True)) if found else None

    def fit(self, request: HttpRequest) -> tuple[int, ...] | None:
        """How well a request of this path fits (larger is better); None if it is another operation."""
        if any(request.query.get(key) != value for key, value in self.words):
            return None
        asked = sum(name in request.query for name in self.query) + sum(
            name in request.headers for name in self.headers
        )
        missing = len(self.query) + len(self.headers) - asked
        return (len(self.words), -missing, self.fixed, asked)


def find(service: str, request: HttpRequest) -> tuple[Route, Mapping[str, str]] | None:
    """The operation that a REST request means, and the values in its path."""
    path = request.path.rstrip("/") or "/"
    best: tuple[tuple[int, ...], Route, Mapping[str, str]] | None = None
    for route in _routes(service).get(request.method, ()):
        labels = route.labels_of(path)
        fit = route.fit(request) if labels is not None else None
        if labels is not None and fit is not None and (best is None or fit > best[0]):
            best = (fit, route, labels)
    return (best[1], best[2]) if best else None


@cache
def _routes(service: str) -> Mapping[str, tuple[Route, ...]]:
    model = get_service_model(service)
    routes: dict[str, list[Route]] = {}
    for name in model.operation_names:
        route = _route(model.operation_model(name))
        routes.setdefault(route.method, []).append(route)
    return {method: tuple(found) for method, found in routes.items()}


def _route(operation: Any) -> Route:
    uri, _, words = operation.http["requestUri"].partition("?")
    pattern = _pattern(uri.rstrip("/") or "/")
    required = {"querystring": frozenset[str](), "header": frozenset[str]()}
    shape = operation.input_shape
    for name in shape.required_members if shape else ():
        bound = shape.members[name].serialization
        if bound.get("location") in required:
            required[bound["location"]] |= {bound.get("name", name)}
    return Route(
        operation=operation.name,
        method=operation.http["method"],
        path=re.compile(pattern),
        labels=tuple(label for label, _ in _LABEL.findall(uri)),
        fixed=len(_LABEL.sub("", uri)),
        words=tuple(parse_qsl(words, keep_blank_values=True)),
        query=required["querystring"],
        headers=frozenset(name.lower() for name in required["header"]),
    )


def _pattern(uri: str) -> str:
    parts, end = [], 0
    for label in _LABEL.finditer(uri):
        parts += [re.escape(uri[end : label.start()]), "(.+)" if label.group(2) else "([^/]+)"]
        end = label.end()
    return "".join(parts) + re.escape(uri[end:])
