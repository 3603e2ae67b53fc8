"""Answers, and problems as answers: what leaves the function, in payload format 2.0.

Source: "Create AWS Lambda proxy integrations for HTTP APIs", format of a function's response.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REQUEST_ID = "x-request-id"
_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Problem(Exception):
    """A request that gets no answer but an error: `code` for programs, the message for people.

    `detail` is for the log alone: account numbers and the like may be in it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.headers = {**(headers or {}), **({"retry-after": str(retry_after)} if retry_after else {})}

    def body(self, request_id: str) -> dict[str, Any]:
        """The one shape of every error."""
        return {"error": {"code": self.code, "message": self.message, "requestId": request_id}}


def json_answer(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """`content` as JSON."""
    body = json.dumps(content, ensure_ascii=False).encode(errors="replace")
    return Answer(status, {"content-type": "application/json", **(headers or {})}, body)


def problem_answer(problem: Problem, request_id: str) -> Answer:
    """A problem as an answer; nobody shall keep it."""
    headers = {"cache-control": "no-store", **problem.headers}
    return json_answer(problem.status, problem.body(request_id), headers)


def as_event(answer: Answer) -> dict[str, Any]:
    """What Lambda hands to the gateway: text as it is, everything else in base64."""
    text = _text(answer)
    return {
        "statusCode": answer.status,
        "headers": dict(answer.headers),
        "body": base64.b64encode(answer.body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }


def _text(answer: Answer) -> str | None:
    """The body as text, if the media type says that it is some and its bytes agree."""
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    compressed = "content-encoding" in answer.headers
    if answer.body and (compressed or not (media.startswith(_TEXTS) or media.endswith(("+json", "+xml")))):
        return None
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        return None
