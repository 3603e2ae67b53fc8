"""AWS's answers, classified once.

Sources: the error lists of each operation in AWS's API references; "seen on AWS" facts stand beside the
rows. What a code means for one resource only (a ValidationException that says "not found") is decided in
that resource's file, by the message.
"""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

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

_THROTTLED = {
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
    "ResourceConflictException",  # lambda
    "ResourceInUse", "ResourceInUseException", "UpdateInProgressException",
}  # fmt: skip
_QUOTA = {
    "LimitExceededException", "LimitExceeded", "ServiceQuotaExceededException", "TooManyTargetGroups",
    "TooManyRules", "TooManyListeners", "TooManyLoadBalancers", "TooManyTags",
    "TooManyUniqueTargetGroupsPerLoadBalancer", "TargetGroupAssociationLimit",
}  # fmt: skip
_GONE = {
    "ResourceNotFoundException", "NotFoundException", "TargetGroupNotFound", "RuleNotFound",
    "ListenerNotFound", "LoadBalancerNotFound", "ServiceNotFoundException", "ClusterNotFoundException",
    "ServiceNotActiveException", "ObjectNotFoundException", "ParameterNotFound", "NoSuchBucket", "NoSuchKey",
}  # fmt: skip


def classify(error: Exception, what: str, *, writing: bool) -> CloudError:
    """The `CloudError` that stands for what boto3 raised; its text names the call and AWS's own words."""
    if isinstance(error, ClientError):
        return _answered(error, what, writing)
    if isinstance(error, ParamValidationError):
        return _coded(Stall("InvalidSpec", f"{what}: {error}"), "ParamValidation")
    if isinstance(error, (BotoCoreError, OSError)):
        lost = AnswerLost if writing else Retry
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
    return _coded(_of(code, words, status, text, writing), code)


def _of(code: str, words: str, status: int, text: str, writing: bool) -> CloudError:
    if code in _THROTTLED or status == 429:
        return Retry(text)
    if code in _DENIED or status == 403:
        return Stall("AccessDenied", text)
    if code in _THERE:
        return AlreadyThere(text)
    if code == "PriorityInUse":
        return Taken(text)
    if code in _BUSY:
        return NotYet(text)
    if code in _QUOTA:
        return Stall("QuotaExceeded", text)
    if code in _GONE or status == 404:
        return Gone(text)
    if code == "ConflictException":  # API Gateway: writes that meet, or a duplicate
        return Retry(text) if "concurrent modification" in words else AlreadyThere(text)
    if status >= 500:
        return AnswerLost(text) if writing else Retry(text)
    return Stall("InvalidSpec", text)
