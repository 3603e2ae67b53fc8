"""A POC as a Kubernetes manifest: what was written, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import yaml

from modelpoc.api.modelpoc import ModelPOC

Format = Literal["yaml", "json"]


def render(poc: ModelPOC) -> dict[str, Any]:
    """The manifest of `poc`: no status, no defaults."""
    return {
        "apiVersion": poc.api_version,
        "kind": poc.kind,
        "metadata": {"name": poc.metadata.name, "namespace": poc.metadata.namespace},
        "spec": poc.spec.to_dict(),
    }


def dump(manifests: Sequence[dict[str, Any]], form: Format) -> str:
    """YAML documents, or JSON: the object itself when there is one, else a List."""
    if form == "yaml":
        return "".join(f"---\n{_yaml(manifest)}" for manifest in manifests)
    whole = (
        manifests[0] if len(manifests) == 1 else {"apiVersion": "v1", "kind": "List", "items": [*manifests]}
    )
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(manifest: dict[str, Any]) -> str:
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
