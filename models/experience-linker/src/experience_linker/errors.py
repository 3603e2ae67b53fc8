"""Every error this service raises on purpose: a person can act on its message."""


class LinkerError(Exception):
    """Root of the tree; its text is one plain sentence."""


class SettingsError(LinkerError):
    """An environment variable is missing or makes no sense."""


class ArtifactError(LinkerError):
    """The artifact cannot be fetched, is incomplete, or is not what its manifest says."""
