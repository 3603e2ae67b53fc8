"""What POCs of a platform may ask for, what holds where they say nothing, and who is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from modelpoc.api.checks import Holds, Rule, Shape, Unique
from modelpoc.api.meta import Duration, Int, Model, ShortName
from modelpoc.api.modelpoc import NotificationEvent

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557)
"""The shorter of the periods that CloudWatch Logs offers (PutRetentionPolicy)."""

Pattern = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Shape(r"[!-~]+", "write a pattern without spaces, where * stands for any text"),
]


class Allow(Model):
    """What POCs may ask for. In patterns, `*` stands for any text."""

    namespaces: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ("*",)
    """Namespaces whose POCs are served."""
    images: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ("*",)
    """Images that may run."""
    secret_arns: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ()
    """SSM parameters and Secrets Manager secrets that may be read; none unless listed."""
    role_arns: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ()
    """Roles that containers may have beside the platform's own; none unless listed."""
    instance_types: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ("*",)
    """SageMaker instance types."""
    max_cpu: Annotated[Int, Field(ge=256, le=16384)] | None = None
    """Most CPU units of one container."""
    max_memory: Annotated[Int, Field(ge=512, le=122880)] | None = None
    """Most MiB of memory of one container."""
    pocs_per_platform: Annotated[Int, Field(ge=0, le=100_000)] | None = None
    """Most POCs in all."""
    pocs_per_namespace: Annotated[Int, Field(ge=0, le=100_000)] | None = None
    """Most POCs of one namespace."""


class Defaults(Model):
    """What holds where a POC says nothing."""

    ttl: Duration | None = None
    """How long a POC lives (default: for ever)."""
    log_retention_days: Annotated[
        Int,
        Holds(
            Rule(
                f"self in [{', '.join(map(str, LOG_RETENTION_DAYS))}]",
                "CloudWatch Logs keeps for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365 days, or "
                "400, 545, 731, 1096, 1827, 2192 or 2557: use one of these",
                lambda days: days in LOG_RETENTION_DAYS,
            )
        ),
    ] = 30
    """How long container output is kept."""
    deregistration_delay_seconds: Annotated[Int, Field(ge=0, le=3600)] = 30
    """How long a container that goes may finish its requests."""


class WebhookRef(Model):
    """A key of a Secret that carries the label `modelpoc.dev/use: "true"`."""

    namespace: ShortName
    """Namespace of the Secret."""
    name: Annotated[
        str,
        Field(min_length=1, max_length=253),
        Shape(
            r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
            "write the name of a Secret: lower-case letters, digits, '-' and '.'",
        ),
    ]
    """Its name."""
    key: Annotated[
        str,
        Field(min_length=1, max_length=253),
        Shape("[A-Za-z0-9._-]+", "name a key of the Secret: letters, digits, '-', '_' and '.'"),
    ] = "url"
    """Key within it that holds the webhook's URL."""


class PlatformNotifications(Model):
    """Where news go."""

    slack_webhook: WebhookRef
    """Secret with the URL of a Slack webhook."""
    events: Annotated[tuple[NotificationEvent, ...], Field(max_length=4), Unique()] = (
        NotificationEvent.FAILURE,
        NotificationEvent.RECOVERY,
        NotificationEvent.EXPIRY,
    )
    """News to send."""
