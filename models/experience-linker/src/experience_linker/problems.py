"""Refusals in plain words: pydantic's findings turned into sentences a caller can act on."""

from collections.abc import Mapping, Sequence
from typing import Any

from experience_linker.schemas import MAX_TOP_K, Query

_BODY = 'the body must be a JSON object such as {"input": "…"}'
# More than this many at once helps nobody.
_MOST = 3


def explain(errors: Sequence[Mapping[str, Any]]) -> str:
    """One line for all that is wrong with a request to /predict."""
    return "; ".join(_explain_one(error) for error in errors[:_MOST])


def _explain_one(error: Mapping[str, Any]) -> str:
    field = str(error["loc"][1]) if len(error["loc"]) > 1 else ""
    match error["type"]:
        case "json_invalid":
            return f"the body is not valid JSON: {error['ctx']['error']} at character {field}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "extra_forbidden":
            return f"{field[:50]!r} is not known here: write {' or '.join(Query.model_fields)}"
        case "missing" if field:
            return f"{field} is missing: {_BODY}"
    if field == "top_k":
        return f"top_k must be a whole number from 1 to {MAX_TOP_K}"
    if not field:
        return f"{_BODY}, sent with the header Content-Type: application/json"
    return f"{field}: {error['msg']}"
