"""Reads one YAML file into plain data that remembers where each value stood.

Stricter than YAML: a key may stand once, keys are text, a time stays text (as for Kubernetes), and only
what JSON can hold is let in.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from modelpoc.api.problems import Loc, field_path
from modelpoc.catalog.files import beginning
from modelpoc.catalog.finding import Finding, Mark

LARGEST_FILE = 256 * 1024
MOST_VALUES = 20_000
_LARGEST_INT = 2**63 - 1
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "value")}


Span = tuple[int, int]
"""First character and the one after the last, counted from 0 in the file's text."""


@dataclass
class Document:
    """Data of one file; `marks`, `texts` and `spans` give the place, the written text and the characters of
    what stands at a path. The mark of what has a key is the key's."""

    file: Path
    text: str = ""
    data: Any = None
    marks: dict[Loc, Mark] = field(default_factory=dict)
    texts: dict[Loc, str] = field(default_factory=dict)
    spans: dict[Loc, Span] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def find(self, loc: Loc, message: str) -> Finding:
        """A finding about the value at `loc`, or the nearest one around it that was written."""
        mark = next((self.marks[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in self.marks), Mark())
        return Finding(self.file, mark.line, mark.column, field_path(loc), message)

    def blame(self, loc: Loc, message: str) -> None:
        self.findings.append(self.find(loc, message))


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML declares it as an instance variable
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Unreadable(Exception):
    """The file as a whole cannot be taken; the document says why."""


def read(file: Path) -> Document:
    """The document in `file`. What is wrong with it stands in its findings; it never raises for content."""
    document = Document(file)
    with contextlib.suppress(_Unreadable):
        document.text = _text(document)
        _take(document)
    return document


def parse(file: Path, text: str) -> Document:
    """As `read`, of a file that holds `text`."""
    document = Document(file, text)
    with contextlib.suppress(_Unreadable):
        _take(document)
    return document


def _take(document: Document) -> None:
    root, loader = _compose(document, document.text)
    document.data = _Values(document, loader).value(root, ()) if root is not None else None


def _text(document: Document) -> str:
    try:
        raw = beginning(document.file, LARGEST_FILE + 1)
        if len(raw) > LARGEST_FILE:
            _give_up(document, Mark(), f"is larger than {LARGEST_FILE // 1024} KiB: this is no configuration")
        return raw.decode("utf-8")
    except FileNotFoundError:
        _give_up(document, Mark(), "is missing: write it, or take its directory away")
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        _give_up(document, Mark(), f"cannot be read ({reason}): put a plain file there")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        _give_up(document, Mark(line), "is not UTF-8 text: save it as UTF-8")
    raise AssertionError


def _give_up(document: Document, mark: Mark, message: str) -> None:
    document.findings.append(Finding(document.file, mark.line, mark.column, "", message))
    raise _Unreadable


def _compose(document: Document, text: str) -> tuple[Node | None, _Loader]:
    try:
        loader = _Loader(text)
        return loader.get_single_node(), loader
    except yaml.reader.ReaderError as error:
        mark = _at_offset(text, error.position)
        _give_up(document, mark, "holds a control character: take it out")
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        if "<stream end>" in str(error.problem) and error.context_mark:
            where = error.context_mark  # what was opened there is never closed
        mark = Mark(where.line + 1, where.column + 1) if where else Mark()
        _give_up(document, mark, _syntax(error))
    except RecursionError:
        _give_up(document, Mark(), "is nested too deeply: this is no configuration")
    raise AssertionError


def _at_offset(text: str, offset: int) -> Mark:
    before = text[:offset]
    return Mark(before.count("\n") + 1, offset - before.rfind("\n"))


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error)
    if "\\t" in problem:
        return "a tab cannot indent YAML: use spaces"
    if "but found another document" in problem or "single document" in str(error.context):
        return "holds more than one document: keep one, without a second ---"
    if "mapping values are not allowed" in problem:
        return "a ':' stands where none can: mend the indentation, or put the text in quotes"
    return f"is not valid YAML: {problem}; mend the indentation and quotes around here"


class _Values:
    """Turns nodes into values, noting marks and texts, and blaming what JSON cannot hold."""

    def __init__(self, document: Document, loader: _Loader) -> None:
        self._document = document
        self._loader = loader
        self._open: set[int] = set()
        self._count = 0

    def value(self, node: Node, loc: Loc) -> Any:
        self._count += 1
        if self._count > MOST_VALUES or id(node) in self._open:
            _give_up(self._document, _mark(node), "repeats itself through anchors: write the values out")
        self._document.marks.setdefault(loc, _mark(node))
        self._document.spans[loc] = (node.start_mark.index, node.end_mark.index)
        if isinstance(node, ScalarNode):
            return self._scalar(node, loc)
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return dict(self._entries(node, loc))
            return [self.value(item, (*loc, n)) for n, item in enumerate(_items(node))]
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: ScalarNode, loc: Loc) -> Any:
        self._document.texts[loc] = node.value
        if node.tag not in _PLAIN_TAGS:
            self._document.blame(loc, f"{_short(node.tag)} has no meaning here: write plain text")
            return node.value
        try:
            value = node.value if node.tag.endswith(":value") else self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            value = None
        if value is None and not node.tag.endswith(":null"):
            self._document.blame(loc, f"{node.value} cannot be read as {_short(node.tag)}: put it in quotes")
        if isinstance(value, float) and not math.isfinite(value):
            self._document.blame(loc, f"{node.value} is no number that JSON knows: leave it out")
        if isinstance(value, int) and not -_LARGEST_INT <= value <= _LARGEST_INT:
            self._document.blame(
                loc, f"{node.value:.40} is a number that Kubernetes cannot hold: leave it out"
            )
            return None
        return value

    def _entries(self, node: MappingNode, loc: Loc) -> Iterator[tuple[str, Any]]:
        seen: dict[str, Mark] = {}
        for key, value in node.value:
            name = self._key(key, loc)
            if name is None:
                continue
            here = (*loc, name)
            if name in seen:
                self._blame(key, here, f"stands twice, first in line {seen[name].line}: keep one")
                continue
            seen[name] = self._document.marks[here] = _mark(key)
            yield name, self.value(value, here)

    def _key(self, key: Node, loc: Loc) -> str | None:
        if isinstance(key, ScalarNode) and key.tag == _MERGE:
            message = "'<<' has no meaning here: write the fields out"
        elif not isinstance(key, ScalarNode) or not key.tag.endswith(":str"):
            message = f"a name must be text: put {getattr(key, 'value', 'it')!s:.40} in quotes"
        else:
            return str(key.value)
        self._blame(key, loc, message)
        return None

    def _blame(self, node: Node, loc: Loc, message: str) -> None:
        mark = _mark(node)
        self._document.findings.append(
            Finding(self._document.file, mark.line, mark.column, field_path(loc), message)
        )


def _items(node: Node) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
