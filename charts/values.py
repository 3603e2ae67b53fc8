"""The chart's values, as its schema has them: the one place for a value, its default and its meaning."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent / "modelpoc-operator"
SCHEMA = CHART / "values.schema.json"
_WIDTH = 100

_HEAD = """\
# Written by `python -m charts` from values.schema.json; do not edit.
"""


@dataclass(frozen=True)
class Value:
    """One value that may be set; `path` as in `image.tag`."""

    path: str
    type: str
    default: Any
    description: str


def schema() -> dict[str, Any]:
    """The chart's values.schema.json."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text())
    return found


def values(node: Mapping[str, Any] | None = None, above: str = "") -> Iterator[Value]:
    """Every value in the order of the schema."""
    for name, child in (schema() if node is None else node)["properties"].items():
        path = f"{above}{name}"
        if _is_group(child):
            yield from values(child, f"{path}.")
        else:
            yield Value(path, _type(child), child["default"], child["description"])


def values_yaml() -> str:
    """values.yaml: every value with its default, and what it means above it."""
    return _HEAD + "\n".join(_lines(schema(), 0)) + "\n"


def _lines(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, child in node["properties"].items():
        if depth == 0:
            yield ""
        for line in textwrap.wrap(child["description"], _WIDTH - len(indent)):
            yield f"{indent}# {line}"
        if _is_group(child):
            yield f"{indent}{name}:"
            yield from _lines(child, depth + 1)
        else:
            dumped = yaml.safe_dump({name: child["default"]}, sort_keys=False, allow_unicode=True)
            yield textwrap.indent(dumped, indent).rstrip()


def _is_group(child: Mapping[str, Any]) -> bool:
    return child.get("type") == "object" and "default" not in child


def _type(child: Mapping[str, Any]) -> str:
    if "enum" in child:
        return " or ".join(f"`{one}`" for one in child["enum"])
    kind = child["type"]
    return str(kind if isinstance(kind, str) else kind[0])
