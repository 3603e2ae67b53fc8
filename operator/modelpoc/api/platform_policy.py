"""What POCs of a platform may ask for, what holds where they say nothing, and who is told."""

from __future__ import annotations

from typing import Annotated, ClassVar

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


_SECRET_KEY = Shape("[A-Za-z0-9._-]+", "name a key of the Secret: letters, digits, '-', '_' and '.'")
SecretKey = Annotated[str, Field(min_length=1, max_length=253), _SECRET_KEY]


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
    key: SecretKey = "url"
    """Key within it that holds the webhook's URL."""


class SlackBot(WebhookRef):
    """A Slack app's bot token, from a Secret with the label `modelpoc.dev/use: "true"`, and its channel."""

    key: SecretKey = "token"
    """Key within it that holds the token, as in xoxb-…; it needs the scope chat:write."""
    channel: Annotated[
        str,
        Field(max_length=80),
        Shape("#?[A-Za-z0-9._-]+", "write a channel's id or name, as in C0123456789 or #pocs"),
    ]
    """Channel, by id or name; the app must be a member of it."""
    api_url: Annotated[
        str,
        Field(max_length=512),
        Shape("https?://[!-~]+", "write a URL, as in https://slack.com/api"),
    ] = "https://slack.com/api"
    """Slack's API; another one for GovSlack."""


class EventWebhook(WebhookRef):
    """Where CloudEvents go: URL and, where it asks for them, token and signing key, all from one Secret."""

    token_key: SecretKey | None = None
    """Key within it that holds a bearer token (default: none is sent)."""
    signing_key: SecretKey | None = None
    """Key within it that holds the key of an HMAC-SHA256 signature (default: none is sent)."""


class PlatformNotifications(Model):
    """Where news go, and which."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.slackWebhook) || has(self.slackBot) || has(self.webhook)",
            "say where news go: at least one of slackWebhook, slackBot and webhook",
            lambda told: bool(told.slack_webhook or told.slack_bot or told.webhook),
        ),
        Rule(
            "!(has(self.slackWebhook) && has(self.slackBot))",
            "slackWebhook and slackBot exclude each other: keep one",
            lambda told: told.slack_webhook is None or told.slack_bot is None,
            field="slackBot",
        ),
    )

    slack_webhook: WebhookRef | None = None
    """Secret with the URL of a Slack webhook."""
    slack_bot: SlackBot | None = None
    """A Slack bot: unlike a webhook it keeps its earlier messages up to date."""
    webhook: EventWebhook | None = None
    """A webhook of any other kind; it gets CloudEvents."""
    events: Annotated[tuple[NotificationEvent, ...], Field(max_length=5), Unique()] = tuple(NotificationEvent)
    """News to send (default: all)."""
    expiry_warning: Duration = "24h"
    """How long before its end a POC's expiry is told; never more than a quarter of its life."""
    troubleshooting_url: (
        Annotated[
            str,
            Field(max_length=512),
            Shape("https?://[!-~]+", "write a URL, as in https://docs.example.com/troubleshooting"),
        ]
        | None
    ) = None
    """Page that explains each reason; `#` and the reason in lower case are added (default: no such link)."""
