"""What one look came to, for people and for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from modelpoc.catalog import Finding


class Result(StrEnum):
    """How a look ended; also the label of the metric."""

    APPLIED = "applied"
    """Something was written or deleted."""
    UNCHANGED = "unchanged"
    """Nothing was to be done."""
    BROKEN = "broken"
    """The commit has findings: nothing was changed."""
    REFUSED = "refused"
    """The API server refuses some of it: nothing was changed."""
    FAILED = "failed"
    """The remote or the API server could not be worked with."""


@dataclass(frozen=True)
class Told:
    """One thing that someone has to look at. `poc` is the POC that it is about, if any."""

    reason: str
    message: str
    poc: str = ""


@dataclass(frozen=True)
class Report:
    """One look. Lists are names of POCs."""

    result: Result
    source: str
    commit: str = ""
    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    claimed: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    told: tuple[Told, ...] = ()
    """Everything that is wrong, or was won against somebody."""
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the cluster was brought to what the commit asks."""
        return self.result in (Result.APPLIED, Result.UNCHANGED) and not self.held and not self.claimed

    @property
    def line(self) -> str:
        """In one line."""
        if self.error:
            return self.error
        if self.result is Result.BROKEN:
            return f"{self.commit[:12]} is broken, nothing is changed: {self.findings[0]}"
        if self.result is Result.REFUSED:
            return f"{self.commit[:12]} is refused, nothing is changed: {self.told[0].message}"
        parts = [_counted("applied", self.written), _counted("removed", self.pruned)]
        parts += [_counted("held back from removal", self.held), _counted("claimed by others", self.claimed)]
        said = ", ".join(part for part in parts if part) or "nothing to do"
        return f"{self.commit[:12]} of {self.source}: {said}; {len(self.unchanged)} unchanged"

    def to_dict(self) -> dict[str, Any]:
        return {
            "result": self.result.value,
            "source": self.source,
            "commit": self.commit,
            "applied": list(self.written),
            "unchanged": list(self.unchanged),
            "pruned": list(self.pruned),
            "held": list(self.held),
            "claimed": dict(self.claimed),
            "findings": [finding.to_dict() for finding in self.findings],
            "told": [{"reason": t.reason, "message": t.message, "poc": t.poc} for t in self.told],
            "error": self.error,
        }


def _counted(verb: str, names: tuple[str, ...] | Mapping[str, str]) -> str:
    return f"{verb} {len(names)} ({', '.join(sorted(names))})" if names else ""
