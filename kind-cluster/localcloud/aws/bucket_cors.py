"""A bucket's CORS configuration applied to requests of browsers, as S3 does it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html: the first rule counts whose origin, method
and headers all fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from xml.etree import ElementTree

from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpAnswer

_PREFIX = "access-control-"
_NAMESPACE = re.compile(r"\{[^}]*\}")
_NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
    "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by "
    "the resource's CORS spec."
)


@dataclass(frozen=True)
class Rule:
    """One rule: what it allows, as it was written."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: str | None

    def fits(self, origin: str, method: str, headers: Iterable[str]) -> bool:
        """Whether it allows such a request."""
        return (
            any(fnmatchcase(origin, pattern) for pattern in self.origins)
            and method in self.methods
            and all(any(fnmatchcase(name, p.lower()) for p in self.headers) for name in headers)
        )

    def answer_headers(self, origin: str, asked: tuple[str, ...]) -> list[tuple[str, str]]:
        """What a browser is told."""
        anyone = "*" in self.origins
        given = {
            "Access-Control-Allow-Origin": "*" if anyone else origin,
            "Access-Control-Allow-Methods": ", ".join(self.methods),
            "Access-Control-Allow-Headers": ", ".join(asked),
            "Access-Control-Expose-Headers": ", ".join(self.exposed),
            "Access-Control-Max-Age": self.max_age or "",
            "Access-Control-Allow-Credentials": "" if anyone else "true",
            "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        }
        return [(name, value) for name, value in given.items() if value]


def rules_of(document: bytes) -> tuple[Rule, ...]:
    """The rules of a CORSConfiguration."""
    root = ElementTree.fromstring(document)
    return tuple(_rule(element) for element in root if _tag(element) == "CORSRule")


def preflight(rules: tuple[Rule, ...], headers: Mapping[str, str]) -> HttpAnswer:
    """The answer to a browser that asks first. Raises `AwsError` AccessForbidden."""
    if not rules:
        raise AwsError("AccessForbidden", _NOT_ENABLED, status=403)
    origin, method = headers.get("origin", ""), headers.get("access-control-request-method", "")
    asked = tuple(
        name.strip().lower()
        for name in headers.get("access-control-request-headers", "").split(",")
        if name.strip()
    )
    rule = next((rule for rule in rules if rule.fits(origin, method, asked)), None)
    if rule is None:
        raise AwsError("AccessForbidden", _NOT_ALLOWED, status=403)
    return HttpAnswer(200, tuple(rule.answer_headers(origin, asked)), b"")


def applied(
    rules: tuple[Rule, ...], method: str, headers: Mapping[str, str], answer: HttpAnswer
) -> HttpAnswer:
    """An answer with the headers that a rule gives it, and no others of that kind."""
    own = tuple(pair for pair in answer.headers if not pair[0].lower().startswith(_PREFIX))
    origin = headers.get("origin")
    rule = next((r for r in rules if origin and r.fits(origin, method, ())), None)
    added = rule.answer_headers(origin, ()) if rule and origin else []
    return HttpAnswer(answer.status, (*own, *added), answer.body)


def _rule(element: ElementTree.Element) -> Rule:
    def all_of(tag: str) -> tuple[str, ...]:
        return tuple(child.text or "" for child in element if _tag(child) == tag)

    ages = all_of("MaxAgeSeconds")
    return Rule(
        origins=all_of("AllowedOrigin"),
        methods=all_of("AllowedMethod"),
        headers=all_of("AllowedHeader"),
        exposed=all_of("ExposeHeader"),
        max_age=ages[0] if ages else None,
    )


def _tag(element: ElementTree.Element) -> str:
    return _NAMESPACE.sub("", element.tag)
