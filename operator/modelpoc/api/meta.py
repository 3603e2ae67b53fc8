"""What every object of ours has in common: the base of the models, metadata, and small shared types."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from modelpoc.api.checks import VALIDATIONS, Rule, Shape, refusal

GROUP = "modelpoc.dev"
VERSION = "v1alpha1"
API_VERSION: Final = "modelpoc.dev/v1alpha1"
FINALIZER = f"{GROUP}/aws"

RECONCILE_AT = f"{GROUP}/reconcile-at"
MODE = f"{GROUP}/mode"
MODE_OBSERVE = "observe"
ADOPT = f"{GROUP}/adopt"
ORPHAN = f"{GROUP}/orphan"
USE_LABEL = f"{GROUP}/use"

COMMIT = f"{GROUP}/commit"
"""On what came from Git: the last commit that touched its configuration."""
SOURCE = f"{GROUP}/source"
"""On what came from Git: the repository, without credentials, and the branch."""
SYNCED_FROM = f"{GROUP}/synced-from"
"""Label on what came from Git: which repository, branch and folder, hashed."""
PRUNE = f"{GROUP}/prune"
PRUNE_ALLOW = "allow"
"""May go although many go at once."""
PRUNE_KEEP = "keep"
"""Stays when it leaves Git."""


def _publish_rules(schema: dict[str, Any], model: type[Any]) -> None:
    if model.rules:
        schema[VALIDATIONS] = [rule.published() for rule in model.rules]


class Model(BaseModel):
    """Base of everything people write: frozen, camelCase outside, no unknown fields.

    A null field counts as not given, as it does for the Kubernetes API server.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        json_schema_extra=_publish_rules,
    )
    rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {field.alias for field in cls.model_fields.values()} | set(cls.model_fields)
        return {key: value for key, value in data.items() if value is not None or key not in known}

    @model_validator(mode="after")
    def _keep_rules(self) -> Any:
        errors = [
            InitErrorDetails(type=refusal(message), loc=(rule.field,) if rule.field else (), input=self)
            for rule in self.rules
            if (message := rule.refuses(self))
        ]
        if errors:
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        return self

    def to_dict(self) -> dict[str, Any]:
        """What was written, as it would be written: camelCase, no defaults, no nulls."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)


class StatusModel(Model):
    """Base of what the operator writes: a newer operator's unknown fields are passed over, not refused."""

    model_config = ConfigDict(extra="ignore")

    def to_dict(self) -> dict[str, Any]:
        """All that is known: camelCase, no nulls, no empty lists."""
        full = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {key: value for key, value in full.items() if value not in ([], {})}

    def to_patch(self) -> dict[str, Any]:
        """As a merge patch: like `to_dict`, with nulls for what should go."""
        return {**dict.fromkeys(self._aliases()), **self.to_dict(), **self._nested_patches()}

    def _nested_patches(self) -> dict[str, Any]:
        fields = type(self).model_fields
        values = {field.alias or name: getattr(self, name) for name, field in fields.items()}
        return {alias: v.to_patch() for alias, v in values.items() if isinstance(v, StatusModel)}

    @classmethod
    def _aliases(cls) -> list[str]:
        return [field.alias or name for name, field in cls.model_fields.items()]


class ObjectMeta(StatusModel):
    """The part of Kubernetes' metadata that the operator reads."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]

DNS_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

ShortName = Annotated[
    str,
    Field(min_length=1, max_length=63),
    Shape(DNS_LABEL, "use lower-case letters, digits and '-' between them, as in experience-linker"),
]
"""A DNS label: at most 63 characters."""

RoleArn = Annotated[
    str,
    Field(max_length=2048),
    Shape(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+",
        "give the whole ARN of a role, as in arn:aws:iam::123456789012:role/name",
    ),
]

Duration = Annotated[
    str,
    Field(max_length=16),
    Shape("[1-9][0-9]{0,4}[mhdw]", "write a number and one of m, h, d or w, as in 72h or 14d"),
]
"""A length of time: a whole number of minutes, hours, days or weeks."""

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """The length that a `Duration` names. Raises ValueError for any other text."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([mhdw])", text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
