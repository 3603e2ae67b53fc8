"""Route keys of HTTP APIs, and which route takes a request. Pure.

Source: "Create routes for HTTP APIs in API Gateway", section "Routing API requests": a full match comes
before a greedy one, a longer greedy one before a shorter, `$default` last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

DEFAULT = "$default"
METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_KEY = re.compile(rf"({'|'.join(METHODS)}) (/\S*)")
_VARIABLE = re.compile(r"\{([A-Za-z0-9._-]+)\}")
_GREEDY = re.compile(r"\{([A-Za-z0-9._-]+)\+\}")


class BadRouteKey(Exception):
    """Not a route key of an HTTP API."""


@dataclass(frozen=True)
class RoutePattern:
    """A route key, taken apart: literals and `{variables}`; `greedy` names the last variable."""

    key: str
    method: str
    segments: tuple[str, ...]
    greedy: str | None

    def match(self, method: str, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The path parameters if method and path fit; None if they do not."""
        if self.method not in ("ANY", method):
            return None
        rest = len(segments) - len(self.segments)
        if rest < 0 or (rest and not self.greedy):
            return None
        if self.greedy and not any(segments[len(self.segments) :]):
            return None
        found: dict[str, str] = {}
        for wanted, given in zip(self.segments, segments, strict=False):
            variable = _VARIABLE.fullmatch(wanted)
            if variable and given:
                found[variable[1]] = unquote(given)
            elif variable or wanted != given:
                return None
        if self.greedy:
            found[self.greedy] = unquote("/".join(segments[len(self.segments) :]))
        return found

    @property
    def rank(self) -> tuple[bool, tuple[bool, ...], int, bool]:
        """The more particular sorts first: full before greedy, literals before variables, own method."""
        variables = tuple(bool(_VARIABLE.fullmatch(segment)) for segment in self.segments)
        if self.greedy:
            return (True, (), -len(self.segments), self.method == "ANY")
        return (False, variables, 0, self.method == "ANY")


@dataclass(frozen=True)
class Selected:
    """The route that takes a request, and its path parameters."""

    key: str
    parameters: dict[str, str]


def parse_route_key(key: str) -> RoutePattern | None:
    """A route key taken apart; None for `$default`. Raises `BadRouteKey`."""
    if key == DEFAULT:
        return None
    match = _KEY.fullmatch(key)
    if not match:
        raise BadRouteKey(key)
    segments = _segments(match[2])
    greedy = _GREEDY.fullmatch(segments[-1])
    plain = segments[:-1] if greedy else segments
    names = [v[1] for v in map(_VARIABLE.fullmatch, plain) if v] + ([greedy[1]] if greedy else [])
    if len(names) != len(set(names)) or any(_strange(segment) for segment in plain):
        raise BadRouteKey(key)
    return RoutePattern(key, match[1], plain, greedy[1] if greedy else None)


class RouteTable:
    """The routes of a deployment, in the order in which they are asked."""

    def __init__(self, keys: Iterable[str]) -> None:
        keys = list(keys)
        self._default = DEFAULT in keys
        patterns = [pattern for pattern in map(parse_route_key, keys) if pattern]
        self._patterns = sorted(patterns, key=lambda pattern: pattern.rank)

    def select(self, method: str, path: str) -> Selected | None:
        """The route for a method and a raw path without stage; None when nothing takes it."""
        segments = _segments(path)
        for pattern in self._patterns:
            parameters = pattern.match(method, segments)
            if parameters is not None:
                return Selected(pattern.key, parameters)
        return Selected(DEFAULT, {}) if self._default else None


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.removeprefix("/").split("/"))


def _strange(segment: str) -> bool:
    """Whether braces stand where no whole variable is."""
    return bool(re.search(r"[{}]", segment)) and not _VARIABLE.fullmatch(segment)
