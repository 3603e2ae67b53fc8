"""Why a message did not arrive. No error of these ever holds a URL or a token.

Undelivered
├── Later      passes by itself
├── Refused    the destination wants none: someone must change something there or here
└── Unfit      this one message is not accepted
"""

from __future__ import annotations


class Undelivered(Exception):
    """A message did not arrive; the text says why, for people."""


class Later(Undelivered):
    """Try again, after `after` seconds where the other side says so."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Refused(Undelivered):
    """As it is set up now, nothing arrives there."""


class Missing(Refused):
    """The Secret, or a key of it, is not there."""


class Unfit(Undelivered):
    """Trying again does not help; the next message may well arrive."""
