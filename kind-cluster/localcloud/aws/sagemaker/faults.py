"""Why a fleet does not come up: what AWS shows as an endpoint's FailureReason.

FleetFailed
├── ModelDataMissing     the archive is not in S3 (any more)
├── ModelDataCorrupt     it is there and no tar.gz
├── ImageMissing         the image is not there (any more)
├── ConfigGone           the configuration or a model of it was deleted meanwhile
└── PingFailed           the container never answered /ping with 200
"""

from __future__ import annotations


class FleetFailed(Exception):
    """`str()` is the reason in AWS's words."""


class ModelDataMissing(FleetFailed):
    """Nothing at the model's URL."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure '
            "that there is an object located at the URL and that the role passed to CreateModel has "
            "permissions to download the object."
        )


class ModelDataCorrupt(FleetFailed):
    """What is there cannot be unpacked."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f'Failed to extract model data archive for container "container_1" from URL "{url}". Please '
            "ensure that the object located at the URL is a valid tar.gz archive."
        )


class ImageMissing(FleetFailed):
    """No such image."""

    def __init__(self, image: str) -> None:
        super().__init__(f"Requested image {image} not found.")


class ConfigGone(FleetFailed):
    """Deleted between request and start."""


class PingFailed(FleetFailed):
    """The container is not well."""

    def __init__(self, variant: str) -> None:
        super().__init__(
            f"The primary container for production variant {variant} did not pass the ping health check. "
            "Please check CloudWatch logs for this endpoint."
        )


class AlarmRaised(FleetFailed):
    """A rollback alarm went off during a deployment."""

    def __init__(self, alarms: list[str]) -> None:
        super().__init__(
            "One or more configured CloudWatch alarms went into ALARM state during the deployment: "
            f"{', '.join(alarms)}. The deployment was rolled back."
        )


class TookTooLong(FleetFailed):
    """MaximumExecutionTimeoutInSeconds is over."""

    def __init__(self) -> None:
        super().__init__("The deployment exceeded MaximumExecutionTimeoutInSeconds and was rolled back.")
