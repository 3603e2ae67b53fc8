"""The chart's README: what a person writes stands in README.md.in, and a table of all values follows."""

from __future__ import annotations

import json

from charts.values import CHART, Value, values

_TEXT = CHART / "README.md.in"
_HEAD = "<!-- Written by `python -m charts` from README.md.in and values.schema.json. -->\n"
_MARK = "<!-- values -->"


def readme() -> str:
    """README.md. Raises ValueError when the text has no place for the values."""
    before, mark, after = _TEXT.read_text().partition(_MARK)
    if not mark:
        raise ValueError(f"{_TEXT} has no line {_MARK}")
    return f"{_HEAD}{before}{table()}{after}"


def table() -> str:
    """One line for each value."""
    rows = [f"| `{v.path}` | {v.type} | {_default(v)} | {_cell(v.description)} |" for v in values()]
    return "\n".join(["| value | type | default | what it does |", "|---|---|---|---|", *rows])


def _default(value: Value) -> str:
    if value.default is None or value.default == "":
        return ""
    return f"`{_cell(json.dumps(value.default, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
