"""What goes wrong below a task; the text is what AWS shows on the stopped container.

RuntimeFault
├── CannotPullContainer      the image is not there
├── CannotStartContainer     it is there and cannot be started
├── ResourceInitialization   what it needs (secrets, log group) is not there
└── BuildFailed              a model's directory makes no image
"""

from __future__ import annotations


class RuntimeFault(Exception):
    """A container that does not come up. `str()` is the reason in AWS's words."""

    code = "RuntimeFault"

    def __str__(self) -> str:
        return f"{self.code}: {self.args[0]}"


class CannotPullContainer(RuntimeFault):
    """The image cannot be resolved."""

    code = "CannotPullContainerError"


class CannotStartContainer(RuntimeFault):
    """The image is there; what it shall run is not."""

    code = "CannotStartContainerError"


class ResourceInitialization(RuntimeFault):
    """A secret or a log group that a task needs before it starts."""

    code = "ResourceInitializationError"


class BuildFailed(RuntimeFault):
    """A directory that cannot become an image: the message says what to change."""

    code = "BuildFailed"
