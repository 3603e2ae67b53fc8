"""What can go wrong with a node."""

from __future__ import annotations


class NodeError(Exception):
    """The node could not be had; says why and what to do."""
