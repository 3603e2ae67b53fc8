"""`ModelPOC`: one model being tried out, as a data scientist describes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, JsonValue
from pydantic_core import PydanticKnownError

from modelpoc.api.checks import VALIDATIONS, Holds, Rule, Shape, Unique, one_of, refusal
from modelpoc.api.ecs import (
    PLACEHOLDER,
    Architecture,
    Capacity,
    EcsSpec,
    EnvVar,
    HealthCheck,
    SecretKeyRef,
    SecretRef,
)
from modelpoc.api.meta import (
    API_VERSION,
    DNS_LABEL,
    Bool,
    Duration,
    Model,
    ObjectMeta,
    ShortName,
    StatusModel,
    duration,
)
from modelpoc.api.route import Auth, AuthType, Cors, Route, Throttle
from modelpoc.api.sagemaker import SageMakerSpec
from modelpoc.api.scaling import Scaling, ScalingTarget, ScheduledScaling
from modelpoc.api.status import ModelPOCStatus, Placement, PlannedChange, ResourceStatus

__all__ = [
    "PLACEHOLDER",
    "Architecture",
    "Auth",
    "AuthType",
    "Capacity",
    "Cors",
    "DeletionPolicy",
    "EcsSpec",
    "EnvVar",
    "Example",
    "HealthCheck",
    "ModelPOC",
    "ModelPOCSpec",
    "ModelPOCStatus",
    "NotificationEvent",
    "Notifications",
    "Placement",
    "PlannedChange",
    "PlatformRef",
    "ResourceStatus",
    "Route",
    "SageMakerSpec",
    "Scaling",
    "ScalingTarget",
    "ScheduledScaling",
    "SecretKeyRef",
    "SecretRef",
    "Throttle",
]


class PlatformRef(Model):
    """The platform that a POC runs on."""

    name: ShortName = "default"
    """Name of a ModelPlatform."""


class DeletionPolicy(StrEnum):
    DELETE = "Delete"
    RETAIN = "Retain"


class Example(Model):
    """A request body for docs, probes and the web page."""

    name: ShortName
    """Name of the example."""
    body: Annotated[JsonValue, Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]
    """What to send: any JSON value, or text for other content types."""
    content_type: Annotated[
        str,
        Field(max_length=128),
        Shape(
            r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(;[^\r\n]*)?",
            "write a media type, as in application/json or text/csv",
        ),
    ] = "application/json"
    """Media type of the body."""


class NotificationEvent(StrEnum):
    FAILURE = "Failure"
    """Nothing goes on until someone changes something, or it stopped answering."""
    RECOVERY = "Recovery"
    """It answers again after a failure."""
    SUCCESS = "Success"
    """It answers for the first time after a change."""
    EXPIRY = "Expiry"
    """Its time runs out soon, or ran out."""
    SUSPENDED = "Suspended"
    """It was taken apart on request."""


class Notifications(Model):
    """Which news of this POC are sent."""

    events: Annotated[tuple[NotificationEvent, ...], Field(max_length=5), Unique()]
    """News to send; an empty list sends none (default: as the platform says)."""


_DAY = "(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
RFC3339 = rf"20[0-9]{{2}}-(0[1-9]|1[0-2])-{_DAY}T{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{_CLOCK})"
_TIME = Shape(RFC3339, "write a day that exists and a time with its zone, as in 2027-01-31T18:00:00Z")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    _TIME.check(value)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise refusal(f'"{value}": {_TIME.message}') from None


def _publish_instant(schema: dict[str, Any]) -> None:
    schema.pop("format", None)
    schema["maxLength"] = 32
    _TIME.publish(schema)
    entry = schema[VALIDATIONS][-1]
    entry["rule"] += " && timestamp(self) > timestamp('1999-01-01T00:00:00Z')"


Instant = Annotated[datetime, BeforeValidator(_instant), Field(json_schema_extra=_publish_instant)]
"""A moment, written as in RFC 3339 with its zone."""

_TAG_TEXT = r"[A-Za-z0-9 _.:/=+@-]*"


def _without_nulls(tags: Any) -> Any:
    return (
        {key: value for key, value in tags.items() if value is not None} if isinstance(tags, dict) else tags
    )


Tags = Annotated[
    dict[
        str,
        Annotated[
            str,
            Field(max_length=256),
            Shape(_TAG_TEXT, "use letters, digits, spaces and _ . : / = + @ -"),
        ],
    ],
    Field(max_length=30),
    Holds(
        Rule(
            f"self.all(k, size(k) <= 128 && k.matches('^{_TAG_TEXT.replace('*', '+')}$'))",
            "a tag's key has 1 to 128 letters, digits, spaces and _ . : / = + @ -",
            lambda tags: all(0 < len(key) <= 128 and _tag_key(key) for key in tags),
        )
    ),
    Holds(
        Rule(
            "self.all(k, !k.startsWith('aws:') && !k.startsWith('modelpoc.dev/'))",
            "keys that begin with aws: belong to AWS, with modelpoc.dev/ to the operator: choose others",
            lambda tags: not any(key.startswith(("aws:", "modelpoc.dev/")) for key in tags),
        )
    ),
    BeforeValidator(_without_nulls),
]


def _tag_key(key: str) -> bool:
    try:
        Shape(_TAG_TEXT, "").check(key)
    except ValueError:
        return False
    return True


class ModelPOCSpec(Model):
    """What a data scientist asks for: exactly one runtime, a route, and how long it should live."""

    rules: ClassVar[tuple[Rule, ...]] = (
        one_of("ecs", "sagemaker", message="say how it runs: exactly one of ecs and sagemaker"),
        Rule(
            "!(has(self.ttl) && has(self.expiresAt))",
            "ttl and expiresAt exclude each other: keep one",
            lambda spec: spec.ttl is None or spec.expires_at is None,
            field="expiresAt",
        ),
    )

    platform_ref: Annotated[
        PlatformRef,
        Holds(
            Rule(
                "self == oldSelf",
                "platformRef cannot change: delete the POC and create it on the other platform",
                None,
            )
        ),
    ] = PlatformRef()
    """The platform that it runs on; cannot change."""
    ecs: EcsSpec | None = None
    """Run it as containers on Fargate."""
    sagemaker: SageMakerSpec | None = None
    """Run it behind a SageMaker endpoint."""
    route: Route = Route()
    """Where it answers, and to whom."""
    suspend: Bool = False
    """Take everything in AWS away but logs and owned secrets; false brings it back."""
    ttl: Duration | None = None
    """How long it lives after its creation or last resume, as in 72h or 14d; then as if suspended."""
    expires_at: Instant | None = None
    """Until when it lives, as in 2027-01-31T18:00:00Z; then as if suspended."""
    deletion_policy: DeletionPolicy = DeletionPolicy.DELETE
    """What deleting the object does in AWS: Delete takes all away, Retain leaves it running."""
    roll_on_artifact_change: Bool = False
    """Whether a new version of the artifact under the POC's S3 prefix rolls the service."""
    notifications: Notifications | None = None
    """Which news are sent (default: as the platform says)."""
    examples: Annotated[tuple[Example, ...], Field(max_length=20), Unique("name")] = ()
    """Named request bodies; the first one is also asked before the POC counts as Ready."""
    tags: Tags = Field(default_factory=dict)
    """Tags for everything in AWS that belongs to this POC."""

    @property
    def runtime(self) -> Literal["ecs", "sagemaker"]:
        """Which runtime is asked for."""
        return "ecs" if self.ecs is not None else "sagemaker"

    @property
    def lifetime(self) -> timedelta | None:
        """`ttl` as a length of time."""
        return duration(self.ttl) if self.ttl else None


class ModelPOC(StatusModel):
    """A model being tried out: described here, answering at a public URL on AWS."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            f"self.metadata.name.matches('^{DNS_LABEL}$')",
            "metadata.name: use at most 63 lower-case letters, digits and '-' between them",
            lambda poc: _is_label(poc.metadata.name),
        ),
    )

    api_version: Literal["modelpoc.dev/v1alpha1"] = API_VERSION
    kind: Literal["ModelPOC"] = "ModelPOC"
    metadata: ObjectMeta
    spec: ModelPOCSpec
    """What is asked for."""
    status: ModelPOCStatus = ModelPOCStatus()
    """How it is."""


def _is_label(name: str) -> bool:
    try:
        Shape(DNS_LABEL, "").check(name)
    except ValueError:
        return False
    return True
