"""What the queue holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class What(Enum):
    POC = "ModelPOC"
    PLATFORM = "ModelPlatform"


@dataclass(frozen=True)
class Key:
    """One object of ours. A platform has no namespace."""

    namespace: str
    name: str
    what: What = What.POC

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def platform_key(name: str) -> Key:
    return Key("", name, What.PLATFORM)
