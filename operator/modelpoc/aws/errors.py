"""AWS's answers, classified once.

Sources: the error lists of each operation in AWS's API references; "seen on AWS" facts stand beside the
rows. What a code means for one resource only (a ValidationException that says "not found") is decided in
that resource's file, by the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from modelpoc.reconcile.errors import (
    AlreadyThere,
    AnswerLost,
    CloudError,
    Gone,
    NotYet,
    Retry,
    Stall,
    Taken,
)

THROTTLED = {
    "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException",
    "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "BandwidthLimitExceeded",
    "SlowDown", "PriorRequestNotComplete",
}  # fmt: skip
_DENIED = {
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnrecognizedClientException",
    "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch",
    "InvalidSignatureException", "OptInRequired", "NotAuthorized", "InvalidAccessKeyId",
}  # fmt: skip
_THERE = {
    "ResourceAlreadyExistsException",  # logs
    "DuplicateTargetGroupName", "DuplicateLoadBalancerName", "DuplicateListener",
    "ResourceExistsException",  # secrets manager
    "EntityAlreadyExists",
}  # fmt: skip
_BUSY = {
    "OperationAbortedException",  # logs: another operation on the group is under way
    "ConcurrentUpdateException",  # application autoscaling
    "ResourceInUse", "ResourceInUseException", "UpdateInProgressException",
    "ClusterContainsServicesException", "ClusterContainsTasksException",  # ecs
    "ClusterContainsContainerInstancesException",
    "ConcurrentModificationException",  # cloudwatch: two tag one alarm
    "ConcurrentModification", "DeleteConflict", "EntityTemporarilyUnmodifiable",  # iam
}  # fmt: skip
_QUOTA = {
    "LimitExceededException", "LimitExceeded", "ServiceQuotaExceededException", "TooManyTargetGroups",
    "TooManyRules", "TooManyListeners", "TooManyLoadBalancers", "TooManyTags",
    "TooManyUniqueTargetGroupsPerLoadBalancer", "TargetGroupAssociationLimit",
    "CodeStorageExceededException", "PolicyLengthExceededException",  # lambda
    "ResourceLimitExceeded",  # sagemaker: so many instances of a type
}  # fmt: skip
_GONE = {
    "ResourceNotFoundException", "NotFoundException", "TargetGroupNotFound", "RuleNotFound",
    "ListenerNotFound", "LoadBalancerNotFound", "ServiceNotFoundException", "ClusterNotFoundException",
    "ServiceNotActiveException", "ObjectNotFoundException", "ParameterNotFound", "NoSuchBucket", "NoSuchKey",
    "ResourceNotFound",  # cloudwatch, sagemaker
    "NoSuchEntity",  # iam
}  # fmt: skip
_QUOTA_WORDS = re.compile(r"maximum number of .* reached|exceeded the limit|service quota", re.IGNORECASE)
"""API Gateway tells a used-up quota with codes that mean something else: TooManyRequestsException,
ConflictException, BadRequestException."""
_VALIDATION: tuple[tuple[re.Pattern[str], Callable[[str], CloudError]], ...] = (
    (re.compile(r"^Could not find (?!model data)"), Gone),
    (re.compile(r"^Cannot create already existing "), AlreadyThere),
    (re.compile(r"^Cannot (update|delete) in-progress "), NotYet),
    # A role takes some seconds until every service knows it, and its rights some more.
    (re.compile(r"^Could not (assume|access) role"), Retry),
    (re.compile(r"^Could not access model data"), lambda text: Stall("AccessDenied", text)),
)
"""SageMaker has one code for nearly everything; what stands in none of these is an invalid request."""
_UNSENT = (EndpointConnectionError, ConnectTimeoutError)
_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)
_MAKING = ("Create", "Register")


def classify(error: Exception, what: str, *, writing: bool) -> CloudError:
    """The `CloudError` that stands for what boto3 raised; its text names the call and AWS's own words."""
    if isinstance(error, CloudError):  # ours, from within a call
        return error
    if isinstance(error, ClientError):
        return _answered(error, what, writing)
    if isinstance(error, ParamValidationError):
        return _coded(Stall("InvalidSpec", f"{what}: {error}"), "ParamValidation")
    if isinstance(error, _NO_CREDENTIALS):
        return _coded(Stall("AccessDenied", f"{what}: {error}"), type(error).__name__)
    if isinstance(error, (BotoCoreError, OSError)):
        lost = AnswerLost if writing and not isinstance(error, _UNSENT) else Retry
        return _coded(lost(f"{what}: no answer from AWS ({error})"), type(error).__name__)
    raise error


def _coded(error: CloudError, code: str) -> CloudError:
    error.code = code
    return error


def _answered(error: ClientError, what: str, writing: bool) -> CloudError:
    answer = error.response.get("Error", {})
    code, words = answer.get("Code", ""), answer.get("Message", "") or "no message"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    text = f"{what}: {words} ({code})"
    made = _by_code(code, words, what, text) or _by_status(status, text, writing)
    return _coded(made, code)


def _by_code(code: str, words: str, what: str, text: str) -> CloudError | None:
    if code in _QUOTA or _QUOTA_WORDS.search(words):
        return Stall("QuotaExceeded", text)
    if code in THROTTLED:
        return Retry(text)
    if code in _DENIED:
        return Stall("AccessDenied", text)
    if code in _THERE:
        return AlreadyThere(text)
    if code == "PriorityInUse":
        return Taken(text)
    if code in _BUSY:
        return NotYet(text)
    if code in _GONE:
        return Gone(text)
    if code == "ValidationException":
        return next((made(text) for pattern, made in _VALIDATION if pattern.search(words)), None)
    if code == "ConflictException":
        return _conflict(words, what, text)
    if code == "ResourceConflictException":
        return _lambda_conflict(words, what, text)
    if code == "InvalidParameterValueException" and "cannot be assumed by Lambda" in words:
        return NotYet(text)  # said of a new role for a while
    if code == "BadRequestException" and words.startswith("Cannot delete"):  # a VPC link still referenced
        return NotYet(text)
    # A load balancer or listener under deletion protection.
    return Stall("Blocked", text) if code == "OperationNotPermitted" else None


def _by_status(status: int, text: str, writing: bool) -> CloudError:
    if status == 429:
        return Retry(text)
    if status == 403:
        return Stall("AccessDenied", text)
    if status == 404:
        return Gone(text)
    if status >= 500:
        return AnswerLost(text) if writing else Retry(text)
    return Stall("InvalidSpec", text)


def _conflict(words: str, what: str, text: str) -> CloudError:
    """API Gateway: writes that meet, a duplicate, or something that still uses what should go."""
    if "concurrent modification" in words:
        return Retry(text)
    return AlreadyThere(text) if what.startswith(_MAKING) else NotYet(text)


def _lambda_conflict(words: str, what: str, text: str) -> CloudError:
    """A function or a statement of that name is there, or an update is under way."""
    there = what.startswith(_MAKING) or "statement id" in words
    return AlreadyThere(text) if there else NotYet(text)
