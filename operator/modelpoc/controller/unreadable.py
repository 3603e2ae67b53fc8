"""What is said of an object that cannot be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from modelpoc.api.conditions import ConditionStatus, ConditionType, Reason, Verdict, set_conditions
from modelpoc.controller.store import Unreadable

_SAID = (
    (ConditionType.READY, ConditionStatus.FALSE),
    (ConditionType.RECONCILING, ConditionStatus.FALSE),
    (ConditionType.STALLED, ConditionStatus.TRUE),
)


def invalid_status(item: Unreadable, now: datetime) -> dict[str, Any] | None:
    """The status patch that tells what is wrong; None when it is told already."""
    told = {c.get("type"): c for c in item.status.get("conditions", [])}
    stalled = told.get(ConditionType.STALLED.value, {})
    if stalled.get("message") == item.error and stalled.get("status") == "True":
        return None
    generation = item.metadata.generation
    said = [Verdict(kind, status, Reason.INVALID_SPEC, item.error) for kind, status in _SAID]
    conditions = set_conditions((), said, now, generation)
    return {
        "observedGeneration": generation,
        "reason": Reason.INVALID_SPEC.value,
        "conditions": [c.model_dump(mode="json", by_alias=True) for c in conditions],
    }
