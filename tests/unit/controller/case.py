"""One object in one state of docs/conditions.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelpoc.api.conditions import Condition
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC


@dataclass(frozen=True)
class Case:
    """One object in one state. `before`: its conditions before the last thing that happened."""

    name: str
    state: str
    item: dict[str, Any]
    before: tuple[Condition, ...] = ()

    @property
    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.item["status"]
        return status

    def condition(self, kind: str) -> dict[str, Any] | None:
        return next((c for c in self.status.get("conditions", []) if c["type"] == kind), None)


def item_of(poc: ModelPOC | ModelPlatform) -> dict[str, Any]:
    return {
        "apiVersion": poc.api_version,
        "kind": poc.kind,
        "metadata": poc.metadata.to_dict(),
        "spec": poc.spec.to_dict(),
        "status": poc.status.to_dict(),
    }
