"""A POC at one moment, and whether what was asked for has come to its end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from modelpoc.api.conditions import Condition, ConditionStatus, ConditionType, Reason
from modelpoc.api.modelpoc import ModelPOCStatus

_RESTING = frozenset({Reason.SUSPENDED, Reason.EXPIRED})


class Ending(StrEnum):
    """What a POC may come to; until then it is on its way."""

    READY = "Ready"
    PLACEHOLDER = "Placeholder"
    """The stand-in answers: all is done that can be, before there is a real image."""
    STALLED = "Stalled"
    SUSPENDED = "Suspended"
    """Taken apart, on request or because its time ran out."""
    OBSERVING = "Observing"
    GONE = "Gone"
    """The object is not there any more."""


@dataclass(frozen=True)
class Seen:
    """What the API server showed."""

    name: str
    namespace: str
    generation: int
    status: ModelPOCStatus
    version: str = ""
    """resourceVersion."""
    deleting: bool = False
    examples: bool = False
    """Whether it says itself what it can be asked."""

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Seen:
        meta = manifest["metadata"]
        return cls(
            name=meta["name"],
            namespace=meta.get("namespace", ""),
            generation=meta.get("generation", 0),
            status=ModelPOCStatus.model_validate(manifest.get("status") or {}),
            version=meta.get("resourceVersion", ""),
            deleting="deletionTimestamp" in meta,
            examples=bool(manifest.get("spec", {}).get("examples")),
        )

    @property
    def looked_at(self) -> bool:
        """Whether the operator speaks of this very spec."""
        return self.status.observed_generation == self.generation

    @property
    def headline(self) -> Condition | None:
        """The condition that says best how it is: Ready, else Reconciling, of whatever generation."""
        return self.status.condition(ConditionType.READY) or self.status.condition(ConditionType.RECONCILING)

    def said(self, kind: ConditionType) -> Condition | None:
        """A condition that speaks of this very spec."""
        found = self.status.condition(kind) if self.looked_at else None
        return found if found and found.observed_generation == self.generation else None

    def holds(self, kind: ConditionType) -> bool:
        return (said := self.said(kind)) is not None and said.status is ConditionStatus.TRUE


def ending(seen: Seen) -> Ending | None:
    """What it came to by its present spec; None: on its way. What an earlier spec came to does not count."""
    if seen.holds(ConditionType.STALLED):
        return Ending.STALLED
    reconciling = seen.said(ConditionType.RECONCILING)
    if reconciling is None or reconciling.status is not ConditionStatus.FALSE:
        return None
    if seen.holds(ConditionType.READY):
        return Ending.READY
    ready = seen.said(ConditionType.READY)
    if ready is not None:
        return Ending.PLACEHOLDER if ready.reason == Reason.PLACEHOLDER else None
    if reconciling.reason in _RESTING:
        return Ending.SUSPENDED
    return Ending.OBSERVING if reconciling.reason == Reason.OBSERVING else None


def message(seen: Seen, came_to: Ending | None) -> str:
    """Why, in the operator's own words."""
    stalled = seen.said(ConditionType.STALLED) if came_to is Ending.STALLED else None
    said = stalled or seen.headline
    return said.message if said else ""
