"""Where a cloud's files are, and what it says about itself."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.controlplane.process import Process

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def state_home() -> Path:
    """Where running clouds keep their files, `${XDG_STATE_HOME}/modelpoc`."""
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "modelpoc"


@dataclass(frozen=True)
class CloudFiles:
    """The files of one cloud. All of them are in `root`, which is removed with it."""

    name: str
    root: Path

    @classmethod
    def of(cls, name: str) -> CloudFiles:
        """The files of the cloud called `name`; `ValueError` if no cloud may be called so."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"cloud name {name!r}: use up to 31 lower-case letters, digits and '-'")
        return cls(name, state_home() / "clouds" / name)

    @property
    def lock(self) -> Path:
        """Held while a cloud is brought up or down; beside `root`, as it must outlive it."""
        return self.root.with_name(f".{self.name}.lock")

    @property
    def aws(self) -> Path:
        """State of the local AWS; the cloud process writes `document` when it serves."""
        return self.root / "aws"

    @property
    def document(self) -> Path:
        """What the cloud process says about itself, keys included (mode 0600)."""
        return self.root / "aws.json"

    @property
    def control_plane(self) -> Path:
        """Directory of etcd and kube-apiserver."""
        return self.root / "controlplane"

    @property
    def processes(self) -> Path:
        """The processes that were started, for `down`."""
        return self.root / "processes.json"

    @property
    def policies(self) -> Path:
        """The roles that the account has from the start, with their policies."""
        return self.root / "policies.json"

    @property
    def images(self) -> Path:
        """The store of image snapshots."""
        return self.aws / "images"

    def log(self, what: str) -> Path:
        """The log file of a process: `aws`, `operator`, `apiserver` or `etcd`."""
        if what in ("apiserver", "kube-apiserver"):
            return self.control_plane / "kube-apiserver.log"
        return self.control_plane / "etcd.log" if what == "etcd" else self.root / f"{what}.log"

    def remember(self, name: str, process: Process) -> None:
        """Notes a process that was started."""
        known = {**self.started(), name: process}
        write_private(self.processes, {key: value.as_dict() for key, value in known.items()})

    def started(self) -> dict[str, Process]:
        """The processes noted, running or not."""
        noted = read(self.processes) or {}
        return {name: Process(**value) for name, value in noted.items()}

    def about_aws(self) -> dict[str, Any] | None:
        """What the cloud process says about itself; None before it serves."""
        return read(self.document)


def write_private(file: Path, document: Mapping[str, Any]) -> None:
    """Writes JSON in one step, for the user alone."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(document, indent=2), encoding="utf-8")
    fresh.replace(file)


def read(file: Path) -> dict[str, Any] | None:
    """A JSON object out of a file; None if there is none."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found
