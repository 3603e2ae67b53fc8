"""Which regular expressions a load balancer takes. Pure.

Source: "Listener rules for your Application Load Balancer": no look-around, back-references, atomic
groups, possessive quantifiers, subroutines, recursion or Unicode classes.
"""

from __future__ import annotations

import re

from localcloud.aws.backend import AwsError

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_UNSUPPORTED = (
    (re.compile(r"\(\?<?[=!]"), "lookaheads and lookbehinds"),
    (re.compile(r"\(\?>"), "atomic groups"),
    (re.compile(r"\(\?(?:R|[+-]?\d|&|P>)"), "subroutines and recursion"),
    (re.compile(r"\(\?P="), "backreferences"),
    (re.compile(r"\(\?\("), "conditionals"),
    (re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\+"), "possessive quantifiers"),
)


def check_regex(expression: str, longest: int) -> None:
    """Raises `AwsError` for an expression that is too long, malformed or beyond what AWS supports."""
    if len(expression) > longest:
        raise AwsError("ValidationError", f"The regex is too long; the limit is '{longest}'")
    unsupported = unsupported_feature(expression)
    if unsupported:
        raise AwsError(
            "ValidationError", f"Regex '{expression}' is not valid: {unsupported} are not supported"
        )
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        raise AwsError("ValidationError", f"Regex '{expression}' is not valid") from None


def unsupported_feature(expression: str) -> str | None:
    """The first feature in an expression that AWS does not support, in its own words."""
    for escaped in _ESCAPED.findall(expression):
        if escaped in "123456789k":
            return "backreferences"
        if escaped in "pPX":
            return "Unicode character classes"
        if escaped == "g":
            return "subroutines and recursion"
    bare = _CLASS.sub("c", _ESCAPED.sub("e", expression))
    return next((name for pattern, name in _UNSUPPORTED if pattern.search(bare)), None)
