"""What ends a demo."""

from __future__ import annotations


class DemoFailed(Exception):
    """A step did not come off; says which and why."""


def first_of(error: BaseException) -> BaseException:
    """What went wrong first, out of the groups that works side by side are raised in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
