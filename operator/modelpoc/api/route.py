"""`spec.route`: where in the public API a model answers, and to whom."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from modelpoc.api.checks import Rule, Shape, Unique
from modelpoc.api.meta import Bool, Int, Model, ShortName

SEGMENT = "[A-Za-z0-9_~-][A-Za-z0-9._~-]*"

RoutePath = Annotated[
    str,
    Field(max_length=126),
    Shape(
        f"(/{SEGMENT})+",
        "begin with '/' and end without, in segments of letters, digits, '.', '_', '~' and '-', "
        "as in /poc-deployment/experience-linker",
    ),
]
"""126 characters: an ALB path pattern has 128, and `/*` follows (ELBv2 API, PathPatternConfig)."""


class AuthType(StrEnum):
    NONE = "None"
    IAM = "IAM"
    JWT = "JWT"


class Auth(Model):
    """Who may call."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(self.type == 'JWT') == has(self.authorizer)",
            "type JWT needs an authorizer, others have none: name one of the platform's routing.authorizers",
            lambda auth: (auth.type is AuthType.JWT) == (auth.authorizer is not None),
            field="authorizer",
        ),
    )

    type: AuthType
    """None: everyone. IAM: callers sign with AWS credentials. JWT: callers bring a token."""
    authorizer: ShortName | None = None
    """One of the platform's `routing.authorizers`."""


Origin = Annotated[
    str,
    Field(max_length=256),
    Shape(
        r"\*|https?://[A-Za-z0-9.*-]+(:[0-9]{1,5})?", "write '*' or an origin, as in https://app.example.org"
    ),
]
Method = Annotated[
    str,
    Field(max_length=16),
    Shape(
        r"\*|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS",
        "write '*' or a method in capitals: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    ),
]
Header = Annotated[
    str,
    Field(max_length=128),
    Shape(r"\*|[A-Za-z0-9!#$%&'+.^_`|~-]+", "write '*' or the name of a header, as in content-type"),
]


class Cors(Model):
    """Which web pages of other origins may call."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.allowCredentials) && self.allowCredentials) || !('*' in self.allowOrigins)",
            "allowCredentials does not go with origin '*': list the origins",
            lambda cors: not (cors.allow_credentials and "*" in cors.allow_origins),
            field="allowCredentials",
        ),
    )

    allow_origins: Annotated[tuple[Origin, ...], Field(min_length=1, max_length=20), Unique()]
    """Origins that may call, or `*`."""
    allow_methods: Annotated[tuple[Method, ...], Field(max_length=10), Unique()] = ("GET", "POST", "OPTIONS")
    """Methods that they may use."""
    allow_headers: Annotated[tuple[Header, ...], Field(max_length=30), Unique()] = (
        "content-type",
        "authorization",
    )
    """Headers that they may send."""
    expose_headers: Annotated[tuple[Header, ...], Field(max_length=30), Unique()] = ()
    """Headers that they may read."""
    allow_credentials: Bool = False
    """Whether cookies and the like go along."""
    max_age_seconds: Annotated[Int, Field(ge=0, le=86400)] = 300
    """How long a browser may remember this."""


class Throttle(Model):
    """How many requests are let through; more are answered 429."""

    rate: Annotated[Int, Field(ge=1, le=10_000)]
    """Requests a second, sustained."""
    burst: Annotated[Int, Field(ge=1, le=5_000)]
    """Requests at once."""


class Route(Model):
    """Where the model answers, and to whom."""

    path: RoutePath | None = None
    """Public path (default: the platform's base path and the POC's name)."""
    priority: Annotated[Int, Field(ge=1, le=50_000)] | None = None
    """Listener rule priority (default: the operator finds a free one)."""
    auth: Auth | None = None
    """Who may call (default: as the platform says)."""
    cors: Cors | None = None
    """Which web pages may call (default: as the platform says)."""
    throttle: Throttle | None = None
    """How many requests are let through (default: as the platform says)."""
