"""What AWS refuses before it looks at its state: requests against botocore's shapes.

Two looks: `body` at the JSON as it came (types, unknown members), `request` at the parsed dict (required
members, enums, patterns, lengths, ranges). Codes and messages are those of each service's own validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from localcloud.aws.backend import AwsError

# The code of a request that breaks the model. ELBv2 and the query protocol: ValidationError.
_CODES = {
    "ecs": "InvalidParameterException",
    "elbv2": "ValidationError",
    "sts": "ValidationError",
    "apigatewayv2": "BadRequestException",
    "logs": "InvalidParameterException",
    "lambda": "ValidationException",
    "sagemaker-runtime": "ValidationError",
}
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
    "blob": (str,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
# API Gateway's model tells lengths in the names of its shapes only.
_NAMED_LENGTH = re.compile(r"WithLengthBetween(\d+)And(\d+)(K?)$")
# Java's character classes, as far as AWS's models use them, without their brackets.
_CLASSES = {
    "L": "a-zA-Z\u00aa-\uffff",
    "N": "0-9",
    "Nd": "0-9",
    "Z": r"\s",
    "Alnum": "a-zA-Z0-9",
    "Print": " -~",
}
_CLASSES |= {
    "ASCII": r"\x00-\x7f",
    "Digit": "0-9",
    "Alpha": "a-zA-Z",
    "Space": r"\s",
    "Punct": r"!-/:-@\[-`{-~",
}
_TOKEN = re.compile(r"\\[pP]\{(\w+)\}|\\.|[\[\]]")
_SHOWN = 200  # characters of a refused value that a message repeats


def code(service: str) -> str:
    """The error code with which a service refuses a request that breaks its model."""
    return _CODES.get(service, "ValidationException")


def body(service: str, shape: Any, raw: Any) -> None:
    """Refuses JSON of wrong types and members that the model does not know.

    Raises `AwsError` SerializationException, or the service's validation code.
    """
    if not isinstance(raw, dict):
        raise AwsError("SerializationException", "The request body must be a JSON object.")
    for kind, message in _mistakes(shape, raw, ""):
        raise AwsError("SerializationException" if kind == "type" else code(service), message)


def request(service: str, shape: Any, parsed: Mapping[str, Any], unknown: list[str] | None = None) -> None:
    """Refuses a parsed request that breaks a constraint of the model, naming all broken ones at once.

    Raises `AwsError` with the service's validation code.
    """
    if unknown:
        raise AwsError(code(service), _unknown(unknown, shape))
    problems = list(_structure(shape, parsed, "")) if shape is not None else []
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise AwsError(code(service), count + "; ".join(problems))


def _mistakes(shape: Any, raw: Any, path: str) -> Iterator[tuple[str, str]]:
    if raw is None or getattr(shape, "is_document_type", False):
        return
    expected: Any = _SCALARS.get(shape.type_name, (object,))
    if not isinstance(raw, expected) or (isinstance(raw, bool) and bool not in expected):
        at = path or "the request"
        yield "type", f"{at}: {type(raw).__name__} can not be converted to {shape.type_name}"
    elif shape.type_name == "structure":
        yield from _mistakes_of_members(shape, raw, path)
    elif shape.type_name == "list":
        for index, item in enumerate(raw, 1):
            yield from _mistakes(shape.member, item, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for key, value in raw.items():
            yield from _mistakes(shape.value, value, f"{path}.{key}")


def _mistakes_of_members(shape: Any, raw: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    members = {
        member.serialization.get("name", name): member
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
    unknown = [name for name in raw if name not in members]
    if unknown:
        where = f" in {path}" if path else ""
        yield "unknown", _unknown(unknown, shape, list(members)) + where
    for name, member in members.items():
        yield from _mistakes(member, raw.get(name), _join(path, name))


def _unknown(names: list[str], shape: Any, known: list[str] | None = None) -> str:
    allowed = ", ".join(known if known is not None else list(shape.members) if shape is not None else [])
    listed = ", ".join(f'"{name}"' for name in names)
    return f"Unknown parameter in input: {listed}, must be one of: {allowed}"


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _broken("null", _join(path, name), "Member must not be null", quote=False)
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _value(member, value[name], _join(path, name))


def _value(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        if not shape.is_document_type:
            yield from _structure(shape, value, path)
        return
    constraint = _broken_constraint(shape, value)
    if constraint:
        yield _broken(_shown(shape, value), path, constraint)
    if kind == "list":
        for index, item in enumerate(value, 1):
            yield from _value(shape.member, item, f"{path}.{index}.member")
    elif kind == "map":
        for key, item in value.items():
            yield from _value(shape.key, key, f"{path}.key")
            # An empty value removes a key (API Gateway's request parameters), whatever its shape's name says.
            if item != "" or not _NAMED_LENGTH.search(shape.value.name):
                yield from _value(shape.value, item, f"{path}.{key}.member")


def _broken_constraint(shape: Any, value: Any) -> str | None:
    kind = shape.type_name
    if kind == "string":
        return _string(shape, value)
    if kind in ("list", "map", "blob"):
        return _size(shape, len(value), "length")
    if kind in ("integer", "long", "float", "double"):
        return _size(shape, value, "value")
    return None


def _string(shape: Any, value: str) -> str | None:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        return f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled and not compiled.fullmatch(value):
        return f"Member must satisfy regular expression pattern: {pattern}"
    return _size(shape, len(value), "length")


def _size(shape: Any, size: float, what: str) -> str | None:
    least, most = _bounds(shape)
    if most is not None and size > most:
        return f"Member must have {what} less than or equal to {most}"
    if least is not None and size < least:
        return f"Member must have {what} greater than or equal to {least}"
    return None


def _bounds(shape: Any) -> tuple[float | None, float | None]:
    named = _NAMED_LENGTH.search(shape.name) if shape.type_name == "string" else None
    if named:
        return int(named.group(1)), int(named.group(2)) * (1024 if named.group(3) else 1)
    return shape.metadata.get("min"), shape.metadata.get("max")


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """AWS's patterns are Java's; what Python cannot read is not checked."""
    try:
        return re.compile(_translated(re.sub(r"\\u([0-9A-Fa-f]{4})", _unicode, pattern)))
    except (re.error, KeyError):
        return None


def _translated(pattern: str) -> str:
    """Java's `\\p{…}` as the characters it means, bracketed where it does not stand in brackets already."""
    inside = False

    def replace(found: re.Match[str]) -> str:
        nonlocal inside
        if found[0] in "[]":
            inside = found[0] == "["
        if not found[1]:
            return found[0]
        return _CLASSES[found[1]] if inside else f"[{_CLASSES[found[1]]}]"

    return _TOKEN.sub(replace, pattern)


def _unicode(found: re.Match[str]) -> str:
    # Surrogates stand for everything beyond the basic plane, which Python has as single characters.
    value = int(found.group(1), 16)
    return "\U00010000-\U0010ffff" if value == 0xD800 else "" if 0xD800 < value <= 0xDFFF else chr(value)


def _broken(value: str, path: str, constraint: str, quote: bool = True) -> str:
    shown = f"'{value}'" if quote else value
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(shape: Any, value: Any) -> str:
    if shape.metadata.get("sensitive"):
        return "***"
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _join(path: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{path}.{lower}" if path else lower
