"""Objects as the operator writes them in every state, and small ones for a test's own purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_STATES = Path(__file__).resolve().parents[2] / "kstatus" / "states"

Manifest = dict[str, Any]


def states() -> dict[str, tuple[str, Manifest]]:
    """By name: which row of the table in docs/conditions.md it belongs to, and the object."""
    found = {file.stem: json.loads(file.read_text()) for file in sorted(_STATES.glob("*.json"))}
    pocs = {name: f for name, f in found.items() if f["object"]["kind"] == "ModelPOC"}
    return {name: (f["state"], f["object"]) for name, f in pocs.items()}


def state(name: str) -> Manifest:
    return states()[name][1]


def changed(manifest: Manifest, **meta: Any) -> Manifest:
    """With other metadata."""
    return {**manifest, "metadata": {**manifest["metadata"], **meta}}
