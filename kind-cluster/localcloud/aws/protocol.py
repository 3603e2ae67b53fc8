"""Requests into dicts and dicts into answers, by botocore's service models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from multidict import CIMultiDict

from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpAnswer, HttpRequest
from localcloud.aws.services import Asked

# What services of each protocol answer for a key they do not know.
_UNKNOWN_KEY = {"json": "UnrecognizedClientException", "rest-json": "UnrecognizedClientException"}
_S3_UNKNOWN_KEY = "InvalidAccessKeyId"


# Where AWS was seen to answer another status than its model says.
_SEEN_STATUS = {("apigatewayv2", "UpdateApi"): 201}


class _Watched(dict[str, str]):
    """Form values that remember which of them the parser asked for: the rest are unknown parameters."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        super().__init__(values)
        self.seen = {"Action", "Version", "SignatureVersion"}

    def get(self, key: str, default: Any = None) -> Any:
        self.seen.add(key)
        return super().get(key, default)

    def unknown(self) -> list[str]:
        return [key for key in self if key not in self.seen and not key.startswith("X-Amz-")]


def parse(asked: Asked, request: HttpRequest) -> tuple[dict[str, Any], list[str]]:
    """A request as a dict of botocore member names, and the parameters that the model does not know.

    JSON bodies are expected to be of the model's types already (`validate.body` sees to it).
    """
    if asked.operation.input_shape is None:
        return {}, []
    watched = _Watched(request.form.items(multi=True)) if asked.protocol in ("query", "ec2") else None
    parser = PROTOCOL_PARSERS[asked.protocol](asked.operation)
    wire: Any = {
        "body": request.body,
        "headers": CIMultiDict(request.headers),
        "method": request.method,
        "url_params": asked.labels,
        "url_path": request.path,
        "values": request.query if watched is None else watched,
    }
    parsed = parser.parse(wire)
    return _given(asked, parsed or {}), watched.unknown() if watched is not None else []


def json_body(request: HttpRequest) -> Any:
    """The JSON of a request's body; {} for none. Raises `AwsError` SerializationException."""
    if not request.body:
        return {}
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise AwsError("SerializationException", "The request body is not valid JSON.") from error


def answer(asked: Asked, result: Mapping[str, Any], request_id: str) -> HttpAnswer:
    """An operation's result in its protocol's form."""
    serializer = get_serializer_class(asked.service, asked.protocol)
    made = serializer(asked.operation, context=SerializationContext(request_id)).serialize(dict(result))
    body = made["body"]
    given = {**made["headers"], **_given_type(asked, result)}
    headers = (*given.items(), ("x-amzn-RequestId", request_id))
    status = _SEEN_STATUS.get((asked.service, asked.name), _given_status(asked, result, made["status_code"]))
    return HttpAnswer(status, headers, body if isinstance(body, bytes) else body.encode())


def _given_type(asked: Asked, result: Mapping[str, Any]) -> dict[str, str]:
    """The content type that a result itself gives: moto puts the protocol's own over it."""
    shape = asked.operation.output_shape
    members = shape.members.items() if shape is not None else ()
    given = (result.get(name) for name, m in members if m.serialization.get("name") == "Content-Type")
    return next(({"Content-Type": str(kind)} for kind in given if kind), {})


def _given_status(asked: Asked, result: Mapping[str, Any], otherwise: int) -> int:
    """The status that a result itself gives, where the model has a member for it."""
    shape = asked.operation.output_shape
    members = shape.members.items() if shape is not None else ()
    given = (result.get(name) for name, m in members if m.serialization.get("location") == "statusCode")
    return next((int(status) for status in given if status is not None), otherwise)


def refusal(service: str, protocol: str, error: AwsError, request_id: str) -> HttpAnswer:
    """A refusal in its protocol's form; a status of 400 gives way to the model's own for that code."""
    code = _code(service, protocol, error.code)
    status = _statuses(service).get(code, 400) if error.status == 400 else error.status
    head = ("x-amzn-RequestId", request_id)
    if protocol in ("query", "ec2", "rest-xml"):
        body = _xml_error(service, protocol, code, error.message, request_id, status)
        return HttpAnswer(status, (head, ("Content-Type", "text/xml")), body.encode())
    kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
    text = json.dumps({"__type": code, "message": error.message, **error.members})
    return HttpAnswer(status, (head, ("Content-Type", kind), ("x-amzn-ErrorType", code)), text.encode())


def _code(service: str, protocol: str, code: str) -> str:
    if code != "InvalidClientTokenId":
        return code
    return _S3_UNKNOWN_KEY if service == "s3" else _UNKNOWN_KEY.get(protocol, code)


def _xml_error(service: str, protocol: str, code: str, message: str, request_id: str, status: int) -> str:
    fault = "Sender" if status < 500 else "Receiver"
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "s3":
        return f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    if protocol == "ec2":
        errors = f"<Errors><Error>{inner}</Error></Errors>"
        return f"<Response>{errors}<RequestID>{request_id}</RequestID></Response>"
    error = f"<Error><Type>{fault}</Type>{inner}</Error>"
    return f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"


@cache
def _statuses(service: str) -> Mapping[str, int]:
    statuses = {}
    for shape in get_service_model(service).error_shapes:
        about = shape.metadata.get("error", {})
        statuses[about.get("code", shape.name)] = about.get("httpStatusCode", 400)
    return statuses


def _given(asked: Asked, parsed: dict[str, Any]) -> dict[str, Any]:
    """Only what was sent: the REST parser gives None and [] for what the path and query lack."""
    members = asked.operation.input_shape.members
    return {
        name: value
        for name, value in parsed.items()
        if value is not None
        and not (value in ([], {}) and members[name].serialization.get("location") is not None)
    }
