"""What is said of an object that cannot be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from modelpoc.api.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    Verdict,
    set_conditions,
)
from modelpoc.controller.store import Unreadable

_SAID = (
    (ConditionType.READY, ConditionStatus.FALSE),
    (ConditionType.RECONCILING, ConditionStatus.FALSE),
    (ConditionType.STALLED, ConditionStatus.TRUE),
)


def invalid_status(item: Unreadable, now: datetime) -> dict[str, Any] | None:
    """The status patch that tells what is wrong; None when it is told already, for this generation."""
    generation = item.metadata.generation
    said = [Verdict(kind, status, Reason.INVALID_SPEC, item.error) for kind, status in _SAID]
    conditions = set_conditions(_conditions(item), said, now, generation)
    status = {
        "observedGeneration": generation,
        "reason": Reason.INVALID_SPEC.value,
        "conditions": [c.model_dump(mode="json", by_alias=True) for c in conditions],
    }
    return None if all(item.status.get(key) == value for key, value in status.items()) else status


def _conditions(item: Unreadable) -> tuple[Condition, ...]:
    """What was said before; nothing where that cannot be read either."""
    try:
        return tuple(Condition.model_validate(c) for c in item.status.get("conditions") or ())
    except ValidationError:
        return ()
