"""What an endpoint was last asked to roll out: a tag that outlives us. Pure.

AWS undoes a rollout that fails and shows the endpoint in service as if nothing had been; its FailureReason
may even be empty (hashicorp/terraform-provider-aws#48997). What was tried would be tried for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_FORM = re.compile(r"(?P<config>\S+)@(?P<at>\d+(\.\d+)?)( from (?P<before>\S+))?")


@dataclass(frozen=True)
class Trying:
    """Written just before UpdateEndpoint, taken off once it came true.

    A tag's value takes 256 characters, and this at most 150.
    """

    config: str
    """Name of the configuration that was to take over."""
    at: float
    """The endpoint's LastModifiedTime then, in epoch seconds: later, something has become of it."""
    before: str = ""
    """Name of the configuration in service then."""

    def __str__(self) -> str:
        return f"{self.config}@{self.at:.3f}" + (f" from {self.before}" if self.before else "")

    @classmethod
    def parse(cls, text: str | None) -> Trying | None:
        """None for no text, and for what somebody else wrote there."""
        found = _FORM.fullmatch(text or "")
        return cls(found["config"], float(found["at"]), found["before"] or "") if found else None

    def undone(self, config: str, modified: datetime | None, reason: str) -> bool:
        """Whether this was given up, as the endpoint is back in service on `config`.

        Back on what served before; or, where that is not known, for a reason that AWS tells.
        """
        if config == self.config or modified is None or not later(modified, self.at):
            return False
        return config == self.before if self.before else bool(reason)


def later(modified: datetime, at: float) -> bool:
    """Whether it was modified since: times are compared as they are written, by the millisecond."""
    return round(modified.timestamp(), 3) > at
