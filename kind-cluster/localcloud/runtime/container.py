"""What runs one container of a task, whether as a process or by Docker."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Output = Callable[[str], None]
_LOOPBACK = re.compile(r"(?<![\w.-])(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?![\w.-])")


@dataclass(frozen=True)
class Launch:
    """How a container is started.

    `environment` is the whole of it (nothing of the host is added but PATH, HOME, TMPDIR and LANG);
    `scratch` is a private directory, removed when the container is gone; `address` is the loopback address
    that stands for the task's network interface. `mounts` are directories of this machine by where a
    container shall see them; a process sees them where they are.
    """

    name: str
    scratch: Path
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    workdir: str = ""
    mounts: Mapping[str, Path] = field(default_factory=dict)


class Container(Protocol):
    """A container that can be started once."""

    @property
    def digest(self) -> str:
        """The image's digest, `sha256:<hex>`."""

    async def start(self) -> None:
        """Starts it; `RuntimeFault` if it cannot be."""

    async def wait(self) -> int:
        """Its exit code, when it has exited and all of its output was handed over; 128 + n for signal n."""

    async def stop(self, grace: float) -> int:
        """SIGTERM, after `grace` real seconds SIGKILL; gives the exit code."""

    async def check(self, command: tuple[str, ...], timeout: float) -> bool:
        """Whether a command inside it exits with 0 within `timeout` real seconds."""


def reaching(address: str, command: tuple[str, ...]) -> tuple[str, ...]:
    """A health check's command, looking for the task at `address`: its loopback is the machine's here."""
    return tuple(_LOOPBACK.sub(address, part) for part in command)
