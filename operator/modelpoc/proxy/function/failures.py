"""What went wrong on the way to the model, as the problem to tell.

Source of the error codes: the InvokeEndpoint API reference. Their messages carry account numbers and ARNs,
so they go to the log; what the model itself says of a bad request goes to whoever asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore import exceptions as boto

from .answers import Problem

BUSY_S, BACK_SOON_S, DEPLOYING_S = 1, 5, 30
MAX_MESSAGE = 2000
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
_UNAVAILABLE = {
    "ModelNotReadyException",
    "InternalDependencyException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "InternalFailure",
    "InternalServerError",
}
_TOO_LARGE = re.compile(r"length less than or equal|too large|exceed|size limit", re.IGNORECASE)
_MISSING = re.compile(r"not found|could not find|does not exist", re.IGNORECASE)
_NOT_SERVING = re.compile(r"in ?service|endpoint status|not ready|being (created|updated)", re.IGNORECASE)
_TIMED_OUT = "invocation timed out"
"""What SageMaker says, with status 0, when the container took its whole minute."""
_ARN = re.compile(r"arn:aws[a-z-]*:[^\s\"',;]+")


def problem_of(error: BaseException) -> Problem | None:
    """For what boto raises; None for what is not from there."""
    match error:
        case boto.ClientError():
            return _refused(error)
        case boto.ReadTimeoutError():
            return too_late(repr(error))
        case boto.ConnectTimeoutError() | boto.EndpointConnectionError():
            return _unavailable("EndpointUnreachable", "SageMaker could not be reached", repr(error))
        case boto.HTTPClientError():
            # Not "try again": the model may have seen the request.
            return Problem(
                502,
                "ConnectionLost",
                "the connection to the model broke before it answered",
                detail=repr(error),
            )
        case _:
            return None


def too_late(detail: str = "") -> Problem:
    """The model, or the POC's own handler, took longer than there is time for."""
    return Problem(
        504,
        "DeadlineExceeded",
        "the model did not answer in time: send less at once, or try again when it is less busy",
        detail=detail,
    )


def too_large(detail: str = "") -> Problem:
    """More than SageMaker takes."""
    return Problem(
        413,
        "PayloadTooLarge",
        "the body is larger than the endpoint takes (6 MB, or 4 MB if it is serverless): send less",
        detail=detail,
    )


def _refused(error: boto.ClientError) -> Problem:
    response: Mapping[str, Any] = error.response
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code == "ModelError":
        return _model_error(response, str(error))
    if code in _THROTTLED:
        return Problem(
            429,
            "TooManyRequests",
            "the endpoint has more requests than it takes now: wait a little and try again",
            retry_after=BUSY_S,
            detail=str(error),
        )
    if code in _UNAVAILABLE:
        return _unavailable("EndpointUnavailable", "the endpoint cannot take requests now", str(error))
    if code in {"ValidationError", "ValidationException"}:
        return _not_valid(str(error))
    if code in {"413", "RequestEntityTooLarge"} or status == 413:
        return too_large(str(error))
    return _unexpected(code, str(error))


def _model_error(response: Mapping[str, Any], detail: str) -> Problem:
    status = response.get("OriginalStatusCode")
    said = str(response.get("OriginalMessage") or "")
    detail = f"{detail}; the model said: {said}"
    if isinstance(status, int) and 400 <= status <= 499:
        return Problem(status, "ModelRefused", said_by_model(said), detail=detail)
    if not status and _TIMED_OUT in detail.lower():
        return too_late(detail)
    return Problem(
        502,
        "ModelFailed",
        "the model failed at this request: check what you sent against …/docs; "
        "its log tells more to whoever runs it",
        detail=detail,
    )


def said_by_model(said: str) -> str:
    """The model's own words, out of the JSON they may come in; no ARN, no traceback, no novel."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        found = said
    if isinstance(found, Mapping):
        keys = (key for key in ("message", "error", "detail", "title") if isinstance(found.get(key), str))
        found = found.get(next(keys, ""), said)
    words = found.strip() if isinstance(found, str) else said.strip()
    if not words or "Traceback (most recent call last)" in words:
        return "the model refused this request: check what you sent against …/docs"
    return _ARN.sub("(an AWS resource)", words)[:MAX_MESSAGE]


def _not_valid(detail: str) -> Problem:
    if _TOO_LARGE.search(detail):
        return too_large(detail)
    if _MISSING.search(detail):
        return Problem(
            503,
            "EndpointNotFound",
            "the model's endpoint is not there: it is being deployed, or it is gone; see …/health",
            retry_after=DEPLOYING_S,
            detail=detail,
        )
    if _NOT_SERVING.search(detail):
        return _unavailable("EndpointNotInService", "the model's endpoint does not serve now", detail)
    return Problem(
        400,
        "InvalidRequest",
        "SageMaker does not take this request: check its content type and its body",
        detail=detail,
    )


def _unavailable(code: str, what: str, detail: str) -> Problem:
    message = f"{what}: try again in a few seconds; …/health tells when it serves"
    return Problem(503, code, message, retry_after=BACK_SOON_S, detail=detail)


def _unexpected(code: str, detail: str) -> Problem:
    denied = "denied" in code.lower() or "token" in code.lower() or "signature" in code.lower()
    message = (
        "the function may not ask the endpoint: whoever runs it must look at its role"
        if denied
        else "the endpoint could not be asked: whoever runs it finds the cause in the function's log"
    )
    return Problem(500, "NotPermitted" if denied else "InternalError", message, detail=detail)
