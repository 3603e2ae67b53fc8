"""Which requests a listener rule's conditions match. Pure.

Source: "Condition types for listener rules" of the Application Load Balancer user guide.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

Condition = Mapping[str, Any]
Test = Callable[["Seen"], bool]


@dataclass(frozen=True)
class Seen:
    """A request as rules see it: path and query raw, headers as they came, the address of the last hop."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source_ip: str = "127.0.0.1"

    def header(self, name: str) -> list[str]:
        """All values of a header, in the order they came."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]


def compile_conditions(conditions: Sequence[Condition]) -> Test:
    """One test for all conditions of a rule (every one must hold)."""
    tests = [_compile(condition) for condition in conditions]
    return lambda seen: all(test(seen) for test in tests)


def wildcard(pattern: str, *, ignore_case: bool = False, escapes: bool = False) -> re.Pattern[str]:
    """ALB's wildcards as a regular expression over the whole string: `*` any run, `?` one character.

    With `escapes`, a backslash takes the next character literally (query strings only).
    """
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if escapes and character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append({"*": ".*", "?": "."}.get(character) or re.escape(character))
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile("".join(parts), flags)


def condition_values(condition: Condition, config: str, key: str = "Values") -> list[Any]:
    """The values of a condition, given inside its config or beside `Field`."""
    inner = condition.get(config) or {}
    return list(inner.get(key) or condition.get(key) or [])


def _compile(condition: Condition) -> Test:
    return _COMPILERS[condition["Field"]](condition)


def _texts(condition: Condition, config: str, *, ignore_case: bool) -> Callable[[str], bool]:
    whole = [wildcard(v, ignore_case=ignore_case) for v in condition_values(condition, config)]
    anywhere = [re.compile(v) for v in condition_values(condition, config, "RegexValues")]
    return lambda text: any(p.fullmatch(text) for p in whole) or any(p.search(text) for p in anywhere)


def _path(condition: Condition) -> Test:
    fits = _texts(condition, "PathPatternConfig", ignore_case=False)
    return lambda seen: fits(seen.path)


def _host(condition: Condition) -> Test:
    fits = _texts(condition, "HostHeaderConfig", ignore_case=True)
    return lambda seen: any(fits(_without_port(host)) for host in seen.header("host"))


def _without_port(host: str) -> str:
    return re.sub(r":\d+$", "", host)


def _http_header(condition: Condition) -> Test:
    name = condition["HttpHeaderConfig"]["HttpHeaderName"]
    fits = _texts(condition, "HttpHeaderConfig", ignore_case=True)
    return lambda seen: any(fits(value) for value in seen.header(name))


def _method(condition: Condition) -> Test:
    methods = frozenset(condition["HttpRequestMethodConfig"]["Values"])
    return lambda seen: seen.method in methods


def _source_ip(condition: Condition) -> Test:
    networks = [ipaddress.ip_network(v, strict=False) for v in condition["SourceIpConfig"]["Values"]]

    def test(seen: Seen) -> bool:
        address = ipaddress.ip_address(seen.source_ip)
        return any(address in network for network in networks)

    return test


def _query(condition: Condition) -> Test:
    wanted = [
        (_query_pattern(pair["Key"]) if pair.get("Key") else None, _query_pattern(pair["Value"]))
        for pair in condition["QueryStringConfig"]["Values"]
    ]

    def test(seen: Seen) -> bool:
        pairs = list(_query_pairs(seen.query))
        return any(
            (key is None or key.fullmatch(k)) and value.fullmatch(v)
            for key, value in wanted
            for k, v in pairs
        )

    return test


def _query_pattern(text: str) -> re.Pattern[str]:
    return wildcard(text, ignore_case=True, escapes=True)


def _query_pairs(query: str) -> Iterable[tuple[str, str]]:
    for part in filter(None, query.split("&")):
        key, separator, value = part.partition("=")
        # a bare word is a value without a key
        yield (unquote_plus(key), unquote_plus(value)) if separator else ("", unquote_plus(key))


_COMPILERS: dict[str, Callable[[Condition], Test]] = {
    "path-pattern": _path,
    "host-header": _host,
    "http-header": _http_header,
    "http-request-method": _method,
    "source-ip": _source_ip,
    "query-string": _query,
}
