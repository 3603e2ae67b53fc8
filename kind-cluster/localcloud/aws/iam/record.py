"""Which permissions were used, and which were missing: by role."""

from __future__ import annotations

from dataclasses import asdict, dataclass

_KEPT = 5000


@dataclass(frozen=True)
class Refused:
    """A permission that a role lacked; each is kept once."""

    role: str
    action: str
    resource: str
    why: str


class Record:
    """By the name of the role, or `user/<name>`."""

    def __init__(self) -> None:
        self.used: dict[str, set[str]] = {}
        self.refused: dict[Refused, None] = {}

    def allow(self, role: str, action: str) -> None:
        """Notes a permission that was used."""
        self.used.setdefault(role, set()).add(action)

    def refuse(self, role: str, action: str, resource: str, why: str) -> None:
        """Notes one that was missing."""
        if len(self.refused) < _KEPT:
            self.refused[Refused(role, action, resource, why)] = None

    def document(self) -> dict[str, object]:
        """As `/_local/iam` gives it."""
        used = {role: sorted(actions) for role, actions in sorted(self.used.items())}
        return {"used": used, "refused": [asdict(each) for each in self.refused]}

    def clear(self) -> None:
        """Forgets both."""
        self.used.clear()
        self.refused.clear()
