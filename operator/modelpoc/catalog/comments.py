"""Comments and empty lines of a YAML text: what a parser drops, and a rewriting must keep."""

from __future__ import annotations

from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class Comment:
    """What stands in `line` (from 1): `text` from its '#' on, or "" for an empty line.

    `gap` is the space between it and the value before it; None when it has the line to itself.
    """

    line: int
    text: str
    gap: str | None = None


def comments(text: str) -> list[Comment]:
    """In the order in which they stand."""
    values = _values(text)
    found, at = [], 0
    for number, raw in enumerate(text.splitlines(keepends=True), 1):
        line = raw.rstrip("\r\n")
        if comment := _comment(number, line, at, values):
            found.append(comment)
        at += len(raw)
    return found


def _comment(number: int, line: str, at: int, values: list[tuple[int, int]]) -> Comment | None:
    if not line.strip():
        return None if _inside(at, values) else Comment(number, "")
    for column, sign in enumerate(line):
        free = column == 0 or line[column - 1] in " \t"
        if sign == "#" and free and not _inside(at + column, values):
            before = line[:column]
            gap = before[len(before.rstrip()) :] if before.strip() else None
            return Comment(number, line[column:].rstrip(), gap)
    return None


def _values(text: str) -> list[tuple[int, int]]:
    """Where scalars stand: there, '#' is text."""
    tokens = yaml.scan(text, Loader=yaml.SafeLoader)
    return [
        (token.start_mark.index, token.end_mark.index)
        for token in tokens
        if isinstance(token, yaml.ScalarToken)
    ]


def _inside(index: int, values: list[tuple[int, int]]) -> bool:
    return any(begin <= index < end for begin, end in values)
