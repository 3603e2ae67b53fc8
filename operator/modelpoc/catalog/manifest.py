"""A POC as a Kubernetes manifest: what was written, the same bytes every time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import yaml

from modelpoc.api.crd import Schema, inlined
from modelpoc.api.modelpoc import ModelPOC, ModelPOCSpec

Format = Literal["yaml", "json"]

_NUMBER_ELSEWHERE = re.compile(
    r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?0[xXoObB][0-9a-fA-F_]+|[yYnN]"
)
"""Text that PyYAML writes without quotes and Kubernetes' parser takes for a number or a boolean."""


def render(poc: ModelPOC) -> dict[str, Any]:
    """The manifest of `poc`: no status, and no defaults but in lists.

    The API server fills defaults in. `kubectl apply` compares a list as a whole, so it would find entries
    that lack them changed every time.
    """
    return {
        "apiVersion": poc.api_version,
        "kind": poc.kind,
        "metadata": {"name": poc.metadata.name, "namespace": poc.metadata.namespace},
        "spec": _filled(poc.spec.to_dict(), _spec_schema(), within_list=False),
    }


@cache
def _spec_schema() -> Schema:
    return inlined(ModelPOCSpec)


def _filled(value: Any, schema: Mapping[str, Any], within_list: bool) -> Any:
    """`value` with the schema's defaults in every list's entries, in the order that was written."""
    if isinstance(value, list):
        return [_filled(item, schema.get("items", {}), True) for item in value]
    if not isinstance(value, dict):
        return value
    fields = schema.get("properties", {})
    missing = {
        name: field["default"] for name, field in fields.items() if "default" in field and name not in value
    }
    whole = {**value, **missing} if within_list else value
    return {name: _filled(child, fields.get(name, {}), within_list) for name, child in whole.items()}


def dump(manifests: Sequence[dict[str, Any]], form: Format) -> str:
    """YAML documents, or JSON: the object itself when there is one, else a List."""
    if form == "yaml":
        return "".join(f"---\n{to_yaml(manifest)}" for manifest in manifests)
    whole = (
        manifests[0] if len(manifests) == 1 else {"apiVersion": "v1", "kind": "List", "items": [*manifests]}
    )
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if _NUMBER_ELSEWHERE.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(manifest: Mapping[str, Any]) -> str:
    """One document, without the line that separates it from others."""
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
