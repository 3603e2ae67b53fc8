"""What is wrong with an object, field by field, in words that say what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from modelpoc.api.crd import Schema, inlined
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC

Loc = tuple[int | str, ...]
Object = TypeVar("Object", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; `field` is written as in `spec.ecs.env[0].name`, `loc` is it in parts."""

    loc: Loc
    message: str

    @property
    def field(self) -> str:
        return field_path(self.loc)

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.loc else self.message


class InvalidObject(ValueError):
    """An object that breaks the rules of the API; `problems` says where and how."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def parse_poc(data: Mapping[str, Any]) -> ModelPOC:
    """The ModelPOC that `data` (as from the Kubernetes API) holds. Raises InvalidObject."""
    return _parse(ModelPOC, data)


def parse_platform(data: Mapping[str, Any]) -> ModelPlatform:
    """The ModelPlatform that `data` (as from the Kubernetes API) holds. Raises InvalidObject."""
    return _parse(ModelPlatform, data)


def _parse(model: type[Object], data: Mapping[str, Any]) -> Object:
    try:
        return model.model_validate(_whole(dict(data)), by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidObject(problems(model, error)) from None


def _whole(value: Any) -> Any:
    """JSON, and so the API server, knows no difference between 2 and 2.0."""
    if isinstance(value, dict):
        return {key: _whole(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_whole(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def problems(model: type[BaseModel], error: ValidationError) -> tuple[Problem, ...]:
    """What pydantic found in an object of `model`, in the words of this house."""
    schema = _schema(model)
    return tuple(_problem(schema, details) for details in error.errors(include_url=False))


def field_path(loc: Loc) -> str:
    """`("spec", "env", 0)` as `spec.env[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """The sentence that points from an unknown field to the known ones."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    lower = difflib.get_close_matches(name.lower(), {other.lower() for other in known}, n=1, cutoff=0.6)
    found = close or [other for other in known if lower and other.lower() == lower[0]]
    if found:
        return f'unknown field "{name}": did you mean "{found[0]}"?'
    return f'unknown field "{name}": leave it out; known here: {", ".join(sorted(known)) or "none"}'


@cache
def _schema(model: type[BaseModel]) -> Schema:
    return inlined(model)


def _problem(schema: Schema, details: ErrorDetails) -> Problem:
    loc = tuple(part for part in details["loc"] if part != "[key]")
    wording = _WORDS.get(details["type"])
    message = wording(schema, loc, details) if wording else _plain(details)
    return Problem(loc, message)


def _at(schema: Schema, loc: Loc) -> Schema:
    """The schema of the field at `loc`; empty where there is none."""
    for part in loc:
        inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
        schema = inner or schema.get("additionalProperties") or {}
    return schema


def _unknown(schema: Schema, loc: Loc, _: ErrorDetails) -> str:
    return nearest(str(loc[-1]), _at(schema, loc[:-1]).get("properties", {}))


def _required(schema: Schema, loc: Loc, _: ErrorDetails) -> str:
    about = _at(schema, loc).get("description", "").splitlines()
    return f"Required value: write {loc[-1]}" + (f" ({about[0].rstrip('.')})" if about else "")


def _choice(schema: Schema, loc: Loc, details: ErrorDetails) -> str:
    choices = " or ".join(f'"{choice}"' for choice in _at(schema, loc).get("enum", ()))
    return f'Unsupported value: "{details["input"]}": use {choices}'


def _type(name: str, cure: str) -> Callable[[Schema, Loc, ErrorDetails], str]:
    def wording(_: Schema, __: Loc, details: ErrorDetails) -> str:
        return f"Invalid value: {details['input']!r}: must be of type {name}: {cure}"

    return wording


def _plain(details: ErrorDetails) -> str:
    words = {"String should": "should", "Tuple should": "should", "Input should": "should"}
    message = details["msg"]
    for long, short in words.items():
        message = message.replace(long, short)
    if details["type"] == "refused":
        return message
    return f"Invalid value: {details['input']!r:.80}: {message}"


_WORDS: dict[str, Callable[[Schema, Loc, ErrorDetails], str]] = {
    "extra_forbidden": _unknown,
    "missing": _required,
    "enum": _choice,
    "literal_error": _choice,
    "int_type": _type("integer", "a whole number without quotes"),
    "int_parsing": _type("integer", "a whole number without quotes"),
    "int_from_float": _type("integer", "a whole number"),
    "string_type": _type("string", "text; put numbers, yes and no in quotes"),
    "bool_type": _type("boolean", "true or false, without quotes"),
    "tuple_type": _type("array", "a list, each entry behind a '-'"),
    "dict_type": _type("object", "fields below it, each as name: value"),
    "model_type": _type("object", "fields below it, each as name: value"),
    "model_attributes_type": _type("object", "fields below it, each as name: value"),
}
