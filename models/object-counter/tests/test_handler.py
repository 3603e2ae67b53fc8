"""The POC's own handler against a stand-in of SageMaker's runtime: the real boto3, over loopback."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from conftest import broken_pipes_ignored, reply

import handler

ANSWER = {"probabilities": {"1": 0.02, "2": 0.05, "3": 0.81, "4": 0.1, "5": 0.02}, "count": 3}
# As AWS's console and the seed write it: JSON in a text in JSON.
SEED_EVENT = {"body": '{\n  "url": "https://aft-vbi-pds.s3.amazonaws.com/bin-images/10460.jpg"\n}'}


@dataclass
class Runtime:
    """What the endpoint is to answer, and what it was asked."""

    status: int = 200
    body: bytes = json.dumps(ANSWER).encode()
    error: str = ""
    slow: float = 0
    asked: list[dict[str, Any]] = field(default_factory=list)


class Context:
    """Of Lambda's, what the handler looks at."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@pytest.fixture
def runtime(serve: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> Runtime:
    runtime = Runtime()
    handler._client.cache_clear()

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        heads = {
            "path": request.path,
            "type": request.headers["Content-Type"],
            "accept": request.headers["Accept"],
        }
        runtime.asked.append({**heads, "body": body})
        if runtime.slow:
            time.sleep(runtime.slow)
        error = {"x-amzn-ErrorType": runtime.error} if runtime.error else {}
        with broken_pipes_ignored():
            reply(request, runtime.status, runtime.body, {"Content-Type": "application/json", **error})

    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{serve(answer)}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("ENDPOINT_NAME", "the-endpoint")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return runtime


def test_the_seeds_event_gets_the_seeds_answer_key_for_key(runtime: Runtime) -> None:
    runtime.body = json.dumps({"probabilities": {"1": 0.9, "2": 0.1}, "count": 1}).encode()
    assert handler.lambda_handler(SEED_EVENT, None) == {
        "statusCode": 200,
        "headers": {"Content-Type": "text/plain", "Access-Control-Allow-Origin": "*"},
        "body": "Most likely answer: there is 1 object(s) in the bin",
    }
    (asked,) = runtime.asked
    assert asked["path"] == "/endpoints/the-endpoint/invocations"
    assert asked["type"] == asked["accept"] == "application/json"
    assert asked["body"] == SEED_EVENT["body"].encode()


def test_an_http_apis_event_is_passed_on_with_its_type(runtime: Runtime, picture: bytes) -> None:
    event = {
        "version": "2.0",
        "headers": {"Content-TYPE": "image/png"},
        "body": base64.b64encode(picture).decode(),
        "isBase64Encoded": True,
    }
    assert handler.lambda_handler(event, Context(10))["body"].endswith("there is 3 object(s) in the bin")
    assert (runtime.asked[0]["type"], runtime.asked[0]["body"]) == ("image/png", picture)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({}, "empty"),
        ({"body": ""}, "empty"),
        ({"body": None}, "empty"),
        ({"body": {"url": "x"}}, "empty"),
        ({"body": "!", "isBase64Encoded": True}, "base64"),
    ],
)
def test_an_event_without_a_body_is_refused_in_words(runtime: Runtime, event: Any, words: str) -> None:
    answer = handler.lambda_handler(event, Context(10))
    assert answer["statusCode"] == 400
    assert answer["headers"] == {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    assert words in json.loads(answer["body"])["error"]["message"]
    assert runtime.asked == []


def test_what_the_runtime_refuses_is_left_to_the_caller_and_not_asked_twice(runtime: Runtime) -> None:
    runtime.status, runtime.error = 424, "ModelError"
    runtime.body = json.dumps({"Message": "no", "OriginalStatusCode": 400, "OriginalMessage": "bad"}).encode()
    with pytest.raises(ClientError) as raised:
        handler.lambda_handler(SEED_EVENT, Context(10))
    assert raised.value.response["OriginalStatusCode"] == 400  # type: ignore[typeddict-item]
    assert len(runtime.asked) == 1


def test_it_gives_up_while_there_is_time_left_to_say_so(runtime: Runtime) -> None:
    runtime.slow = 2.5
    began = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        handler.lambda_handler(SEED_EVENT, Context(2.2))
    assert time.monotonic() - began < 2.2
    assert len(runtime.asked) == 1


def test_a_client_serves_many_requests(runtime: Runtime) -> None:
    for seconds in (10.0, 10.2, 10.4):
        assert handler.lambda_handler(SEED_EVENT, Context(seconds))["statusCode"] == 200
    assert handler._client.cache_info().misses == 1
    assert len(runtime.asked) == 3
