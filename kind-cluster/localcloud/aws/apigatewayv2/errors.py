"""What API Gateway refuses, in its words."""

from __future__ import annotations

from localcloud.aws.backend import AwsError


def bad_request(message: str) -> AwsError:
    """400."""
    return AwsError("BadRequestException", message, status=400)


def not_found(message: str) -> AwsError:
    """404."""
    return AwsError("NotFoundException", message, status=404)


def conflict(message: str) -> AwsError:
    """409."""
    return AwsError("ConflictException", message, status=409)


def too_many(what: str, where: str) -> AwsError:
    """A quota is used up: 429, which clients take for a throttle and try again."""
    return AwsError(
        "TooManyRequestsException",
        f"Maximum number of {what} for this {where} has been reached. "
        f"Please contact AWS if you need additional {what}.",
        status=429,
    )


def busy() -> AwsError:
    """Two writes to one API overlapped."""
    return conflict("Unable to complete operation due to concurrent modification. Please try again later.")
