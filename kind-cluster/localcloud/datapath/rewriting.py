"""Transforms of a listener rule: rewriting URL and host. Pure.

Source: "Transforms for listener rules" of the Application Load Balancer user guide: the regular
expression sees path and query together (`^([^?]*)` is how AWS's own controller takes the path alone),
no match leaves the request as it was, a failed rewrite answers 500.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_URI = 16 * 1024
_REFERENCE = re.compile(r"\$(?:(\d)|\{(\d+)\})")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
# What a path may hold unencoded (RFC 3986 pchar), but for what would change its structure.
_DECODED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@")
_UNSAFE = re.compile(r"[\x00-\x20\x7f#]")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")


class RewriteFailed(Exception):
    """The pattern matched, but what came out is no URL or host: the load balancer answers 500."""


@dataclass(frozen=True)
class Rewrite:
    """One regular expression and what replaces its first match."""

    pattern: re.Pattern[str]
    replace: str

    def apply(self, text: str) -> str | None:
        """The text with its first match replaced; None when nothing matches."""
        match = self.pattern.search(text)
        if match is None:
            return None
        return text[: match.start()] + _expand(self.replace, match) + text[match.end() :]


@dataclass(frozen=True)
class Transforms:
    """What a rule does to a request before it is forwarded."""

    url: Rewrite | None = None
    host: Rewrite | None = None


def compile_transforms(transforms: Sequence[Mapping[str, Any]]) -> Transforms:
    """Transforms from their wire form (checked before)."""
    found = {t["Type"]: _first_rewrite(t) for t in transforms}
    return Transforms(url=found.get("url-rewrite"), host=found.get("host-header-rewrite"))


def rewrite_uri(rewrite: Rewrite | None, uri: str) -> str:
    """Path and query after the transform.

    A rewritten path has percent-encoded characters decoded where a path may hold them plainly
    (`%3A` comes out as `:`), as seen on AWS; one that does not match stays byte for byte.

    Raises `RewriteFailed` when the result is not an absolute path.
    """
    rewritten = rewrite.apply(decode_plain(uri)) if rewrite else None
    if rewritten is None:
        return uri
    if not rewritten.startswith("/") or _UNSAFE.search(rewritten) or len(rewritten) > LONGEST_URI:
        raise RewriteFailed(rewritten)
    return rewritten


def rewrite_host(rewrite: Rewrite | None, host: str) -> str:
    """The host header after the transform; raises `RewriteFailed` when the result is no host."""
    rewritten = rewrite.apply(host) if rewrite else None
    if rewritten is None:
        return host
    if not _HOST.fullmatch(rewritten):
        raise RewriteFailed(rewritten)
    return rewritten


def decode_plain(uri: str) -> str:
    """Decodes what may stand plainly in a path; the query and what structures the path stay encoded."""
    path, separator, query = uri.partition("?")
    return _ENCODED.sub(_decode_one, path) + separator + query


def _decode_one(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _DECODED else match[0]


def _first_rewrite(transform: Mapping[str, Any]) -> Rewrite:
    config = transform.get("UrlRewriteConfig") or transform.get("HostHeaderRewriteConfig") or {}
    rewrite = config["Rewrites"][0]
    return Rewrite(re.compile(rewrite["Regex"]), rewrite["Replace"])


def _expand(template: str, match: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        number = int(reference[1] or reference[2])
        if number > match.re.groups:
            raise RewriteFailed(f"no group {number}")
        return match[number] or ""

    return _REFERENCE.sub(group, template)
