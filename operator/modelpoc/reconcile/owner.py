"""Who a resource belongs to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


def short_hash(*parts: str, length: int = 10) -> str:
    """First `length` hex digits of the SHA-256 of the parts, told apart whatever they contain."""
    joined = "\x00".join(parts).encode()
    return hashlib.sha256(joined).hexdigest()[:length]


@dataclass(frozen=True, order=True)
class Mark:
    """An owner as it can be written where AWS allows few characters: two hashes."""

    fleet: str
    """8 hex digits of the ownerId."""
    owner: str
    """10 hex digits of (ownerId, namespace, name)."""

    def __str__(self) -> str:
        return f"modelpoc:{self.fleet}:{self.owner}"

    @classmethod
    def parse(cls, text: str | None) -> Mark | None:
        """The mark written in `text`, or None when it is no mark of ours."""
        parts = (text or "").split(":")
        if len(parts) != 3 or parts[0] != "modelpoc":
            return None
        return cls(fleet=parts[1], owner=parts[2])


@dataclass(frozen=True, order=True)
class Owner:
    """A POC, or a platform itself (then namespace and name are empty).

    `fleet` is the platform's ownerId, so that a rebuilt cluster finds its resources again.
    """

    fleet: str
    namespace: str = ""
    name: str = ""

    @property
    def mark(self) -> Mark:
        return Mark(short_hash(self.fleet, length=8), short_hash(self.fleet, self.namespace, self.name))
