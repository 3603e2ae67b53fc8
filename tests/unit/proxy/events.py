"""Events as an HTTP API makes them, an AWS that is not one, and the function around it."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from modelpoc.proxy.function.app import App
from modelpoc.proxy.function.clients import Aws
from modelpoc.proxy.function.settings import Cors, Settings
from modelpoc.proxy.openapi import Example, document

PATH = "/poc-deployment/object-counter"
NAME = "object-counter"
JSON = {"content-type": "application/json"}


def event(
    method: str = "POST",
    tail: str = "/predict",
    body: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> dict[str, Any]:
    """Bytes go in base64, as the gateway sends what is not text."""
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"ANY {PATH}/{{proxy+}}",
        "rawPath": f"{PATH}{tail}",
        "rawQueryString": "",
        "headers": {"host": "api.example.org", "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": {
            "domainName": "api.example.org",
            "http": {
                "method": method,
                "path": f"{PATH}{tail}",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
            },
            "requestId": "Id1=",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
            **context,
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if body is not None:
        made["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return made


@dataclass
class Context:
    """What Lambda tells a handler."""

    seconds: float = 29
    aws_request_id: str = "lambda-id"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def refusal(code: str, message: str = "no", status: int = 400, **more: Any) -> ClientError:
    """An error as boto3 raises it."""
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError({**response, **more}, "InvokeEndpoint")  # type: ignore[arg-type]


@dataclass
class FakeAws(Aws):
    """Answers in place of boto3's clients: `model` for InvokeEndpoint, `status` for DescribeEndpoint."""

    model: Callable[..., tuple[str | None, bytes]] = lambda **asked: (asked["ContentType"], asked["Body"])
    status: Callable[[], str] = lambda: "InService"
    asked: list[dict[str, Any]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    forgotten: int = 0
    described: int = 0

    def runtime(self, seconds: float) -> Any:
        self.seconds.append(seconds)
        return self

    def control(self, seconds: float) -> Any:
        return self

    def forget(self) -> None:
        self.forgotten += 1

    def invoke_endpoint(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        content_type, body = self.model(**asked)
        return {"Body": io.BytesIO(body), **({"ContentType": content_type} if content_type else {})}

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        self.described += 1
        return {"EndpointName": EndpointName, "EndpointStatus": self.status()}


@dataclass
class Function:
    """The function of one POC, and what it logged."""

    aws: FakeAws = field(default_factory=FakeAws)
    cors: Cors = field(default_factory=Cors)
    root: Path = Path("nowhere")
    own: str | None = None
    logged: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        described = document(NAME, path=PATH, examples=[Example("one", {"url": "https://example.org/1.png"})])
        settings = Settings(NAME, PATH, described, "endpoint-1", self.root, self.cors, self.own)
        self._app = App(settings, self.aws, lambda entry: self.logged.append(dict(entry)))

    def __call__(self, asked: Any, context: Any = None) -> Any:
        return self._app.answer(asked, context or Context())


def error_of(answer: Mapping[str, Any]) -> tuple[int, str, str]:
    """Status, code and message of an error that is as every error must be."""
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["isBase64Encoded"] is False
    error = json.loads(answer["body"])["error"]
    assert set(error) == {"code", "message", "requestId"}
    assert error["requestId"] == answer["headers"]["x-request-id"]
    assert error["code"].isalnum()
    assert error["code"][0].isupper()
    return answer["statusCode"], error["code"], error["message"]
