"""What keeps sync from its work, in one tree; every message says what to do, none holds a credential.

SyncError
├── Misused             the settings cannot be right
├── NoCredentials       the Secret is missing, or holds nothing that Git can use
└── RepositoryError     the remote
    ├── RemoteUnreachable   does not answer; it may later
    ├── AccessDenied        refuses these credentials, or hides the repository from them
    ├── NoBranch            has no such branch, or nothing at all
    ├── TooLarge            is larger than allowed
    └── CloneBroken         the copy on this machine cannot be used
"""

from __future__ import annotations


class SyncError(Exception):
    """Base of what keeps sync from its work."""


class Misused(SyncError):
    """The settings cannot be right."""


class NoCredentials(SyncError):
    """The Secret is missing, or holds nothing of use."""


class RepositoryError(SyncError):
    """Something about the remote, or the copy of it."""


class RemoteUnreachable(RepositoryError):
    """The remote does not answer."""


class AccessDenied(RepositoryError):
    """The remote refuses these credentials, or hides the repository from them."""


class NoBranch(RepositoryError):
    """There is no such branch."""


class TooLarge(RepositoryError):
    """The repository is larger than allowed."""


class CloneBroken(RepositoryError):
    """The copy on this machine cannot be used."""
