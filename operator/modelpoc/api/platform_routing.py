"""`spec.routing` of a platform: how requests come in."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from modelpoc.api.checks import Rule, Shape, Unique
from modelpoc.api.meta import Int, Model, ShortName
from modelpoc.api.platform_parts import arn_shape
from modelpoc.api.route import SEGMENT, Auth, AuthType, Cors, Throttle


class HttpApi(Model):
    """An HTTP API that exists already."""

    id: Annotated[
        str, Field(min_length=1, max_length=64), Shape("[a-z0-9]+", "write the API's id, as in a1b2c3d4e5")
    ]
    """Its id; it must have a $default stage with auto-deploy."""


class VpcLink(Model):
    """A VPC link that exists already."""

    id: Annotated[
        str, Field(min_length=1, max_length=64), Shape("[a-z0-9]+", "write the link's id, as in a1b2c3")
    ]
    """Its id."""


class LoadBalancer(Model):
    """A load balancer, given or to be made."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.listenerArn) || has(self.arn)",
            "listenerArn needs the load balancer's arn beside it",
            lambda balancer: balancer.listener_arn is None or balancer.arn is not None,
            field="listenerArn",
        ),
    )

    arn: (
        Annotated[
            str,
            Field(max_length=2048),
            arn_shape(
                "elasticloadbalancing",
                "loadbalancer/app/[A-Za-z0-9-]+/[0-9a-z]+",
                "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/name/0123456789abcdef",
            ),
        ]
        | None
    ) = None
    """An application load balancer that exists already (default: the operator makes one, internal)."""
    listener_arn: (
        Annotated[
            str,
            Field(max_length=2048),
            arn_shape(
                "elasticloadbalancing",
                "listener/app/[A-Za-z0-9-]+/[0-9a-z]+/[0-9a-z]+",
                "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/name/0123456789abcdef/"
                "0123456789abcdef",
            ),
        ]
        | None
    ) = None
    """Its listener (default: the operator makes one)."""
    listener_port: Annotated[Int, Field(ge=1, le=65535)] = 80
    """Port of a listener that the operator makes."""


class CustomDomain(Model):
    """A domain name of your own in the public URL: its certificate and mapping are yours to make."""

    name: Annotated[
        str,
        Field(max_length=253),
        Shape(
            r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", "write a domain name, as in models.example.org"
        ),
    ]
    """The name."""


class Authorizer(Model):
    """Who issues the tokens that POCs may ask for."""

    name: ShortName
    """Name by which POCs ask for it."""
    issuer: Annotated[
        str,
        Field(max_length=1024),
        Shape(r"https?://[!-~]+", "write the issuer's URL, as in https://login.example.org"),
    ]
    """Issuer of the tokens."""
    audience: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=256)], ...], Field(min_length=1, max_length=50)
    ]
    """Audiences that count."""
    identity_source: Annotated[str, Field(max_length=256)] = "$request.header.Authorization"
    """Where a request carries its token."""


class Routing(Model):
    """How requests come in."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.auth) || !has(self.auth.authorizer) || "
            "(has(self.authorizers) && self.authorizers.exists(a, a.name == self.auth.authorizer))",
            "auth.authorizer must be the name of one of authorizers: add it there, or use another",
            lambda routing: (
                not (routing.auth and routing.auth.authorizer)
                or routing.auth.authorizer in {authorizer.name for authorizer in routing.authorizers}
            ),
            field="auth",
        ),
        Rule(
            "!has(self.customDomain) || !has(self.apis) || size(self.apis) < 2",
            "a custom domain leads to one HTTP API: keep one of apis, or leave customDomain out",
            lambda routing: not (routing.custom_domain and len(routing.apis) > 1),
            field="customDomain",
        ),
    )

    base_path: Annotated[
        str,
        Field(min_length=1, max_length=60),
        Shape(f"{SEGMENT}(/{SEGMENT})*", "write it without slashes at the ends, as in poc-deployment"),
    ] = "poc-deployment"
    """First part of every default path."""
    apis: Annotated[tuple[HttpApi, ...], Field(max_length=10), Unique("id")] = ()
    """HTTP APIs that exist already (default: the operator makes one)."""
    vpc_link: VpcLink | None = None
    """VPC link to use (default: the operator makes one)."""
    load_balancers: Annotated[tuple[LoadBalancer, ...], Field(max_length=10)] = ()
    """Load balancers, in the order in which they are filled (default: the operator makes one)."""
    custom_domain: CustomDomain | None = None
    """A domain name of your own."""
    authorizers: Annotated[tuple[Authorizer, ...], Field(max_length=10), Unique("name")] = ()
    """Who issues the tokens that POCs may ask for."""
    auth: Auth = Auth(type=AuthType.NONE)
    """Who may call, unless a POC says otherwise."""
    cors: Cors | None = None
    """Which web pages may call, unless a POC says otherwise."""
    throttle: Throttle | None = None
    """How many requests are let through, unless a POC says otherwise."""
