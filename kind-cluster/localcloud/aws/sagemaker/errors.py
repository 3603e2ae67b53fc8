"""Refusals in SageMaker's words. All are ValidationException, with 400: only the message tells them apart."""

from __future__ import annotations

from localcloud.aws.backend import AwsError


def invalid(message: str) -> AwsError:
    """A request that cannot be carried out as it is."""
    return AwsError("ValidationException", message)


def missing(what: str, arn: str) -> AwsError:
    """`what` as AWS calls it: model, endpoint, endpoint configuration."""
    return invalid(f'Could not find {what} "{arn}".')


def exists(what: str, arn: str) -> AwsError:
    """Something of that name is there already."""
    return invalid(f'Cannot create already existing {what} "{arn}".')


def in_progress(arn: str) -> AwsError:
    """Updates and deletions of an endpoint that changes."""
    return invalid(f'Cannot update in-progress endpoint "{arn}".')
