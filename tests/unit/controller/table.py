"""The table of docs/conditions.md, and the files in which the objects of each state stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.unit.controller.case import Case
from tests.unit.controller.states import cases

ROOT = Path(__file__).resolve().parents[3]
DOC = ROOT / "docs" / "conditions.md"
FOLDER = ROOT / "tests" / "kstatus" / "states"
STATUSES = ("True", "False", "Unknown", "none", "as before")
REWRITE = "python -m tests.unit.controller.write_states"


@dataclass(frozen=True)
class Cell:
    """What the table says of one condition: its status and, where it names any, its reasons."""

    status: str
    reasons: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Cell:
        status = next(s for s in STATUSES if text.startswith(s))
        return cls(status, frozenset(re.findall(r"`(\w+)`", text)))


@dataclass(frozen=True)
class Row:
    state: str
    conditions: dict[str, Cell]
    """By type: Ready, Reconciling, Stalled."""
    kstatus: str
    flux: str
    argo: str
    wait: str


def rows() -> list[Row]:
    """Of the first table whose heading begins with `state`."""
    lines = DOC.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| state |"))
    heading = _cells(lines[start])
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append(_row(dict(zip(heading, _cells(line), strict=True))))
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _row(cells: dict[str, str]) -> Row:
    conditions = {t: Cell.parse(cells[f"`{t}`"]) for t in ("Ready", "Reconciling", "Stalled")}
    wait = cells["`kubectl wait --for=condition=Ready`"]
    return Row(cells["state"], conditions, cells["kstatus"], cells["Flux"], cells["Argo CD"], wait)


def files(told: Iterable[Case] | None = None) -> dict[str, str]:
    """File name → text, one file for each case."""
    found = cases() if told is None else told
    return {f"{case.name}.json": _text(case) for case in found}


def _text(case: Case) -> str:
    whole = {"state": case.state, "object": case.item}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
