"""The OpenAPI document of a POC behind the built-in function. Pure.

Source: OpenAPI Specification 3.1.0. The function adds `servers` when it is asked for the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

VERSION = "3.1.0"
_TAG = "model"
_ERRORS = {
    "400": ("The request is malformed.", "Look at what the message says about the body, and send it again."),
    "413": ("The body is too large: SageMaker takes 6 MB, serverless endpoints 4 MB.", "Send less."),
    "415": ("The request does not say what its body is.", "Send the header Content-Type."),
    "429": ("More requests than the endpoint takes now.", "Try again after `Retry-After` seconds."),
    "500": ("The function failed.", "Tell whoever runs the model the request's id."),
    "502": ("The model failed at this request.", "Tell whoever runs the model the request's id."),
    "503": ("The endpoint does not serve now.", "Try again after `Retry-After` seconds; see /health."),
    "504": ("The model took too long.", "Try again, or send less at once."),
}
_PASSED = "Body and content type go to the model as they are, and its answer comes back so."
_OWN = "A handler of the model's own asks the endpoint and gives the answer."
_SERVES = {
    "type": "object",
    "required": ["status", "endpoint"],
    "properties": {"status": {"const": "ok"}, "endpoint": {"type": "string", "examples": ["InService"]}},
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "requestId"],
            "properties": {
                "code": {"type": "string", "description": "What went wrong, in one word."},
                "message": {"type": "string", "description": "What went wrong, and what to do."},
                "requestId": {"type": "string", "description": "The same as in the header x-request-id."},
            },
        }
    },
}


@dataclass(frozen=True)
class Example:
    """A request body to try the model with."""

    name: str
    body: Any
    """Any JSON value, or text for other media types."""
    content_type: str = "application/json"


def document(
    name: str,
    *,
    path: str,
    description: str = "",
    examples: Iterable[Example] = (),
    version: str = "1",
    own: bool = False,
) -> dict[str, Any]:
    """What `<path>/openapi.json` shows for the POC called `name`: predict, health and docs.

    `own`: a handler of the POC's own answers.
    """
    return {
        "openapi": VERSION,
        "info": {"title": name, "version": version, "description": description or _about(name, path)},
        "paths": {
            "/predict": {"post": _predict(tuple(examples), own)},
            "/health": {"get": _health()},
            "/docs": {"get": _docs()},
        },
        "components": {"schemas": {"Error": _ERROR}},
    }


def _about(name: str, path: str) -> str:
    return f"The model {name} behind a SageMaker endpoint. Its answers come from `POST {path}/predict`."


def _predict(examples: tuple[Example, ...], own: bool) -> dict[str, Any]:
    return {
        "tags": [_TAG],
        "operationId": "predict",
        "summary": "Ask the model",
        "description": _OWN if own else _PASSED,
        "requestBody": {"required": True, "content": _bodies(examples)},
        "responses": {
            "200": {"description": "The model's answer, in its own media type.", "content": {"*/*": {}}},
            **{status: _failure(status) for status in _ERRORS},
        },
    }


def _bodies(examples: tuple[Example, ...]) -> dict[str, Any]:
    """Without an example nobody knows what the model reads: JSON is the most likely."""
    types = dict.fromkeys(example.content_type for example in examples) or {"application/json": None}
    return {content_type: _body(content_type, examples) for content_type in types}


def _body(content_type: str, examples: tuple[Example, ...]) -> dict[str, Any]:
    named = {e.name: {"value": e.body} for e in examples if e.content_type == content_type}
    return {"schema": {}, "examples": named} if named else {"schema": {}}


def _health() -> dict[str, Any]:
    return {
        "tags": [_TAG],
        "operationId": "health",
        "summary": "Whether the endpoint serves",
        "responses": {
            "200": {"description": "It serves.", "content": _json(_SERVES)},
            "503": _failure("503"),
        },
    }


def _docs() -> dict[str, Any]:
    page = {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}
    return {"tags": [_TAG], "operationId": "docs", "summary": "This page", "responses": {"200": page}}


def _failure(status: str) -> dict[str, Any]:
    what, cure = _ERRORS[status]
    answer: dict[str, Any] = {
        "description": f"{what} {cure}",
        "headers": {"x-request-id": _header("The request's id.")},
        "content": _json({"$ref": "#/components/schemas/Error"}),
    }
    if status in ("429", "503"):
        answer["headers"]["Retry-After"] = _header("Seconds to wait.")
    return answer


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}}
