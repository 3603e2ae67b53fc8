"""Answers `POST …/predict`: asks the endpoint what it counts, and says it in a sentence.

Needs nothing but boto3, which Lambda's Python has; `ENDPOINT_NAME` says whom to ask. What boto3 raises is
left to whoever called: the POC's function makes a clear answer of it.
"""

import base64
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

CORS = {"Access-Control-Allow-Origin": "*"}
# Seconds kept back to say that it took too long, and what the gateway's 30 leave.
MARGIN, LONGEST = 1.0, 28.0


class Refused(Exception):
    """The request cannot be passed on."""


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """From an HTTP API's event (payload 2.0), or just `{"body": …}`, to an HTTP answer."""
    try:
        body = _body(event)
    except Refused as refused:
        document = {"error": {"code": "InvalidRequest", "message": str(refused)}}
        return _answer(400, "application/json", json.dumps(document))
    asked = _runtime(context).invoke_endpoint(
        EndpointName=os.environ["ENDPOINT_NAME"],
        Body=body,
        ContentType=_content_type(event),
        Accept="application/json",
    )
    odds: dict[str, float] = json.loads(asked["Body"].read())["probabilities"]
    number = max(odds, key=lambda count: odds[count])
    return _answer(200, "text/plain", f"Most likely answer: there is {number} object(s) in the bin")


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not isinstance(body, str) or not body:
        raise Refused('the body is empty: send {"url": "https://…"}, or a picture with its content type')
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError as error:
        raise Refused("the body is not valid base64") from error


def _content_type(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return headers.get("content-type") or "application/json"


def _runtime(context: Any) -> Any:
    """A client that gives up while there is still time to say so."""
    left = context.get_remaining_time_in_millis() / 1000 - MARGIN if context else LONGEST
    return _client(max(1, int(min(LONGEST, left))))


@lru_cache(maxsize=8)
def _client(seconds: int) -> Any:
    """Asks once only. Making one takes longer than most requests: they are kept, by whole seconds."""
    retries: Any = {"total_max_attempts": 1}
    config = Config(connect_timeout=min(2, seconds), read_timeout=seconds, retries=retries)
    return boto3.client("sagemaker-runtime", config=config)


def _answer(status: int, content_type: str, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": content_type, **CORS}, "body": body}
