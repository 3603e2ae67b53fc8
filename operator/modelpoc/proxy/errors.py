"""What can be wrong with a function's package."""

from __future__ import annotations


class ProxyError(Exception):
    """Something about the function in front of an endpoint. Messages are fit to show to a user."""


class OwnSourceError(ProxyError, ValueError):
    """The POC's own handler cannot be packed: the message says why, and what to do."""
