"""POST …/predict through the built-in way: what reaches the model, and what comes back."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from tests.unit.proxy.events import JSON, Context, FakeAws, Function, error_of, event, refusal

pytestmark = pytest.mark.unit

ACCOUNT = "123456789012"
ARN = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/endpoint-1"
PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


def raising(error: BaseException) -> FakeAws:
    def model(**asked: Any) -> tuple[str, bytes]:
        raise error

    return FakeAws(model=model)


def answering(content_type: str | None, body: bytes) -> FakeAws:
    return FakeAws(model=lambda **asked: (content_type, body))


def test_body_and_content_type_reach_the_model_as_they_are() -> None:
    aws = FakeAws()
    Function(aws)(event(body='{"url": "ü"}', headers={"content-type": "application/json; charset=utf-8"}))
    (asked,) = aws.asked
    assert asked == {
        "EndpointName": "endpoint-1",
        "Body": '{"url": "ü"}'.encode(),
        "ContentType": "application/json; charset=utf-8",
    }


def test_a_picture_reaches_the_model_as_its_bytes() -> None:
    aws = FakeAws()
    Function(aws)(event(body=PNG, headers={"content-type": "image/png"}))
    assert (aws.asked[0]["Body"], aws.asked[0]["ContentType"]) == (PNG, "image/png")


@pytest.mark.parametrize(
    ("accept", "sent"), [("text/csv", "text/csv"), ("*/*", None), ("", None), ("é", None)]
)
def test_what_is_accepted_is_passed_on_unless_it_is_anything(accept: str, sent: str | None) -> None:
    aws = FakeAws()
    Function(aws)(event(body="{}", headers={**JSON, "accept": accept}))
    assert aws.asked[0].get("Accept") == sent


def test_custom_attributes_of_strangers_do_not_reach_sagemaker() -> None:
    aws = FakeAws()
    Function(aws)(event(body="{}", headers={**JSON, "x-amzn-sagemaker-custom-attributes": "c=1"}))
    assert "CustomAttributes" not in aws.asked[0]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"a": 1}'),
        ("text/plain", "drei Stück".encode()),
        ("application/problem+json", b"{}"),
    ],
)
def test_text_comes_back_as_text(content_type: str, body: bytes) -> None:
    answer = Function(answering(content_type, body))(event(body="{}", headers=JSON))
    assert answer["statusCode"] == 200
    assert (answer["headers"]["content-type"], answer["body"]) == (content_type, body.decode())
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert answer["headers"]["x-request-id"] == "Id1="


@pytest.mark.parametrize(
    ("content_type", "body"), [("image/png", PNG), ("text/plain", b"\xff\xfe"), (None, b"abc")]
)
def test_everything_else_comes_back_in_base64(content_type: str | None, body: bytes) -> None:
    answer = Function(answering(content_type, body))(event(body="{}", headers=JSON))
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == body
    assert answer["headers"]["content-type"] == (content_type or "application/octet-stream")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (event(body="", headers=JSON), 400, "MissingBody"),
        (event(body=None, headers=JSON), 400, "MissingBody"),
        (event(body='{"url": ', headers=JSON), 400, "MalformedJson"),
        (event(body="[" * 100_000, headers=JSON), 400, "MalformedJson"),
        (event(body=b"\xff\xfe{", headers=JSON), 400, "MalformedJson"),
        ({**event(body="%%%", headers=JSON), "isBase64Encoded": True}, 400, "MalformedBody"),
        (event(body="{}"), 415, "MissingContentType"),
        (
            event(body=b'{"a": 1}', headers={"content-type": "application/x-www-form-urlencoded"}),
            415,
            "WrongContentType",
        ),
        (event(body="{}", headers={"content-type": "  "}), 415, "MissingContentType"),
        (event(body="{}", headers={"content-type": "text/plain; a=é"}), 415, "MissingContentType"),
        (event(body="x" * 6_291_457, headers={"content-type": "text/csv"}), 413, "PayloadTooLarge"),
        (event(body=b"x" * 6_291_457, headers={"content-type": "image/png"}), 413, "PayloadTooLarge"),
    ],
)
def test_a_bad_request_does_not_reach_the_model(asked: dict[str, Any], status: int, code: str) -> None:
    aws = FakeAws()
    assert error_of(Function(aws)(asked))[:2] == (status, code)
    assert aws.asked == []


def test_a_real_form_reaches_the_model() -> None:
    aws = FakeAws()
    Function(aws)(event(body=b"a=1&b=2", headers={"content-type": "application/x-www-form-urlencoded"}))
    assert aws.asked[0]["Body"] == b"a=1&b=2"


def test_malformed_json_is_told_with_its_place() -> None:
    _, _, message = error_of(Function()(event(body='{\n  "url": }', headers=JSON)))
    assert "line 2 column 10" in message


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (
            refusal("ModelError", "Received server error (500) …", 424, OriginalStatusCode=500),
            502,
            "ModelFailed",
            None,
        ),
        (
            refusal("ModelError", "Your invocation timed out while waiting", 424, OriginalStatusCode=0),
            504,
            "DeadlineExceeded",
            None,
        ),
        (
            refusal(
                "ModelError", "m", 424, OriginalStatusCode=500, OriginalMessage="db: invocation timed out"
            ),
            502,
            "ModelFailed",
            None,
        ),
        (refusal("ModelNotReadyException", status=429), 503, "EndpointUnavailable", "5"),
        (refusal("InternalDependencyException", status=530), 503, "EndpointUnavailable", "5"),
        (refusal("ServiceUnavailable", status=503), 503, "EndpointUnavailable", "5"),
        (refusal("ThrottlingException", "Rate exceeded"), 429, "TooManyRequests", "1"),
        (
            refusal("ValidationError", f"Endpoint endpoint-1 of account {ACCOUNT} not found."),
            503,
            "EndpointNotFound",
            "30",
        ),
        (refusal("ValidationError", f"Endpoint {ARN} is not InService"), 503, "EndpointNotInService", "5"),
        (
            refusal("ValidationError", "Value at 'body' … length less than or equal to 6291456"),
            413,
            "PayloadTooLarge",
            None,
        ),
        (refusal("413", "Request Entity Too Large", 413), 413, "PayloadTooLarge", None),
        (
            refusal("ValidationError", "Value at 'accept' failed to satisfy constraint"),
            400,
            "InvalidRequest",
            None,
        ),
        (refusal("AccessDeniedException", f"User: {ARN} is not authorized"), 500, "NotPermitted", None),
        (refusal("SomethingNew", ARN), 500, "InternalError", None),
        (ReadTimeoutError(endpoint_url=ARN), 504, "DeadlineExceeded", None),
        (ConnectionClosedError(endpoint_url=ARN), 502, "ConnectionLost", None),
        (NoCredentialsError(), 500, "InternalError", None),
        (ZeroDivisionError(ARN), 500, "InternalError", None),
    ],
)
def test_what_goes_wrong_behind_is_told_in_words(
    error: Exception, status: int, code: str, retry: str | None
) -> None:
    function = Function(raising(error))
    answer = function(event(body="{}", headers=JSON))
    assert error_of(answer)[:2] == (status, code)
    assert answer["headers"].get("retry-after") == retry
    assert answer["headers"]["cache-control"] == "no-store"
    assert ACCOUNT not in json.dumps(answer), "only the log may name the account"
    assert len(function.aws.asked) == 1, "no prediction is asked for twice"
    assert function.logged[-1]["code"] == code


@pytest.mark.parametrize("status", [400, 404, 415, 422, 499])
def test_the_models_own_refusals_pass_through(status: int) -> None:
    said = json.dumps({"error": f"url: no such picture at {ARN}"})
    error = refusal(
        "ModelError", "Received client error", 424, OriginalStatusCode=status, OriginalMessage=said
    )
    found, code, message = error_of(Function(raising(error))(event(body="{}", headers=JSON)))
    assert (found, code) == (status, "ModelRefused")
    assert message == "url: no such picture at (an AWS resource)"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("plain words", "plain words"),
        ('{"detail": [{"loc": ["url"]}]}', '{"detail": [{"loc": ["url"]}]}'),
        ('{"message": "m", "detail": "d"}', "m"),
        ("", "the model refused this request: check what you sent against …/docs"),
        (
            "Traceback (most recent call last):\n  File …",
            "the model refused this request: check what you sent against …/docs",
        ),
        ("[" * 100_000, "[" * 2000),
    ],
)
def test_the_models_words_are_found_in_what_it_says(said: str, told: str) -> None:
    error = refusal("ModelError", "Received client error", 424, OriginalStatusCode=400, OriginalMessage=said)
    assert error_of(Function(raising(error))(event(body="{}", headers=JSON)))[2] == told


def test_a_failing_models_words_go_to_the_log_only() -> None:
    error = refusal("ModelError", "boom", 424, OriginalStatusCode=500, OriginalMessage="Traceback: secret")
    function = Function(raising(error))
    assert "secret" not in json.dumps(function(event(body="{}", headers=JSON)))
    assert "secret" in function.logged[-1]["detail"]
    assert function.logged[-1]["level"] == "error"


@pytest.mark.parametrize("error", [ConnectTimeoutError, EndpointConnectionError])
def test_a_connection_that_never_came_about_is_tried_once_more(error: type[Exception]) -> None:
    aws = FakeAws()

    def model(**asked: Any) -> tuple[str, bytes]:
        if len(aws.asked) == 1:
            raise error(endpoint_url="https://runtime")  # type: ignore[call-arg]
        return "text/plain", b"there"

    aws.model = model
    assert Function(aws)(event(body="{}", headers=JSON))["body"] == "there"
    aws = raising(error(endpoint_url="https://runtime"))  # type: ignore[call-arg]
    assert error_of(Function(aws)(event(body="{}", headers=JSON)))[:2] == (503, "EndpointUnreachable")
    assert len(aws.asked) == 2


def test_a_model_slower_than_the_functions_time_is_not_waited_for() -> None:
    def model(**asked: Any) -> tuple[str, bytes]:
        time.sleep(60)
        return "text/plain", b"late"

    function = Function(FakeAws(model=model))
    began = time.monotonic()
    answer = function(event(body="{}", headers=JSON), Context(seconds=0.4))
    assert error_of(answer)[:2] == (504, "DeadlineExceeded")
    assert time.monotonic() - began < 30
    assert function.aws.forgotten == 1, "a client half way through an answer must not be used again"


def test_an_answer_that_only_trickles_is_not_waited_for() -> None:
    class Trickle:
        def read(self, size: int) -> bytes:
            time.sleep(0.05)
            return b"."

    class Trickling(FakeAws):
        def invoke_endpoint(self, **asked: Any) -> dict[str, Any]:
            return {"Body": Trickle(), "ContentType": "text/plain"}

    function, asked = Function(Trickling()), event(body="{}", headers=JSON)
    # In another thread no signal interrupts it.
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(function, asked, Context(seconds=0.4)).result(60)
    assert error_of(answer)[:2] == (504, "DeadlineExceeded")


def test_the_gateways_patience_counts_from_when_it_took_the_request() -> None:
    function = Function()
    began = time.time()
    taken = int((began - 20) * 1000)
    function(event(body="{}", headers=JSON, timeEpoch=taken), Context(seconds=29))
    function(event(body="{}", headers=JSON), Context(seconds=29))
    function(event(body="{}", headers=JSON, timeEpoch=12), Context(seconds=29))
    function(event(body="{}", headers=JSON), Context(seconds=3))
    took = time.time() - began
    for left, most in zip(function.aws.seconds, [9, 28.5, 28.5, 2.5], strict=True):
        assert most - took - 0.01 <= left <= most + 0.01


def test_an_answer_too_large_for_lambda_is_told() -> None:
    answer = Function(answering("image/png", b"x" * 5_000_000))(event(body="{}", headers=JSON))
    assert error_of(answer)[:2] == (502, "AnswerTooLarge")
    assert (
        Function(answering("image/png", b"x" * 4_500_000))(event(body="{}", headers=JSON))["statusCode"]
        == 200
    )


def test_a_plain_invoke_goes_straight_to_the_model_as_json() -> None:
    aws = FakeAws()
    answer = Function(aws)({"body": '{\n  "url": "https://example.org/10460.jpg"\n}'})
    assert (answer["statusCode"], json.loads(answer["body"])) == (
        200,
        {"url": "https://example.org/10460.jpg"},
    )
    assert aws.asked[0]["ContentType"] == "application/json"
    assert answer["headers"]["x-request-id"] == "lambda-id"
    Function(aws)({"body": {"url": "u"}})
    assert json.loads(aws.asked[1]["Body"]) == {"url": "u"}
    assert error_of(Function(aws)({"url": "u"}))[:2] == (400, "MissingBody")


def test_the_log_says_how_each_request_went_and_nothing_of_what_was_sent() -> None:
    function = Function()
    function(event(body='{"secret": 1}', headers={**JSON, "authorization": "Bearer t"}))
    (entry,) = function.logged
    assert {"level": "info", "method": "POST", "status": 200, "requestId": "Id1="}.items() <= entry.items()
    assert "secret" not in json.dumps(entry)
    assert "Bearer" not in json.dumps(entry)
