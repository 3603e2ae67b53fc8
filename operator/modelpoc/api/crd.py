"""CustomResourceDefinitions from the models: structural schemas, defaults, CEL rules, columns.

The models are the only source; `crds/` holds what `modelpoc crds` writes, and a test holds it current.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel

from modelpoc.api.checks import VALIDATIONS
from modelpoc.api.meta import COMMIT, GROUP, VERSION
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC

Schema = dict[str, Any]

_KEPT = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    VALIDATIONS,
    "required",
)
_EMPTY: tuple[Any, ...] = (None, [], {})


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`; priority 1 shows with `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0

    def to_dict(self) -> dict[str, Any]:
        column: dict[str, Any] = {"name": self.name, "type": self.type, "jsonPath": self.path}
        return {**column, "priority": self.priority} if self.priority else column


@dataclass(frozen=True)
class Names:
    """How an object kind is called, and where it lives."""

    kind: str
    plural: str
    singular: str
    short: tuple[str, ...]
    scope: str


_READY = '.status.conditions[?(@.type=="Ready")]'
_AGE = Column("AGE", ".metadata.creationTimestamp", "date")
POC_COLUMNS = (
    Column("RUNTIME", ".status.runtime"),
    Column("READY", f"{_READY}.status"),
    Column("STATUS", ".status.reason"),
    Column("URL", ".status.url"),
    _AGE,
    Column("REVISION", ".status.revision", priority=1),
    Column("EXPIRES", ".status.expiresAt", priority=1),
    Column("COST", ".status.estimatedMonthlyCost", priority=1),
    Column("COMMIT", f".metadata.annotations.{COMMIT.replace('.', chr(92) + '.')}", priority=1),
)
PLATFORM_COLUMNS = (
    Column("REGION", ".spec.region"),
    Column("READY", f"{_READY}.status"),
    Column("STATUS", ".status.reason"),
    Column("URL", ".status.baseUrl"),
    _AGE,
    Column("ACCOUNT", ".spec.accountId", priority=1),
    Column("POCS", ".status.pocs", "integer", priority=1),
)


def crds() -> dict[str, dict[str, Any]]:
    """Each CustomResourceDefinition by the name of its file."""
    poc = Names("ModelPOC", "modelpocs", "modelpoc", ("poc", "pocs"), "Namespaced")
    platform = Names("ModelPlatform", "modelplatforms", "modelplatform", ("platform", "platforms"), "Cluster")
    definitions = (_crd(poc, ModelPOC, POC_COLUMNS), _crd(platform, ModelPlatform, PLATFORM_COLUMNS))
    return {f"{crd['metadata']['name']}.yaml": crd for crd in definitions}


def rendered() -> dict[str, str]:
    """Each CustomResourceDefinition as YAML, by the name of its file; the same bytes every time."""
    head = "# Written by `modelpoc crds` from operator/modelpoc/api; do not edit.\n"
    return {
        file: head + yaml.safe_dump(crd, sort_keys=False, allow_unicode=True, width=110)
        for file, crd in crds().items()
    }


def _crd(names: Names, model: type[BaseModel], columns: tuple[Column, ...]) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": names.scope,
            "names": {
                "kind": names.kind,
                "listKind": f"{names.kind}List",
                "plural": names.plural,
                "singular": names.singular,
                "shortNames": list(names.short),
                "categories": ["models"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [column.to_dict() for column in columns],
                    "schema": {"openAPIV3Schema": structural(model)},
                }
            ],
        },
    }


def structural(model: type[BaseModel]) -> Schema:
    """The structural schema of an object: no `$ref`, no `anyOf`, metadata left to Kubernetes.

    A fresh object says that no generation was observed: without that, kstatus takes it for settled.
    """
    schema = inlined(model)
    schema["properties"] |= {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    schema["properties"]["status"]["default"] = {"observedGeneration": -1}
    schema["required"] = ["spec"]
    return schema


def inlined(model: type[BaseModel]) -> Schema:
    """The schema of any model without references."""
    raw = model.model_json_schema(by_alias=True)
    return _inline(raw, raw.get("$defs", {}))


def _inline(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """One schema with its references replaced, optional unions opened, and only what a CRD may hold."""
    merged = _resolved(schema, definitions)
    result = {key: merged[key] for key in _KEPT if key in merged and merged[key] not in _EMPTY}
    if result.get("type") == "integer":
        result["format"] = "int32"
    if isinstance(result.get("default"), dict):
        result |= _default(result.pop("default"))
    if "items" in merged:
        result["items"] = _inline(merged["items"], definitions)
    if isinstance(merged.get("additionalProperties"), dict):
        result["additionalProperties"] = _inline(merged["additionalProperties"], definitions)
    if "properties" in merged:
        result["properties"] = {
            name: _inline(child, definitions) for name, child in merged["properties"].items()
        }
    return result


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """`schema` with the schema it points at, or the one it is when not null, filled in below its own keys."""
    if "$ref" in schema:
        target = definitions[schema["$ref"].removeprefix("#/$defs/")]
    elif "anyOf" in schema:
        (target,) = (choice for choice in schema["anyOf"] if choice.get("type") != "null")
    else:
        return dict(schema)
    below = _resolved(target, definitions)
    own = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf")}
    rules = [*below.get(VALIDATIONS, []), *own.get(VALIDATIONS, [])]
    return {**below, **own, **({VALIDATIONS: rules} if rules else {})}


def _default(default: dict[str, Any]) -> Schema:
    cleaned = _without_empty(default)
    return {"default": cleaned} if cleaned else {}


def _without_empty(default: dict[str, Any]) -> dict[str, Any]:
    """A default without nulls and empty lists: what is not given is not there."""
    cleaned = {
        key: _without_empty(value) if isinstance(value, dict) else value for key, value in default.items()
    }
    return {key: value for key, value in cleaned.items() if value not in (None, [], {})}
