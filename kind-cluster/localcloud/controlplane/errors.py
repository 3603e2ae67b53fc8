"""What can go wrong with a control plane."""

from __future__ import annotations


class ControlPlaneError(Exception):
    """Anything wrong with finding, building, starting or stopping it; the message says what to do next."""


class BuildError(ControlPlaneError):
    """A program is neither there nor could it be built."""


class StartError(ControlPlaneError):
    """A program did not start or did not become ready; the message carries the end of its log."""
