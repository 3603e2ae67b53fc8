"""Rules that a spec must keep, each written once and held twice.

A rule stands beside the field it is about, as a CEL expression for the API server and as a Python predicate
for `modelpoc validate`, `modelpoc render` and the operator. Both refuse the same things with the same words:
what is wrong, and what to write instead. `tests/unit/api/invalid.py` tries every rule both ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VALIDATIONS = "x-kubernetes-validations"


def refusal(message: str) -> PydanticCustomError:
    """The error that a check raises; braces in the message are literal."""
    return PydanticCustomError("refused", "{message}", {"message": message})


@dataclass(frozen=True)
class Rule:
    """A rule over several fields of one object.

    `cel` is evaluated with `self` bound to the object; `holds` is its twin in Python. `message` says what to
    write instead; where it depends on the values, `message_cel` builds it for the API server and `say` in
    Python. `field` is the alias of the field to blame. A rule with `holds=None` compares with the stored
    object (`oldSelf`), which only the API server has.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool] | None
    field: str = ""
    message_cel: str = ""
    say: Callable[[Any], str] | None = None

    def refuses(self, value: Any) -> str | None:
        if self.holds is None or self.holds(value):
            return None
        return self.say(value) if self.say else self.message

    def published(self) -> dict[str, str]:
        """The rule as an entry of `x-kubernetes-validations`."""
        entry = {"rule": self.cel, "message": self.message}
        if self.message_cel:
            entry["messageExpression"] = self.message_cel
        if self.field:
            entry["fieldPath"] = f".{self.field}"
        return entry


class _Check:
    """Metadata for `Annotated`: a check in pydantic and its twin in the JSON schema."""

    def check(self, value: Any) -> Any:
        raise NotImplementedError

    def publish(self, schema: dict[str, Any]) -> None:
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        published = handler(schema)
        self.publish(published)
        return published


@dataclass(frozen=True)
class Shape(_Check):
    """Text must match `pattern` in full (RE2 syntax, no look-around), or `message` says what to write."""

    pattern: str
    message: str

    def check(self, value: str) -> str:
        if re.fullmatch(self.pattern, value) is None:
            raise refusal(f'"{value}": {self.message}')
        return value

    def publish(self, schema: dict[str, Any]) -> None:
        pattern = self.pattern.replace("\\", "\\\\").replace("'", "\\'")
        schema.setdefault(VALIDATIONS, []).append(
            {"rule": f"self.matches('^({pattern})$')", "message": self.message}
        )


@dataclass(frozen=True)
class Holds(_Check):
    """A single value must keep `rule`."""

    rule: Rule

    def check(self, value: Any) -> Any:
        if message := self.rule.refuses(value):
            raise refusal(message)
        return value

    def publish(self, schema: dict[str, Any]) -> None:
        schema.setdefault(VALIDATIONS, []).append(self.rule.published())


@dataclass(frozen=True)
class Unique(_Check):
    """Entries of a list must differ: by their `key` field (a Kubernetes map list), or as a whole (a set)."""

    key: str = ""

    def check(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        seen: set[Hashable] = set()
        for value in values:
            identity = getattr(value, self.key) if self.key else value
            if identity in seen:
                raise refusal(f'Duplicate value: "{identity}" stands twice, keep one')
            seen.add(identity)
        return values

    def publish(self, schema: dict[str, Any]) -> None:
        schema["x-kubernetes-list-type"] = "map" if self.key else "set"
        if self.key:
            schema["x-kubernetes-list-map-keys"] = [self.key]


def one_of(*fields: str, message: str) -> Rule:
    """Exactly one of the optional `fields` (aliases) is given."""
    count = " + ".join(f"(has(self.{field}) ? 1 : 0)" for field in fields)

    def holds(model: Any) -> bool:
        return sum(given(model, field) for field in fields) == 1

    return Rule(f"{count} == 1", message, holds)


def given(model: Any, alias: str) -> bool:
    """Whether the optional field called `alias` has a value."""
    by_alias: Mapping[str, Any] = type(model).model_fields
    attribute = next(name for name, field in by_alias.items() if field.alias == alias)
    return getattr(model, attribute) is not None
