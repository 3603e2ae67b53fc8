"""The refusals of ECS, in its own words."""

from __future__ import annotations

from localcloud.aws.backend import AwsError


def invalid(message: str) -> AwsError:
    """What the request asks for cannot be, as written."""
    return AwsError("InvalidParameterException", message)


def client(message: str) -> AwsError:
    """ECS's other word for the same; task definitions use it."""
    return AwsError("ClientException", message)


def cluster_not_found() -> AwsError:
    """No such cluster, or no longer."""
    return AwsError("ClusterNotFoundException", "Cluster not found.")


def service_not_found() -> AwsError:
    """No such service, or no longer."""
    return AwsError("ServiceNotFoundException", "Service not found.")
