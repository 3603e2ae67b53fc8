"""Whether the endpoint serves, in SageMaker's words and in plain ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .answers import Answer, Problem, json_answer
from .clients import Aws

KEEP_S = 2.0
"""DescribeEndpoint has a rate for the whole account: one question for all who ask meanwhile."""
ASK_S = 3.0
SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})
"""While it is updated, maintained or rolled back, an endpoint goes on with what it had; after a rollback that
failed, "your endpoint is in service with a mix" of both ("DescribeEndpoint", EndpointStatus)."""
MISSING = "Missing"
_WORDS = {
    "Creating": "the endpoint is being made: that takes some minutes",
    "Deleting": "the endpoint is being taken away",
    "Failed": "the endpoint failed: whoever runs the model finds the reason in its status",
    "OutOfService": "the endpoint is out of service: whoever runs the model must look at it",
    MISSING: "the endpoint is not there: it is being deployed, or it is gone",
}


@dataclass(frozen=True)
class _Seen:
    status: str
    at: float


class Health:
    """Asks SageMaker, at most once in two seconds."""

    def __init__(self, endpoint: str, aws: Aws) -> None:
        self._endpoint = endpoint
        self._aws = aws
        self._seen: _Seen | None = None

    def answer(self, request_id: str) -> Answer:
        """200 when it serves, else 503 with the state."""
        status = self._status()
        fresh = {"cache-control": "no-store"}
        if status in SERVING:
            return json_answer(200, {"status": "ok", "endpoint": status}, fresh)
        words = _WORDS.get(status, "the endpoint does not serve now")
        problem = Problem(503, f"Endpoint{status}", f"{words}; ask again in a few seconds", retry_after=5)
        body = {"status": "unavailable", "endpoint": status, **problem.body(request_id)}
        return json_answer(503, body, {**fresh, **problem.headers})

    def _status(self) -> str:
        now = time.monotonic()
        if self._seen is None or now - self._seen.at > KEEP_S:
            self._seen = _Seen(self._ask(), now)
        return self._seen.status

    def _ask(self) -> str:
        try:
            found: dict[str, Any] = self._aws.control(ASK_S).describe_endpoint(EndpointName=self._endpoint)
        except (BotoCoreError, ClientError) as error:
            if _is_missing(error):
                return MISSING
            raise Problem(
                503,
                "HealthUnknown",
                "SageMaker does not say how the endpoint is: ask again in a few seconds",
                retry_after=5,
                detail=repr(error),
            ) from error
        return str(found["EndpointStatus"])


def _is_missing(error: BotoCoreError | ClientError) -> bool:
    """Not found is a ValidationException; the message tells."""
    if not isinstance(error, ClientError):
        return False
    return error.response["Error"]["Code"].startswith("Validation") and "could not find" in str(error).lower()
