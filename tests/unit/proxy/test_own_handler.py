"""POST …/predict through a handler that the POC brings."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.proxy.events import JSON, Context, Function, error_of, event

pytestmark = pytest.mark.unit

SEED_EVENT = {"body": '{\n  "url": "https://example.org/10460.jpg"\n}'}
SEED_ANSWER = {
    "statusCode": 200,
    "headers": {"Content-Type": "text/plain", "Access-Control-Allow-Origin": "*"},
    "body": "Most likely answer: there is 1 object(s) in the bin",
}
SEED = f"""
import json

def lambda_handler(event, context):
    json.loads(event["body"])["url"]
    return {SEED_ANSWER!r}
"""
Make = Callable[[str], Function]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A function around a handler with this source; what it puts into the process goes afterwards."""
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    modules = dict(sys.modules)

    def make(source: str) -> Function:
        (tmp_path / "own").mkdir(exist_ok=True)
        (tmp_path / "own" / "handler.py").write_text(source)
        return Function(root=tmp_path, own="handler")

    yield make
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]


def test_a_plain_invoke_gets_what_the_handler_returns_key_for_key(make: Make) -> None:
    assert make(SEED)(SEED_EVENT) == SEED_ANSWER


def test_a_request_gets_it_too_with_an_id(make: Make) -> None:
    answer = make(SEED)(event(body=SEED_EVENT["body"]))
    assert answer["headers"].pop("x-request-id") == "Id1="
    assert answer == SEED_ANSWER


def test_the_handler_sees_the_untouched_event_and_context(make: Make) -> None:
    source = "def lambda_handler(event, context): return [event, context.aws_request_id]"
    asked = event(body=b"\x00\xff", headers={"Content-Type": "image/png"})
    answer = make(source)(asked)
    assert json.loads(answer["body"]) == [asked, "lambda-id"]
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, "application/json")
    assert answer["headers"]["access-control-allow-origin"] == "*"


def test_docs_and_health_stay_the_functions_own(make: Make) -> None:
    function = make("raise RuntimeError('broken')")
    assert function(event("GET", "/health"))["statusCode"] == 200
    assert function(event("GET", "/docs"))["statusCode"] == 200
    assert function(event("GET", "/predict"))["statusCode"] == 405


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        ("import nothing_of_that_name", 500, "HandlerFailed"),
        ("def lambda_handler(event, context", 500, "HandlerFailed"),
        ("x = 1", 500, "HandlerFailed"),
        ("def lambda_handler(event, context): return 1 / 0", 500, "HandlerFailed"),
        ("def lambda_handler(event, context): raise SystemExit('arn:aws:secret')", 500, "HandlerFailed"),
        ("def lambda_handler(event, context): return {'statusCode': 'many'}", 500, "HandlerFailed"),
        ("def lambda_handler(event, context): return {'statusCode': 99}", 500, "HandlerFailed"),
        (
            "def lambda_handler(event, context): return {'statusCode': 200, 'body': b'raw'}",
            500,
            "HandlerFailed",
        ),
        ("def lambda_handler(event, context): return {'statusCode': 200, 'body': {}}", 500, "HandlerFailed"),
        (
            "def lambda_handler(event, context): return {'statusCode': 200, 'headers': {'a': ['b']}}",
            500,
            "HandlerFailed",
        ),
        ("def lambda_handler(event, context): return object()", 500, "HandlerFailed"),
        (
            "from tests.unit.proxy.events import refusal\n"
            "def lambda_handler(event, context): raise refusal('ModelError', 'm', OriginalStatusCode=500)",
            502,
            "ModelFailed",
        ),
        (
            "from tests.unit.proxy.events import refusal\n"
            "def lambda_handler(event, context): raise refusal('ValidationError', 'Endpoint e not found.')",
            503,
            "EndpointNotFound",
        ),
    ],
)
def test_a_handler_that_fails_is_told_in_words(make: Make, source: str, status: int, code: str) -> None:
    function = make(source)
    answer = function(event(body="{}", headers=JSON))
    assert error_of(answer)[:2] == (status, code)
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert "arn:" not in answer["body"]
    assert function.logged[-1]["detail"]


def test_the_log_says_where_a_handler_failed(make: Make) -> None:
    function = make("def lambda_handler(event, context):\n    return {}['nowhere']")
    function(event(body="{}"))
    assert "handler.py" in function.logged[-1]["detail"]
    assert "KeyError: 'nowhere'" in function.logged[-1]["detail"]


def test_a_body_that_is_no_json_is_no_fault_of_the_handlers(make: Make) -> None:
    function = make(SEED)
    assert error_of(function(event(body="not json")))[:2] == (400, "MalformedJson")
    assert error_of(function({"body": "not json"}))[:2] == (400, "MalformedJson")
    assert error_of(function(event(body='{"uri": 1}')))[:2] == (500, "HandlerFailed")


def test_a_handler_slower_than_the_functions_time_is_interrupted(make: Make) -> None:
    source = """
import time
def lambda_handler(event, context):
    try:
        time.sleep(60)
    except Exception:
        return "caught"
"""
    began = time.monotonic()
    answer = make(source)(event(body="{}"), Context(seconds=0.4))
    assert error_of(answer)[:2] == (504, "DeadlineExceeded")
    assert time.monotonic() - began < 30


def test_modules_beside_the_handler_are_found_and_names_of_ours_do_not_matter(
    make: Make, tmp_path: Path
) -> None:
    function = make("import beside\ndef lambda_handler(event, context): return beside.ANSWER")
    (tmp_path / "own" / "beside.py").write_text("ANSWER = 'from beside'")
    assert function({"body": "{}"}) == "from beside"


def test_the_handler_is_loaded_once(make: Make) -> None:
    function = make("N = []\ndef lambda_handler(event, context):\n    N.append(1)\n    return len(N)")
    assert [function({}), function({}), function({})] == [1, 2, 3]
