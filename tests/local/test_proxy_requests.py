"""Requests as the world sends them, through the gateway and the function to an endpoint and back.

What AWS's own limits stop before (10 MB, 6 MB, 30 s), the gateway answers by itself: `{"message": …}`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.local.proxy_world import Answer, Poc, ProxyWorld, until

pytestmark = pytest.mark.local

MB = 1024 * 1024
LOADING_S = 3
SEED_EVENT = {"body": '{\n  "url": "https://example.org/10460.jpg"\n}'}
SEED_ANSWER = {
    "statusCode": 200,
    "headers": {"Content-Type": "text/plain", "Access-Control-Allow-Origin": "*"},
    "body": "Most likely answer: there is 1 object(s) in the bin",
}
OWN = f"""
import json, os, time

def lambda_handler(event, context):
    asked = json.loads(event["body"])
    if "ask" in asked:
        import boto3
        runtime = boto3.client("sagemaker-runtime")
        body = json.dumps(asked["ask"])
        endpoint = asked.get("endpoint", os.environ["ENDPOINT_NAME"])
        runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)
    if "big" in asked:
        return {{"statusCode": 200, "body": "x" * asked["big"]}}
    try:
        time.sleep(asked.get("sleep", 0))
    except BaseException:
        time.sleep(asked.get("then", 0))
    return {SEED_ANSWER!r}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyWorld]:
    made = ProxyWorld(tmp_path_factory.mktemp("proxy"))
    made.endpoint("echo")
    yield made
    made.close()


@pytest.fixture(scope="module")
def echo(world: ProxyWorld) -> Poc:
    return world.poc("echo", "echo")


@pytest.fixture(scope="module")
def hurried(world: ProxyWorld) -> Poc:
    """A function with two seconds in front of the same endpoint."""
    made = world.poc("hurried", "echo", timeout=2)
    warm(made, {"input": 1})
    return made


def warm(poc: Poc, data: Any) -> None:
    """Its first requests load the SDK, which may take a busy machine all the time that the function has."""
    until(lambda: poc.ask(data=data).status == 200)


@pytest.fixture(scope="module")
def own(world: ProxyWorld) -> Poc:
    """A function with a handler of its own."""
    made = world.poc("own", "echo", own=OWN.encode(), timeout=3)
    warm(made, {"ask": {"input": 1}})
    return made


@pytest.fixture(scope="module")
def serverless(world: ProxyWorld) -> Poc:
    world.endpoint("small", serverless={"MaxConcurrency": 1})
    return world.poc("small", "small")


def test_the_models_answer_comes_back_as_it_is(echo: Poc) -> None:
    answer = echo.ask(data={"input": "drei Stück"})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["output"] == "drei Stück"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"] == answer.headers["apigw-requestid"]


def test_bytes_reach_the_model_uncut(echo: Poc) -> None:
    answer = echo.ask(data=bytes(range(256)) * 4096, content_type="application/octet-stream")
    assert answer.json()["output"] == MB


def test_the_model_hears_which_answer_is_wanted(echo: Poc) -> None:
    answer = echo.ask(data={"input": "plain"}, accept="text/plain")
    assert (answer.headers["content-type"], answer.body) == ("text/plain", b"plain")


def test_a_plain_invoke_goes_to_the_model(world: ProxyWorld, echo: Poc) -> None:
    answer = world.invoke(echo, {"body": '{"input": 3}'})
    assert (answer["statusCode"], json.loads(answer["body"])["output"]) == (200, 3)


@pytest.mark.parametrize(
    ("data", "headers", "expected"),
    [
        (b"", {"content_type": "application/json"}, (400, "MissingBody")),
        (b'{"input": ', {"content_type": "application/json"}, (400, "MalformedJson")),
        (b'{"input": "\xff"}', {"content_type": "application/json"}, (400, "MalformedJson")),
        (b"{'input': 1}", {"content_type": "application/json; charset=utf-8"}, (400, "MalformedJson")),
        (b'{"input": 1}', {}, (415, "MissingContentType")),
        (b"1,2,3", {"content_type": "text/csv"}, (415, "ModelRefused")),
        (b'{"input": 1}', {"content_type": "application/x-www-form-urlencoded"}, (415, "WrongContentType")),
        (b'{"bad": "url is missing"}', {"content_type": "application/json"}, (400, "ModelRefused")),
        (
            b'{"fail": "no picture", "status": 422}',
            {"content_type": "application/json"},
            (422, "ModelRefused"),
        ),
        (b'{"fail": "secret"}', {"content_type": "application/json"}, (502, "ModelFailed")),
        (b'{"fail": "secret", "status": 503}', {"content_type": "application/json"}, (502, "ModelFailed")),
        (b'{"exit": 3}', {"content_type": "application/json"}, (502, "ModelFailed")),
    ],
    ids=str,
)
def test_a_bad_request_or_a_failing_model_is_told(
    echo: Poc, data: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    until(lambda: echo.ask(data={"input": 1}).status == 200)  # the one that ended itself comes back
    answer = echo.ask(data=data, method="POST", **headers)
    assert answer.error == expected
    assert b"secret" not in answer.body


def test_the_models_own_words_reach_whoever_asked(echo: Poc) -> None:
    until(lambda: echo.ask(data={"input": 1}).status == 200)
    assert "url is missing" in echo.ask(data={"bad": "url is missing"}).json()["error"]["message"]


def test_whoever_runs_it_finds_the_cause_in_the_log(world: ProxyWorld, hurried: Poc) -> None:
    request_id = hurried.ask(data={"fail": "the disk is full"}).headers["x-request-id"]

    def told() -> bool:
        entries = [json.loads(line) for line in _log(world, "hurried") if line.startswith("{")]
        return any(
            e["requestId"] == request_id and "the disk is full" in e["detail"]
            for e in entries
            if "detail" in e
        )

    until(told)


def _log(world: ProxyWorld, function: str) -> list[str]:
    logs, group = world.cloud.client("logs"), f"/aws/lambda/{function}"
    return [event["message"].strip() for event in logs.filter_log_events(logGroupName=group)["events"]]


@pytest.mark.parametrize(
    ("method", "tail", "expected"),
    [
        ("GET", "/predict", (405, "MethodNotAllowed")),
        ("DELETE", "/health", (405, "MethodNotAllowed")),
        ("GET", "/nothing", (404, "NotFound")),
        ("POST", "/predict/more", (404, "NotFound")),
    ],
)
def test_a_wrong_way_is_told(echo: Poc, method: str, tail: str, expected: tuple[int, str]) -> None:
    answer = echo.ask(tail, method=method, data={} if method == "POST" else None)
    assert answer.error == expected
    if answer.status == 405:
        assert "OPTIONS" in answer.headers["allow"]


def test_browsers_of_other_origins_may_ask(echo: Poc) -> None:
    answer = echo.ask(
        method="OPTIONS", origin="https://app.example.org", access_control_request_method="POST"
    )
    assert (answer.status, answer.body) == (204, b"")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"]


def test_an_endpoint_that_is_not_there_yet_or_any_more(world: ProxyWorld) -> None:
    poc = world.poc("nowhere", "nowhere")
    answer = poc.ask(data={"input": 1})
    assert (answer.error, answer.headers["retry-after"]) == ((503, "EndpointNotFound"), "30")
    health = poc.ask("/health")
    assert (health.error, health.json()["endpoint"]) == ((503, "EndpointMissing"), "Missing")


def test_an_endpoint_that_is_being_made_then_serves_then_is_updated(world: ProxyWorld) -> None:
    poc = world.poc("new", "new")
    world.sm.config("new", count=1, load_seconds=LOADING_S)
    world.sm.sm.create_endpoint(EndpointName="new", EndpointConfigName="new")
    assert poc.ask("/health").error == (503, "EndpointCreating")
    assert poc.ask(data={"input": 1}).error == (503, "EndpointNotFound")
    until(lambda: poc.ask("/health").status == 200)
    world.sm.config("newer", count=1, load_seconds=LOADING_S)
    world.sm.sm.update_endpoint(EndpointName="new", EndpointConfigName="newer")
    until(lambda: poc.ask("/health").json()["endpoint"] == "Updating")
    answer = poc.ask(data={"input": 1})
    assert (answer.status, answer.json()["revision"]) == (200, "new")
    until(lambda: poc.ask(data={"input": 1}).json()["revision"] == "newer")


def test_an_endpoint_that_failed(world: ProxyWorld) -> None:
    poc = world.poc("broken", "broken")
    world.sm.config("broken", count=1, load_error="no weights")
    world.sm.sm.create_endpoint(EndpointName="broken", EndpointConfigName="broken")
    until(lambda: poc.ask("/health").json()["endpoint"] == "Failed")
    assert poc.ask("/health").error == (503, "EndpointFailed")
    assert poc.ask(data={"input": 1}).error == (503, "EndpointNotFound")


def test_a_model_slower_than_the_functions_time_is_told_before_that_is_over(hurried: Poc) -> None:
    hurried.ask(data={"input": 1})
    began = time.monotonic()
    assert hurried.ask(data={"sleep": 20}).error == (504, "DeadlineExceeded")
    assert 1 < time.monotonic() - began < 10
    assert hurried.ask(data={"input": 2}).json()["output"] == 2, "the next request gets its own answer"


def test_more_at_once_than_a_serverless_endpoint_takes(serverless: Poc) -> None:
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: serverless.ask(data={"sleep": 6}), range(3)))
    refused = [answer for answer in answers if answer.status != 200]
    assert len(refused) == 2
    assert {answer.error for answer in refused} == {(429, "TooManyRequests")}
    assert refused[0].headers["retry-after"] == "1"


def test_more_than_a_serverless_endpoint_reads(serverless: Poc) -> None:
    data = b'"' + b"x" * (4 * MB) + b'"'
    assert serverless.ask(data=data, content_type="application/json").error == (413, "PayloadTooLarge")


@pytest.mark.parametrize(("size", "expected"), [(6_291_400, "AnswerTooLarge"), (6_400_000, "ModelFailed")])
def test_an_answer_that_cannot_be_carried(echo: Poc, size: int, expected: str) -> None:
    assert echo.ask(data={"big": size}).error == (502, expected)
    assert echo.ask(data={"big": 6_000_000}).status == 200


@pytest.mark.parametrize(
    ("data", "content_type", "status", "words"),
    [
        (b"x" * (10 * MB + 1), "text/plain", 413, "Request Entity Too Large"),
        (b"x" * (6 * MB), "text/plain", 413, "Request Too Long"),
        (b"\xff" * (5 * MB), "application/octet-stream", 413, "Request Too Long"),
    ],
    ids=["10 MB for the gateway", "6 MB for the function", "6 MB in base64"],
)
def test_what_is_larger_than_awss_limits_is_answered_by_the_gateway(
    echo: Poc, data: bytes, content_type: str, status: int, words: str
) -> None:
    answer = echo.ask(data=data, content_type=content_type)
    assert (answer.status, answer.json()) == (status, {"message": words})


def test_just_below_the_limits_the_model_is_asked(echo: Poc) -> None:
    answer = echo.ask(data=b"\xff" * (4 * MB), content_type="application/octet-stream")
    assert answer.json()["output"] == 4 * MB


def test_the_seeds_event_gets_the_seeds_answer_key_for_key(world: ProxyWorld, own: Poc) -> None:
    assert world.invoke(own, SEED_EVENT) == SEED_ANSWER


def test_an_own_handlers_answer_reaches_the_world(own: Poc) -> None:
    answer = own.ask(data=SEED_EVENT["body"].encode(), content_type="application/json")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain")
    assert answer.body.decode() == SEED_ANSWER["body"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert own.ask("/health").json() == {"status": "ok", "endpoint": "InService"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"ask": {"fail": "secret"}}, (502, "ModelFailed")),
        ({"ask": {"bad": "no url"}}, (400, "ModelRefused")),
        ({"ask": {}, "endpoint": "nowhere"}, (503, "EndpointNotFound")),
        ({"ask": {"sleep": 20}}, (504, "DeadlineExceeded")),
        ({"big": 7_000_000}, (502, "AnswerTooLarge")),
        ([], (500, "HandlerFailed")),
        (b"no json", (400, "MalformedJson")),
    ],
    ids=str,
)
def test_what_an_own_handler_lets_through_is_told(own: Poc, data: Any, expected: tuple[int, str]) -> None:
    answer = own.ask(data=data, content_type="application/json")
    assert answer.error == expected
    assert b"secret" not in answer.body


def test_an_own_handler_that_is_no_python(world: ProxyWorld) -> None:
    poc = world.poc("no-python", "echo", own=b"import nothing_of_that_name\n")
    assert poc.ask(data={"input": 1}).error == (500, "HandlerFailed")
    assert poc.ask("/docs").status == 200


def test_a_handler_that_does_not_let_itself_be_interrupted_ends_with_its_function(own: Poc) -> None:
    answer = own.ask(data={"sleep": 20, "then": 20})
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})
    assert own.ask(data=SEED_EVENT["body"].encode(), content_type="application/json").status == 200


def test_nobody_waits_longer_than_the_gateway(world: ProxyWorld) -> None:
    """Ours answers before the gateway gives up; a handler that cannot be interrupted does not."""
    ours = world.poc("patient", "echo", timeout=60)
    endless = world.poc("endless", "echo", own=OWN.encode(), timeout=60)
    with ThreadPoolExecutor(2) as threads:
        told = threads.submit(_timed, lambda: ours.ask(data={"sleep": 45}))
        cut = threads.submit(_timed, lambda: endless.ask(data={"sleep": 40, "then": 20}))
    answer, seconds = told.result()
    assert answer.error == (504, "DeadlineExceeded")
    assert 28 < seconds < 35
    answer, seconds = cut.result()
    assert (answer.status, answer.json()) == (503, {"message": "Service Unavailable"})
    assert 29.5 < seconds < 36


def _timed(ask: Callable[[], Answer]) -> tuple[Answer, float]:
    began = time.monotonic()
    return ask(), time.monotonic() - began
