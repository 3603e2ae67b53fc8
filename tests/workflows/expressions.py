"""GitHub's expressions, as far as the workflows use them: `${{ … }}` against contexts that are plain dicts.

Rules: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>&&|\|\||==|!=|[!().,*\[\]]))"
)
_INSERTED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)

Contexts = Mapping[str, Any]
Functions = Mapping[str, Callable[..., Any]]


class Unknown(Exception):
    """The workflow uses something that this reader does not know: a test must not pass by that."""


def insert(text: str, contexts: Contexts, functions: Functions) -> Any:
    """`text` with its expressions replaced; one expression alone keeps its type."""
    alone = re.fullmatch(r"\s*\$\{\{(.*?)\}\}\s*", text, re.DOTALL)
    if alone and text.count("${{") == 1:
        return evaluate(alone[1], contexts, functions)
    return _INSERTED.sub(lambda found: shown(evaluate(found[1], contexts, functions)), text)


def condition(text: str, contexts: Contexts, functions: Functions) -> bool:
    """What an `if:` says; its braces may be left out."""
    bare = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", text, re.DOTALL)
    return bool(evaluate(bare[1] if bare else text, contexts, functions))


def evaluate(text: str, contexts: Contexts, functions: Functions) -> Any:
    reader = _Reader(text, contexts, functions)
    value = reader.either()
    if reader.tokens:
        raise Unknown(f"cannot read {text!r} from {reader.tokens[0][1]!r}")
    return value


def shown(value: Any) -> str:
    """A value as it appears within text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


class _Reader:
    def __init__(self, text: str, contexts: Contexts, functions: Functions) -> None:
        self.tokens = _tokens(text)
        self.contexts = contexts
        self.functions: dict[str, Callable[..., Any]] = {**_FUNCTIONS, **functions}

    def take(self, *signs: str) -> str | None:
        if self.tokens and self.tokens[0][0] == "sign" and self.tokens[0][1] in signs:
            return self.tokens.pop(0)[1]
        return None

    def either(self) -> Any:
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> Any:
        value = self.compared()
        while self.take("&&"):
            other = self.compared()
            value = value and other
        return value

    def compared(self) -> Any:
        value = self.negated()
        while sign := self.take("==", "!="):
            same = _same(value, self.negated())
            value = same if sign == "==" else not same
        return value

    def negated(self) -> Any:
        return not self.negated() if self.take("!") else self.reached()

    def reached(self) -> Any:
        value = self.primary()
        while sign := self.take(".", "["):
            if sign == "[":
                value = _member(value, self.either())
                self.close("]")
            elif self.take("*"):
                value = _Each(list(value.values()) if isinstance(value, dict) else list(value))
            else:
                value = _member(value, self.tokens.pop(0)[1])
        return list(value) if isinstance(value, _Each) else value

    def primary(self) -> Any:
        if self.take("("):
            value = self.either()
            self.close(")")
            return value
        kind, text = self.tokens.pop(0)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind != "name":
            raise Unknown(f"unexpected {text!r}")
        return self.called(text) if self.take("(") else self.named(text)

    def called(self, name: str) -> Any:
        given = []
        while not self.take(")"):
            given.append(self.either())
            self.take(",")
        if name not in self.functions:
            raise Unknown(f"function {name}")
        return self.functions[name](*given)

    def named(self, name: str) -> Any:
        if name in _LITERALS:
            return _LITERALS[name]
        if name not in self.contexts:
            raise Unknown(f"context {name}")
        return self.contexts[name]

    def close(self, sign: str) -> None:
        if not self.take(sign):
            raise Unknown(f"{sign} is missing")


class _Each(list[Any]):
    """What `.*` gives: a member of it is the member of each."""


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise Unknown(f"cannot read {text[at:]!r}")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        at = found.end()
    return tokens


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, _Each):
        return _Each([_member(item, key) for item in value])
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else None
    return None


def _same(left: Any, right: Any) -> bool:
    """Text is compared without regard to case; nothing equals the empty text."""
    left, right = ("" if side is None else side for side in (left, right))
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return bool(left == right)


def _format(text: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: shown(values[int(found[1])]), text)


_LITERALS: dict[str, Any] = {"true": True, "false": False, "null": None}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "toJSON": json.dumps,
    "fromJSON": json.loads,
    "format": _format,
    "contains": lambda whole, part: part in whole,
}
