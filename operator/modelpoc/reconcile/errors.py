"""What can go wrong with one call or one resource, in one tree.

CloudError
├── Retry              passing: throttled, 5xx, connection; try again with backoff
│   └── AnswerLost     a write whose answer never came: read before writing again
├── NotYet             waits for something else to become visible or to finish
├── AlreadyThere       a create met a thing of that name: read it, it may be ours
├── Taken              a number or name that we chose is in use: choose another
├── Gone               the thing itself, or something it refers to, is not there
│   └── Misplaced      it is there, but in another place than it should be: another thing
└── Stall              hopeless until the spec, the platform or the account changes
"""

from __future__ import annotations


class CloudError(Exception):
    """Base of everything the cloud may answer with. `str(error)` is fit to show to a user."""

    code: str = ""
    """The cloud's own code for it, when there is one."""


class Retry(CloudError):
    """Passing trouble; the same call may go through later."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class AnswerLost(Retry):
    """A write may or may not have been carried out."""


class NotYet(CloudError):
    """Something this call depends on is not visible or not finished yet."""


class AlreadyThere(CloudError):
    """A create met something of the same name."""


class Taken(CloudError):
    """A number or name of our own choice is in use."""


class Gone(CloudError):
    """The thing to be changed or deleted, or something that it refers to, is not there."""


class Misplaced(Gone):
    """It cannot be moved to where it should be: one there is made, and this one is left for collection."""


class Stall(CloudError):
    """Hopeless until somebody changes something. `reason` is PascalCase and ends up in a condition."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
