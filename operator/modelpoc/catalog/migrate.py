"""The older form of a config.yaml, written anew in the form of today; comments stay where they stood.

Every line of the new text comes from a line of the old one: comments and empty lines that stood before that
line, or behind it, go with it. Those of a line that has no counterpart (`container:`) go before the next.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from modelpoc.api.problems import Loc
from modelpoc.catalog.catalog import Entry, load_one, load_text
from modelpoc.catalog.comments import Comment, comments
from modelpoc.catalog.document import Document, parse
from modelpoc.catalog.manifest import render
from modelpoc.catalog.older import Converted
from modelpoc.catalog.rewrite import CannotRewrite

_STEP = "  "
_APP: Loc = ("app",)
_VALUES = ("value", "ssmParameterArn")


@dataclass(frozen=True)
class Migration:
    """`before` and `after` are whole files; the same when there was nothing to do."""

    file: Path
    before: str
    after: str

    @property
    def needed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class _Line:
    """A line of the new text; `source` is the line of the old one that it comes from."""

    source: int
    depth: int
    text: str


def migration(file: Path) -> Migration:
    """Raises CannotRewrite when the file has findings, or the new text would not ask for the same."""
    entry = load_one(file)
    if entry.poc is None or entry.document is None:
        raise CannotRewrite("\n".join(map(str, entry.findings)))
    document = entry.document
    if entry.converted is None:
        return Migration(file, document.text, document.text)
    lines = _lines(document, entry.converted)
    newline = "\r\n" if "\r\n" in document.text else "\n"
    text = newline.join(_woven(lines, document.text)) + newline
    _prove(entry, file, text)
    return Migration(file, document.text, text)


def _prove(entry: Entry, file: Path, text: str) -> None:
    again = load_text(file, text)
    if entry.poc is None or again.poc is None or render(again.poc) != render(entry.poc):
        raise CannotRewrite(
            f"{file}: cannot be written anew by itself: write it as `modelpoc render` shows it"
        )


def _lines(document: Document, converted: Converted) -> list[_Line]:
    """The new text without comments, its parts in the order in which the old ones stood."""
    parts = [_part(document, converted, name) for name in converted.spec]
    return [line for part in sorted(parts, key=lambda part: part[0].source) for line in part]


def _part(document: Document, converted: Converted, name: str) -> list[_Line]:
    fields = converted.spec[name]
    inner = sorted(
        (_field(document, converted.origin((name, key)), key, value) for key, value in fields.items()),
        key=lambda lines: lines[0].source,
    )
    above = _APP if name == "ecs" else converted.origin((name, next(iter(fields))))[:-1]
    return [_Line(_line_of(document, above), 0, f"{name}:"), *(line for lines in inner for line in lines)]


def _field(document: Document, origin: Loc, key: str, value: Any) -> list[_Line]:
    at = _line_of(document, origin)
    if not isinstance(value, list):
        return [_Line(at, 1, f"{key}: {_scalar(document, origin, value)}")]
    items = [line for n, item in enumerate(value) for line in _item(document, (*origin, n), item)]
    return [_Line(at, 1, f"{key}:"), *items]


def _item(document: Document, origin: Loc, item: dict[str, str]) -> Iterator[_Line]:
    """One variable; what stood in one line stays in one line."""
    places = {key: (*origin, "value" if key in _VALUES else key) for key in item}
    keys = sorted(item, key=lambda key: document.spans[places[key]])
    lines = [_line_of(document, places[key]) for key in keys]
    flow = len(set(lines)) == 1
    texts = [f"{key}: {_scalar(document, places[key], item[key], flow)}" for key in keys]
    if flow:
        yield _Line(lines[0], 2, f"- {{{', '.join(texts)}}}")
        return
    for number, (line, text) in enumerate(zip(lines, texts, strict=True)):
        yield _Line(line, 2, f"{'  ' if number else '- '}{text}")


def _line_of(document: Document, loc: Loc) -> int:
    return document.marks[loc].line


def _scalar(document: Document, origin: Loc, value: Any, flow: bool = False) -> str:
    """As it was written, where that still means the same; else in quotes."""
    begin, end = document.spans[origin]
    written = document.text[begin:end]
    again = parse(document.file, f"[{written}]" if flow else f"- {written}")
    if "\n" not in written and written[:1] not in ("&", "*", "!") and again.data == [value]:
        return written
    if not flow and isinstance(value, str) and "\n" in value and _fits_block(value):
        return _block(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(value: str) -> str:
    return str(yaml.safe_dump(value, default_style='"', allow_unicode=True, width=sys.maxsize)).rstrip("\n")


def _fits_block(value: str) -> bool:
    return (
        re.fullmatch(r"\S[^\r\x00-\x08\x0b-\x1f\x85\u2028\u2029]*", value) is not None and "\t" not in value
    )


def _block(value: str) -> str:
    kept = len(value) - len(value.rstrip("\n"))
    sign = {0: "-", 1: ""}.get(kept, "+")
    body = value.removesuffix("\n").split("\n")
    return "\n".join([f"|{sign}", *(f"{_STEP * 4}{line}" if line else "" for line in body)])


def _woven(lines: Sequence[_Line], text: str) -> Iterator[str]:
    """The new lines with the old comments among them."""
    first = next((n for n, raw in enumerate(text.splitlines(), 1) if raw.startswith("---")), 0)
    waiting = list(comments(text))
    if first and first <= lines[0].source:
        yield from (comment.text for comment in _taken(waiting, first))
        yield "---"
    for number, line in enumerate(lines):
        indent = _STEP * line.depth
        for comment in _taken(waiting, line.source):
            yield f"{indent}{comment.text}".rstrip()
        last = number + 1 == len(lines) or lines[number + 1].source != line.source
        yield f"{indent}{line.text}{_behind(waiting, line) if last else ''}"
    yield from (comment.text for comment in _without_end(waiting))


def _taken(waiting: list[Comment], before: int) -> list[Comment]:
    """Takes from `waiting` what stood before that line."""
    taken = [comment for comment in waiting if comment.line < before]
    del waiting[: len(taken)]
    return taken


def _behind(waiting: list[Comment], line: _Line) -> str:
    here = waiting[0] if waiting and waiting[0].line == line.source else None
    if here is None or here.gap is None or "\n" in line.text:
        return ""
    waiting.pop(0)
    return f"{here.gap}{here.text}"


def _without_end(waiting: list[Comment]) -> list[Comment]:
    """Without the empty lines at the end of the file."""
    kept = [replace(comment, gap=None) for comment in waiting]
    while kept and not kept[-1].text:
        kept.pop()
    return kept
