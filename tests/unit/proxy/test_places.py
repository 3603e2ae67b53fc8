"""Everything but predict: docs, document, health, CORS, 404 and 405."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.proxy.events import JSON, NAME, PATH, FakeAws, Function, error_of, event, refusal

from modelpoc.proxy.function import health
from modelpoc.proxy.function.request import mapping, tail_of, text
from modelpoc.proxy.function.settings import Cors

pytestmark = pytest.mark.unit

CODE = b"window.SwaggerUIBundle = 1;"


@pytest.fixture
def function(tmp_path: Path) -> Function:
    (tmp_path / "docs").mkdir()
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
        (tmp_path / "docs" / f"{name}.gz").write_bytes(gzip.compress(CODE))
    return Function(root=tmp_path)


def test_the_page_loads_only_relative_addresses(function: Function) -> None:
    answer = function(event("GET", "/docs"))
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    page = answer["body"]
    assert 'src="docs/swagger-ui-bundle.js"' in page
    assert 'href="docs/swagger-ui.css"' in page
    assert "http" not in page
    assert NAME in page


@pytest.mark.parametrize(("tail", "location"), [("", f"{NAME}/docs"), ("/", "docs"), ("/docs/", "../docs")])
def test_the_base_leads_to_the_docs_under_any_prefix(function: Function, tail: str, location: str) -> None:
    answer = function(event("GET", tail))
    assert (answer["statusCode"], answer["headers"]["location"]) == (307, location)


@pytest.mark.parametrize("name", ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "start.js"])
def test_what_the_page_loads_comes_compressed_where_that_is_accepted(function: Function, name: str) -> None:
    plain = function(event("GET", f"/docs/{name}"))
    packed = function(event("GET", f"/docs/{name}", headers={"accept-encoding": "br, gzip;q=0.8"}))
    refused = function(event("GET", f"/docs/{name}", headers={"accept-encoding": "gzip;q=0"}))
    assert packed["headers"]["content-encoding"] == "gzip"
    assert packed["isBase64Encoded"] is True
    body = gzip.decompress(base64.b64decode(packed["body"]))
    assert body in (
        plain["body"].encode(),
        base64.b64decode(plain["body"] if plain["isBase64Encoded"] else ""),
    )
    assert "content-encoding" not in refused["headers"]
    assert "max-age" in plain["headers"]["cache-control"]


def test_what_a_browser_has_already_is_not_sent_again(function: Function) -> None:
    first = function(event("GET", "/docs/swagger-ui.css"))
    again = function(
        event("GET", "/docs/swagger-ui.css", headers={"if-none-match": first["headers"]["etag"]})
    )
    assert (again["statusCode"], again["body"]) == (304, "")


@pytest.mark.parametrize(
    "name", ["../poc.json", "poc.json", "%2e%2e/poc.json", "…", "a/swagger-ui.css", "x.gz"]
)
def test_nothing_else_is_given_away(function: Function, name: str) -> None:
    assert function(event("GET", f"/docs/{name}"))["statusCode"] == 404


@pytest.mark.parametrize(
    ("raw", "headers", "server"),
    [
        (f"{PATH}/openapi.json", {}, f"https://api.example.org{PATH}"),
        (f"/v1{PATH}/openapi.json", {"host": "models.example.org"}, f"https://models.example.org/v1{PATH}"),
        (
            f"{PATH}/openapi.json",
            {"host": "127.0.0.1:4510", "x-forwarded-proto": "http"},
            f"http://127.0.0.1:4510{PATH}",
        ),
        (f"{PATH}/openapi.json", {"x-forwarded-proto": ""}, "."),
        (f"{PATH}/openapi.json", {"host": "evil.example/<script>"}, "."),
    ],
)
def test_the_document_names_the_url_that_it_was_asked_at(
    function: Function, raw: str, headers: dict[str, str], server: str
) -> None:
    answer = function(event("GET", "/openapi.json", headers=headers) | {"rawPath": raw})
    found = json.loads(answer["body"])
    assert found["servers"] == [{"url": server}]
    content = found["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert content["examples"]["one"]["value"] == {"url": "https://example.org/1.png"}


@pytest.mark.parametrize(
    "status", ["InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"]
)
def test_health_is_good_while_the_endpoint_serves(status: str) -> None:
    answer = Function(FakeAws(status=lambda: status))(event("GET", "/health"))
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"status": "ok", "endpoint": status}


@pytest.mark.parametrize("status", ["Creating", "Deleting", "Failed", "OutOfService", "SomethingNew"])
def test_health_says_in_words_why_the_endpoint_does_not_serve(status: str) -> None:
    answer = Function(FakeAws(status=lambda: status))(event("GET", "/health"))
    body = json.loads(answer["body"])
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")
    assert (body["status"], body["endpoint"]) == ("unavailable", status)
    assert error_of({**answer, "body": json.dumps({"error": body["error"]})})[1] == f"Endpoint{status}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refusal("ValidationException", 'Could not find endpoint "arn:aws:sagemaker:…".'), "EndpointMissing"),
        (refusal("ThrottlingException", "Rate exceeded"), "HealthUnknown"),
    ],
)
def test_health_of_an_endpoint_that_cannot_be_seen(error: Exception, code: str) -> None:
    def status() -> str:
        raise error

    answer = Function(FakeAws(status=status))(event("GET", "/health"))
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (503, code)
    assert "arn:" not in answer["body"]


def test_health_asks_once_for_all_who_ask_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    function = Function()
    for _ in range(5):
        function(event("GET", "/health"))
    assert function.aws.described == 1
    monkeypatch.setattr(health, "KEEP_S", -1.0)
    function(event("GET", "/health"))
    assert function.aws.described == 2


@pytest.mark.parametrize("tail", ["/docs", "/health", "/openapi.json", "/docs/start.js", ""])
def test_head_is_get_without_its_body(function: Function, tail: str) -> None:
    get, head = function(event("GET", tail)), function(event("HEAD", tail))
    assert head["statusCode"] == get["statusCode"]
    assert head["headers"] == get["headers"]
    assert head["body"] == ""


@pytest.mark.parametrize(
    ("method", "tail", "allow"),
    [
        ("GET", "/predict", "POST, OPTIONS"),
        ("PUT", "/predict", "POST, OPTIONS"),
        ("POST", "/docs", "GET, HEAD, OPTIONS"),
        ("DELETE", "/health", "GET, HEAD, OPTIONS"),
        ("POST", "", "GET, HEAD, OPTIONS"),
        ("POST", "/docs/start.js", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(function: Function, method: str, tail: str, allow: str) -> None:
    answer = function(event(method, tail, body="{}", headers=JSON))
    status, code, message = error_of(answer)
    assert (status, code, answer["headers"]["allow"]) == (405, "MethodNotAllowed", allow)
    assert allow.partition(",")[0] in message


@pytest.mark.parametrize("tail", ["/predictions", "/predict/", "/nope", "//predict", "-two/predict"])
def test_what_is_not_there_is_answered_with_what_is(function: Function, tail: str) -> None:
    status, code, message = error_of(function(event("GET", tail)))
    assert (status, code) == (404, "NotFound")
    assert "POST …/predict" in message
    assert "GET …/docs" in message


@pytest.mark.parametrize(
    ("raw", "tail"),
    [
        ("/a", ""),
        ("/a/predict", "/predict"),
        ("/v1/a/predict", "/predict"),
        ("/ab/a/health", "/health"),
        ("/ab/predict", None),
        ("/", None),
        ("", None),
    ],
)
def test_what_follows_the_pocs_path_is_found_behind_stages_and_mappings(raw: str, tail: str | None) -> None:
    assert tail_of(raw, "/a") == tail


@pytest.mark.parametrize("tail", ["", "/predict", "/docs", "/nope"])
def test_options_is_answered_everywhere(function: Function, tail: str) -> None:
    answer = function(event("OPTIONS", tail, headers={"origin": "https://app.example.org"}))
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert "POST" in answer["headers"]["access-control-allow-methods"]
    assert "content-type" in answer["headers"]["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example.org", "https://app.example.org"),
        ("https://pr-1.preview.example.org", "https://pr-1.preview.example.org"),
        ("https://evil.example", None),
        ("", None),
    ],
)
def test_only_listed_origins_are_let_in(origin: str, allowed: str | None) -> None:
    cors = Cors(
        allow_origins=("https://app.example.org", "https://*.preview.example.org"), allow_credentials=True
    )
    headers = Function(cors=cors)(event("GET", "/nope", headers={"origin": origin}))["headers"]
    assert headers.get("access-control-allow-origin") == allowed
    assert headers.get("access-control-allow-credentials") == ("true" if allowed else None)
    assert headers["vary"] == "Origin"


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_TAILS = st.sampled_from(
    ["", "/", "/predict", "/docs", "/docs/", "/docs/start.js", "/health", "/openapi.json"]
)
_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "rawPath": st.one_of(_JUNK, st.builds(lambda a, b: a + PATH + b, st.text(), _TAILS | st.text())),
        "headers": _JUNK | st.dictionaries(st.sampled_from(["content-type", "origin", "host"]), st.text()),
        "body": _JUNK,
        "isBase64Encoded": _JUNK,
        "requestContext": _JUNK
        | st.fixed_dictionaries(
            {},
            optional={
                "http": st.fixed_dictionaries(
                    {},
                    optional={"method": st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "get"]) | _JUNK},
                ),
                "timeEpoch": _JUNK,
                "requestId": _JUNK,
            },
        ),
    },
)


@settings(max_examples=100, deadline=None)
@given(asked=_EVENTS | _JUNK)
def test_any_event_gets_an_answer_that_the_gateway_can_send(asked: Any) -> None:
    answer = Function()(asked)
    assert 200 <= answer["statusCode"] <= 599
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert answer["headers"]["x-request-id"]
    assert all(isinstance(v, str) for v in answer["headers"].values())
    assert isinstance(answer["body"], str)
    json.dumps(answer)
    assert answer["statusCode"] != 500, f"nothing of ours may fail: {answer['body']}"
    if text(mapping(mapping(asked, "requestContext"), "http"), "method").upper() == "HEAD":
        assert answer["body"] == ""
    elif answer["statusCode"] >= 400:
        error_of(answer)
