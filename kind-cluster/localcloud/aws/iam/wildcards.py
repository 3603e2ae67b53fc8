"""Patterns of policies: `*` and `?`, policy variables, and ARNs, whose parts wildcards do not cross.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, each with its values."""

_PIECES = re.compile(r"\$\{[^}]*\}|\*|\?|[^*?$]+|\$")
_VARIABLE = re.compile(r"\$\{\s*([^},\s]+)\s*(?:,\s*'([^']*)'\s*)?\}")
_LITERAL = {"${*}": r"\*", "${?}": r"\?", "${$}": r"\$"}
_PARTS = 6  # of an ARN


class Unresolved(Exception):
    """A policy variable has no value in this request: what it stands in fits nothing."""


def like(pattern: str, value: str, context: Context) -> bool:
    """Whether a value fits a pattern, upper and lower case told apart."""
    return _fits(pattern, value, context, arn=False)


def arn_like(pattern: str, value: str, context: Context) -> bool:
    """Whether an ARN fits a pattern, whose wildcards stay within the first five parts each."""
    return _fits(pattern, value, context, arn=True)


def any_action(patterns: Iterable[str]) -> re.Pattern[str]:
    """What fits one of several patterns of actions; case does not matter."""
    return re.compile("|".join(_glob(pattern, ".", {}) for pattern in patterns), re.IGNORECASE)


def resolved(text: str, context: Context) -> str:
    """A text with its policy variables replaced. `Unresolved` when one has no value."""
    return (
        re.sub(r"\$\{[^}]*\}", lambda found: _plain(found.group(), context), text) if "${" in text else text
    )


def _fits(pattern: str, value: str, context: Context, *, arn: bool) -> bool:
    if pattern == "*":
        return True
    if "${" not in pattern:
        return _compiled(pattern, arn).fullmatch(value) is not None
    try:
        return re.fullmatch(_expression(pattern, arn, context), value, re.DOTALL) is not None
    except Unresolved:
        return False


@lru_cache(maxsize=8192)
def _compiled(pattern: str, arn: bool) -> re.Pattern[str]:
    return re.compile(_expression(pattern, arn, {}), re.DOTALL)


def _expression(pattern: str, arn: bool, context: Context) -> str:
    if not arn:
        return _glob(pattern, ".", context)
    *parts, rest = _split(pattern)
    return ":".join([*(_glob(part, "[^:]", context) for part in parts), _glob(rest, ".", context)])


def _split(arn: str) -> list[str]:
    """The parts of an ARN's pattern; colons within variables are none of its own."""
    kept = re.sub(r"\$\{[^}]*\}", lambda found: found.group().replace(":", "\0"), arn)
    return [part.replace("\0", ":") for part in kept.split(":", _PARTS - 1)]


def _glob(pattern: str, any_one: str, context: Context) -> str:
    return "".join(_piece(piece, any_one, context) for piece in _PIECES.findall(pattern))


def _piece(piece: str, any_one: str, context: Context) -> str:
    if piece == "*":
        return f"{any_one}*"
    if piece == "?":
        return any_one
    if piece.startswith("${"):
        return _LITERAL.get(piece) or re.escape(_plain(piece, context))
    return re.escape(piece)


def _plain(variable: str, context: Context) -> str:
    if variable in _LITERAL:
        return variable[2]
    found = _VARIABLE.fullmatch(variable)
    values = context.get(found[1].lower(), ()) if found else ()
    if len(values) == 1:
        return values[0]
    if found and found[2] is not None:
        return found[2]
    raise Unresolved(variable)
