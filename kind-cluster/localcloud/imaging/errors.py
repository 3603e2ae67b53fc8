"""What can go wrong on the way to an image.

ImagingError
├── NoEngine      none answers, and none can be started here
├── BuildFailed   a Dockerfile's step failed
└── NoBase        the base can neither be pulled nor made
"""

from __future__ import annotations


class ImagingError(Exception):
    """The message says what to do next."""


class NoEngine(ImagingError):
    """No engine answers, and none can be started here."""


class BuildFailed(ImagingError):
    """A step of a Dockerfile failed; the message carries the end of its output."""


class NoBase(ImagingError):
    """The base image can neither be pulled nor made here."""
