"""What the function serves, from `poc.json` beside its code and from its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cors:
    """Which web pages of other origins may call."""

    allow_origins: tuple[str, ...] = ("*",)
    allow_methods: tuple[str, ...] = ("GET", "HEAD", "POST", "OPTIONS")
    allow_headers: tuple[str, ...] = ("content-type",)
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age_seconds: int = 300


@dataclass(frozen=True)
class Settings:
    """`path` is the POC's public path, `endpoint` the name of its endpoint, `own` the module of its own
    handler, below `root`/own."""

    name: str
    path: str
    document: Mapping[str, Any]
    endpoint: str
    root: Path
    cors: Cors = field(default_factory=Cors)
    own: str | None = None


def load(root: Path, environment: Mapping[str, str]) -> Settings:
    """From the folder that the zip was unpacked into. KeyError without ENDPOINT_NAME."""
    found = json.loads((root / "poc.json").read_text())
    return Settings(
        name=found["name"],
        path=found["path"],
        document=found["document"],
        endpoint=environment["ENDPOINT_NAME"],
        root=root,
        cors=_cors(found.get("cors") or {}),
        own=found.get("own"),
    )


def _cors(found: Mapping[str, Any]) -> Cors:
    """Lists become tuples; what a newer package may say besides is left aside."""
    known = {field.name for field in fields(Cors)}
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in found.items() if key in known
    }
    return Cors(**values)
