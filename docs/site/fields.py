"""A schema as a page: each field with its type, default, limits and rules, under a heading to link to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelpoc.api.checks import VALIDATIONS

Schema = Mapping[str, Any]

_BOUNDS = (
    ("minimum", "maximum", "{}"),
    ("minLength", "maxLength", "{} characters"),
    ("minItems", "maxItems", "{} entries"),
    (None, "maxProperties", "{} entries"),
)


def fields_page(head: str, schema: Schema) -> str:
    """`head`, then the rules over the whole and every field below it, in the order of the schema."""
    return (
        "\n\n".join(part for part in (head.strip(), _rules(schema), *_fields(schema, "", 2)) if part) + "\n"
    )


def anchor(path: str) -> str:
    """What GitHub and the site call the heading of the field at `path`: `ecs.env[].name` is `ecsenvname`."""
    return re.sub(r"[^\w-]", "", path.lower())


def paths(schema: Schema, above: str = "") -> Iterator[str]:
    """The path of every field below `schema`, as in `ecs.env[].name`."""
    for path, child in _children(schema, above):
        yield path
        yield from paths(child, path)


def _children(schema: Schema, above: str) -> Iterator[tuple[str, Schema]]:
    """The fields right below `schema`; those of a list's entries too."""
    if "items" in schema:
        yield from _children(schema["items"], f"{above}[]")
    for name, child in schema.get("properties", {}).items():
        yield f"{above}.{name}" if above else name, child


def _fields(schema: Schema, above: str, level: int) -> Iterator[str]:
    required = _inner(schema).get("required", ())
    for path, child in _children(schema, above):
        yield f"{'#' * min(level, 4)} `{path}`"
        yield " · ".join(_facts(child, path.rpartition(".")[2] in required))
        yield str(child.get("description", "")).strip()
        yield _rules(child)
        yield from _fields(child, path, level + 1)


def _inner(schema: Schema) -> Schema:
    return _inner(schema["items"]) if "items" in schema else schema


def _facts(schema: Schema, required: bool) -> Iterator[str]:
    """Type, whether it must be there, default, limits."""
    yield f"*{_type(schema)}*"
    if required:
        yield "**required**"
    if schema.get("default", "") != "":
        yield f"default `{_value(schema['default'])}`"
    yield from _limits(schema)


def _type(schema: Schema) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    if "items" in schema:
        return _listed(_type(schema["items"]))
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"map of text to {_type(schema['additionalProperties'])}"
    named = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    if schema.get("format") == "date-time":
        return "time"
    kind = str(schema.get("type", "any JSON value"))
    return named.get(kind, kind)


def _listed(kind: str) -> str:
    if kind.startswith("one of"):
        return f"list, each {kind}"
    return f"list of {kind}{'s' if kind in ('object', 'whole number') else ''}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _limits(schema: Schema) -> Iterator[str]:
    for low, high, words in _BOUNDS:
        least, most = schema.get(low) if low else None, schema.get(high)
        if least is not None and most is not None:
            yield words.format(f"{least} to {most}")
        elif most is not None:
            yield words.format(f"at most {most}")
        elif least is not None:
            yield words.format(f"at least {least}")
    if keys := schema.get("x-kubernetes-list-map-keys"):
        yield f"no two with the same `{keys[0]}`"
    elif schema.get("x-kubernetes-list-type") == "set":
        yield "no two alike"


def _rules(schema: Schema) -> str:
    """What is refused, in the words of the refusal. Rules of a list's or a map's values count as its own."""
    messages = [rule["message"] for rule in schema.get(VALIDATIONS, ())]
    for inner in ("items", "additionalProperties"):
        child = schema.get(inner)
        if isinstance(child, Mapping):
            messages += [rule["message"] for rule in child.get(VALIDATIONS, ())]
    return "\n".join(f"- {_plain(message)}" for message in dict.fromkeys(messages))


def _plain(message: str) -> str:
    """Stars, angle brackets and braces of a message as they are, not as Markdown."""
    return re.sub(r"([*_<>{}])", r"\\\1", message)
