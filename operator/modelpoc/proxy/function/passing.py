"""The built-in way to the model: body and content type in, the model's answer out."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from .answers import Answer, Problem
from .clients import Aws
from .deadline import Deadline
from .failures import problem_of, too_large, too_late
from .request import Request

MAX_BODY = 6_291_456
"""Bytes that InvokeEndpoint takes."""
MAX_ANSWER = 6_291_556
"""Bytes of a function's whole answer, as JSON: what is more fails in Lambda, without words."""
_NEAR = MAX_ANSWER // 6
"""Characters from which on it is worth counting: one can take six bytes, when it is escaped."""
_CHUNK = 1 << 16


def ask_model(request: Request, endpoint: str, aws: Aws) -> Answer:
    """The model's answer; Problem when there is none."""
    parameters = _parameters(request, endpoint)
    try:
        given = _invoke(parameters, request.deadline, aws)
        body = _read(given["Body"], request.deadline)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from error
    headers = {"content-type": given.get("ContentType") or "application/octet-stream"}
    return Answer(200, headers, body)


def _parameters(request: Request, endpoint: str) -> dict[str, Any]:
    body = request.body
    content_type = _content_type(request)
    if len(body) > MAX_BODY:
        raise too_large(f"{len(body)} bytes")
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            check_json(body)
        case "application/x-www-form-urlencoded":
            _check_form(body)
    parameters = {"EndpointName": endpoint, "Body": body, "ContentType": content_type}
    accept = request.headers.get("accept", "")
    # "Anything" is what browsers and curl say when nobody asked for something: left to the model.
    if accept and accept != "*/*" and _sendable(accept):
        parameters["Accept"] = accept
    return parameters


def _content_type(request: Request) -> str:
    content_type = request.headers.get("content-type", "").strip()
    if not content_type and request.plain:
        return "application/json"
    if not content_type or not _sendable(content_type):
        raise Problem(
            415,
            "MissingContentType",
            "the request does not say what its body is: send the header Content-Type, "
            "as in Content-Type: application/json",
        )
    return content_type


def _sendable(header: str) -> bool:
    """What InvokeEndpoint takes as ContentType and Accept."""
    return header.isascii() and header.isprintable() and len(header) <= 1024


def check_json(body: bytes) -> None:
    """Problem 400 when the body is not JSON: most models would just fail at it."""
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise Problem(
            400, "MalformedJson", f"the body is not JSON{where}; send JSON, or say what it is in Content-Type"
        ) from error


def _check_form(body: bytes) -> None:
    """Problem 415 when JSON comes as a form: curl says so of everything unless told otherwise."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return
    raise Problem(
        415,
        "WrongContentType",
        "the body is JSON, but the request says that it is a form: send the header Content-Type, "
        "as in curl -H 'Content-Type: application/json'",
    )


def _invoke(parameters: dict[str, Any], deadline: Deadline, aws: Aws) -> Any:
    """Asked once; once more only if no connection came about, as then nobody saw the request."""
    try:
        return aws.runtime(deadline.left()).invoke_endpoint(**parameters)
    except (ConnectTimeoutError, EndpointConnectionError):
        if deadline.passed:
            raise
        return aws.runtime(deadline.left()).invoke_endpoint(**parameters)


def _read(stream: Any, deadline: Deadline) -> bytes:
    """All of it: an answer that only trickles is held to the deadline too."""
    chunks: list[bytes] = []
    while chunk := stream.read(_CHUNK):
        if deadline.passed:
            raise too_late("the answer trickled")
        chunks.append(chunk)
    return b"".join(chunks)


def check_size(event: dict[str, Any]) -> None:
    """Problem 502 when Lambda would not carry the answer."""
    if len(event.get("body") or "") > _NEAR and _carried(event) > MAX_ANSWER:
        raise Problem(
            502,
            "AnswerTooLarge",
            "the model's answer is larger than the 6 MB that can be carried: ask for less",
        )


def _carried(event: dict[str, Any]) -> int:
    """Bytes, as Lambda's runtime writes JSON."""
    return len(json.dumps(event, ensure_ascii=False).encode(errors="replace"))
