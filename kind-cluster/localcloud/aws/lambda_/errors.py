"""Lambda's refusals, in AWS's words."""

from __future__ import annotations

from localcloud.aws.backend import AwsError


def invalid(message: str) -> AwsError:
    """A request that cannot be."""
    return AwsError("InvalidParameterValueException", message)


def not_found(message: str) -> AwsError:
    """Something that is not there."""
    return AwsError("ResourceNotFoundException", message, status=404)


def conflict(message: str) -> AwsError:
    """Not now, or not twice."""
    return AwsError("ResourceConflictException", message, status=409)


def function_not_found(arn: str) -> AwsError:
    """No function of that ARN."""
    return not_found(f"Function not found: {arn}")


def too_large(limit: int, operation: str) -> AwsError:
    """More bytes than an operation takes; seen with this code, which the service model does not have."""
    message = f"Request must be smaller than {limit} bytes for the {operation} operation"
    return AwsError("RequestEntityTooLargeException", message, status=413)


def not_offered(what: str) -> AwsError:
    """AWS has it, this cloud does not."""
    return invalid(f"The local AWS does not offer {what}.")
