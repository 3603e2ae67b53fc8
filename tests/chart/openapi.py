"""JSON schemas for kubeconform out of what an API server publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_REF = "#/definitions/"
_PLACE = "{{ .Group }}-{{ .ResourceAPIVersion }}-{{ .ResourceKind }}.json"  # of `v1`, the group is v1
_GVK = "x-kubernetes-group-version-kind"

Schema = dict[str, Any]


def write_schemas(openapi: Mapping[str, Any], folder: Path) -> str:
    """One file for each kind of `/openapi/v2`; gives kubeconform's -schema-location for them."""
    definitions = {name: _strict(one) for name, one in openapi["definitions"].items()}
    for name, definition in definitions.items():
        for gvk in definition.get(_GVK, ()):
            needed = {n: definitions[n] for n in _reached(name, definitions)}
            file = folder / f"{gvk['group'] or gvk['version']}-{gvk['version']}-{gvk['kind'].lower()}.json"
            file.write_text(json.dumps({"$ref": f"{_REF}{name}", "definitions": needed}))
    return str(folder / _PLACE)


def _reached(name: str, definitions: Mapping[str, Schema]) -> set[str]:
    seen, ahead = set[str](), {name}
    while ahead:
        seen.add(one := ahead.pop())
        ahead |= set(_refs(definitions[one])) - seen
    return seen


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(_REF)
        for child in node.values():
            yield from _refs(child)
    elif isinstance(node, list):
        for child in node:
            yield from _refs(child)


def _strict(node: Any) -> Any:
    """What OpenAPI says in its own words, in JSON Schema's; and no field that it does not name."""
    if isinstance(node, list):
        return [_strict(child) for child in node]
    if not isinstance(node, Mapping):
        return node
    if node.get("format") == "int-or-string" or node.get("x-kubernetes-int-or-string"):
        return {"type": ["string", "integer"]}
    made = {key: _strict(child) for key, child in node.items() if key != "format"}
    if isinstance(node.get("properties"), Mapping) and not _open(node):
        made.setdefault("additionalProperties", False)
    return made


def _open(node: Mapping[str, Any]) -> bool:
    return bool(node.get("x-kubernetes-preserve-unknown-fields"))
