"""What Lambda remembers of a function."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

Wire = dict[str, Any]


@dataclass(frozen=True)
class Package:
    """A deployment package: `sha256` of the zip in base64, its size in bytes, and where it is unpacked."""

    sha256: str
    size: int
    root: Path

    @property
    def archive(self) -> Path:
        """The zip itself."""
        return self.root.with_suffix(".zip")


@dataclass(frozen=True)
class Served:
    """What invocations run: configuration in wire form (never changed in place) and code."""

    config: Mapping[str, Any]
    package: Package

    @property
    def timeout(self) -> int:
        """Seconds that an invocation may take."""
        return int(self.config["Timeout"])

    @property
    def memory(self) -> int:
        """Memory in MB."""
        return int(self.config["MemorySize"])

    @property
    def log_group(self) -> str:
        """Where output goes."""
        return str(self.config["LoggingConfig"]["LogGroup"])


@dataclass
class Function:
    """A function: `current` is what was asked for last, `serving` what invocations get meanwhile."""

    name: str
    arn: str
    current: Served
    serving: Served
    modified: datetime
    state: Literal["Pending", "Active"] = "Pending"
    update: Literal["InProgress", "Successful"] | None = None
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    tags: dict[str, str] = field(default_factory=dict)
    policy: dict[str, Wire] = field(default_factory=dict)
    reserved: int | None = None
    running: int = 0

    def touch(self) -> None:
        """A new revision id, as every change gives."""
        self.revision = str(uuid.uuid4())
