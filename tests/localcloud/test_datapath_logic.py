"""What an HTTP API decides: routes, CORS, throttles, mappings, tokens, events. No socket."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from localcloud.datapath import cors
from localcloud.datapath.deployed import StageView
from localcloud.datapath.headers import balancer_headers, end_to_end
from localcloud.datapath.lambda_event import Request, answer_of, event_of
from localcloud.datapath.mapping import BadMapping, Context, Outgoing, apply_mapping, check_mapping
from localcloud.datapath.route_keys import BadRouteKey, RouteTable, parse_route_key
from localcloud.datapath.throttle import Rate, Throttles
from localcloud.datapath.tokens import BadToken, bearer, scopes_allow, verified_claims

pytestmark = pytest.mark.unit

ROUTES = [
    "GET /pets/dog/1",
    "GET /pets/dog/{id}",
    "GET /pets/{proxy+}",
    "ANY /pets/{proxy+}",
    "ANY /pets/cats/{proxy+}",
    "ANY /poc/x",
    "ANY /poc/x/{proxy+}",
    "POST /poc/x/predict",
    "ANY /",
    "$default",
]


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/dog/a%20b", "GET /pets/dog/{id}", {"id": "a b"}),
        ("GET", "/pets/bird/1", "GET /pets/{proxy+}", {"proxy": "bird/1"}),
        ("POST", "/pets/dog/1", "ANY /pets/{proxy+}", {"proxy": "dog/1"}),
        ("GET", "/pets/cats/1/2", "ANY /pets/cats/{proxy+}", {"proxy": "1/2"}),
        ("GET", "/poc/x", "ANY /poc/x", {}),
        ("GET", "/poc/x/predict", "ANY /poc/x/{proxy+}", {"proxy": "predict"}),
        ("POST", "/poc/x/predict", "POST /poc/x/predict", {}),
        ("GET", "/poc/x/", "$default", {}),
        ("GET", "/poc/xy", "$default", {}),
        ("GET", "/POC/x", "$default", {}),
        ("GET", "/", "ANY /", {}),
        ("DELETE", "/nothing/here", "$default", {}),
    ],
)
def test_route_selection(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    selected = RouteTable(ROUTES).select(method, path)
    assert selected is not None
    assert (selected.key, selected.parameters) == (key, parameters)


def test_without_a_default_route_nothing_takes_the_rest() -> None:
    assert RouteTable(["GET /a"]).select("GET", "/b") is None
    assert RouteTable(["GET /a"]).select("POST", "/a") is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "GET",
        "GET pets",
        "get /pets",
        "FETCH /pets",
        "GET  /pets",
        "GET /{a+}/b",
        "GET /{a}/{a}",
        "GET /{a",
        "GET /x{a}y",
        "$connect",
    ],
)
def test_bad_route_keys(key: str) -> None:
    with pytest.raises(BadRouteKey):
        parse_route_key(key)


CORS: dict[str, Any] = {
    "AllowOrigins": ["https://a.com", "http://*"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["content-type"],
    "ExposeHeaders": ["x-a"],
    "MaxAge": 300,
    "AllowCredentials": True,
}


def test_preflight_names_what_is_allowed() -> None:
    assert cors.preflight_headers(CORS, "https://a.com", "POST") == {
        "access-control-allow-origin": "https://a.com",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "300",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-a",
        "vary": "Origin",
    }


@pytest.mark.parametrize(("origin", "method"), [("https://b.com", "GET"), ("https://a.com", "DELETE")])
def test_preflight_for_what_is_not_allowed_says_nothing(origin: str, method: str) -> None:
    assert cors.preflight_headers(CORS, origin, method) == {}


def test_cors_headers_of_answers() -> None:
    assert cors.answer_headers({"AllowOrigins": ["*"]}, "https://b.com") == {
        "access-control-allow-origin": "*"
    }
    assert cors.answer_headers(CORS, "http://any.org")["access-control-allow-origin"] == "http://any.org"
    assert cors.answer_headers(CORS, None) == {}
    assert cors.answer_headers(CORS, "https://b.com") == {}


def test_a_throttle_lets_a_burst_through_and_then_its_rate() -> None:
    throttles, rate = Throttles(), Rate(per_second=10, burst=3)
    assert [throttles.take("a", rate, 0.0) for _ in range(4)] == [True, True, True, False]
    assert throttles.take("b", rate, 0.0)
    assert [throttles.take("a", rate, 0.1), throttles.take("a", rate, 0.11)] == [True, False]
    assert [throttles.take("a", rate, 10.0) for _ in range(4)] == [True, True, True, False]
    assert throttles.take("a", Rate(10, 1), 10.0)
    assert not throttles.take("c", Rate(0, 0), 0.0)
    assert throttles.take("a", None, 10.0)


def test_a_route_has_its_own_rate_before_the_stages() -> None:
    view = StageView(
        "$default", route_settings={"GET /a": {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 2}}
    )
    assert view.rate("GET /b") is None
    view.default_settings = {"ThrottlingRateLimit": 1.5, "ThrottlingBurstLimit": 7}
    assert view.rate("GET /a") == Rate(5, 2)
    assert view.rate("GET /b") == Rate(1.5, 7)


CONTEXT = Context(
    path="/pets/7",
    query="a=1&a=2&b=x%20y",
    headers=[("X-One", "1"), ("x-one", "2")],
    parameters={"id": "7"},
    variables={"requestId": "r1"},
    stage_variables={"colour": "red"},
)
PLAIN = Outgoing("/prod/pets/7", "a=1", [("X-One", "1")])


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"overwrite:path": "$request.path"}, Outgoing("/pets/7", "a=1", [("X-One", "1")])),
        ({"overwrite:path": "/v2/${request.path.id}"}, Outgoing("/v2/7", "a=1", [("X-One", "1")])),
        ({"append:header.X-One": "new"}, Outgoing("/prod/pets/7", "a=1", [("X-One", "1,new")])),
        (
            {"append:header.X-Two": "$request.header.x-one"},
            Outgoing("/prod/pets/7", "a=1", [("X-One", "1"), ("X-Two", "1,2")]),
        ),
        (
            {"overwrite:header.X-One": "$context.requestId"},
            Outgoing("/prod/pets/7", "a=1", [("X-One", "r1")]),
        ),
        ({"remove:header.X-One": "''"}, Outgoing("/prod/pets/7", "a=1", [])),
        (
            {"append:querystring.a": "$stageVariables.colour"},
            Outgoing("/prod/pets/7", "a=1&a=red", [("X-One", "1")]),
        ),
        (
            {"overwrite:querystring.a": "$request.querystring.b"},
            Outgoing("/prod/pets/7", "a=x+y", [("X-One", "1")]),
        ),
        ({"remove:querystring.a": ""}, Outgoing("/prod/pets/7", "", [("X-One", "1")])),
    ],
)
def test_mappings(mapping: dict[str, str], expected: Outgoing) -> None:
    check_mapping(mapping)
    assert apply_mapping(mapping, CONTEXT, PLAIN) == expected


@pytest.mark.parametrize(
    "key",
    [
        "header.X",
        "overwrite:body",
        "append:path",
        "overwrite:header.Authorization",
        "append:header.x-amz-date",
        "remove:header.Via",
    ],
)
def test_mappings_that_aws_refuses(key: str) -> None:
    with pytest.raises(BadMapping):
        check_mapping({key: "x"})


def test_headers_for_one_hop_stay_behind() -> None:
    given = [
        ("Connection", "keep-alive, X-Mine"),
        ("X-Mine", "1"),
        ("Keep-Alive", "5"),
        ("Upgrade", "h2c"),
        ("A", "b"),
    ]
    assert end_to_end(given) == [("A", "b")]


def test_what_a_load_balancer_adds() -> None:
    sent = dict(
        balancer_headers([("X-Forwarded-For", "1.2.3.4"), ("X-Amzn-Trace-Id", "Root=1-2-3")], "127.0.0.1", 80)
    )
    assert sent["X-Forwarded-For"] == "1.2.3.4, 127.0.0.1"
    assert (sent["X-Forwarded-Proto"], sent["X-Forwarded-Port"]) == ("http", "80")
    assert sent["X-Amzn-Trace-Id"].startswith("Self=1-")
    assert sent["X-Amzn-Trace-Id"].endswith(";Root=1-2-3")
    assert dict(balancer_headers([], "127.0.0.1", 80))["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert "X-Forwarded-For" not in dict(balancer_headers([("X-Forwarded-For", "a")], "b", 80, "remove"))
    assert dict(balancer_headers([("X-Forwarded-For", "a")], "b", 80, "preserve"))["X-Forwarded-For"] == "a"


NOW = 1_800_000_000.0
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def published(kid: str = "k1") -> dict[str, str]:
    numbers = KEY.public_key().public_numbers()
    e, n = numbers.e.to_bytes(3, "big"), numbers.n.to_bytes(256, "big")
    return {"kid": kid, "kty": "RSA", "e": encoded(e), "n": encoded(n)}


def token(head: dict[str, Any] | None = None, **claims: Any) -> str:
    header = {"alg": "RS256", "kid": "k1"} | (head or {})
    body = {"iss": "https://issuer", "aud": "me", "exp": NOW + 60} | claims
    signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(body).encode())}"
    return f"{signed}.{encoded(KEY.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def claims_of(text: str) -> dict[str, Any]:
    return verified_claims(text, [published()], "https://issuer", ["me", "you"], NOW)


def test_a_good_token_gives_its_claims() -> None:
    assert claims_of(token(scope="read write"))["scope"] == "read write"
    assert claims_of(token(aud=["x", "you"]))["aud"] == ["x", "you"]
    assert claims_of(token(aud=None, client_id="me"))["client_id"] == "me"


@pytest.mark.parametrize("text", ["nonsense", "a.b.c"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        claims_of(text)


@pytest.mark.parametrize(
    ("head", "claims"),
    [
        ({"kid": "other"}, {}),
        ({"alg": "none"}, {}),
        ({}, {"iss": "https://else"}),
        ({}, {"aud": "else"}),
        ({}, {"exp": 1}),
        ({}, {"exp": None}),
        ({}, {"nbf": NOW + 1000}),
        ({}, {"iat": NOW + 1000}),
    ],
)
def test_bad_tokens(head: dict[str, Any], claims: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        claims_of(token(head, **claims))


def test_a_signature_of_something_else_is_refused() -> None:
    with pytest.raises(BadToken):
        claims_of(token()[:-8] + "AAAAAAAA")


def test_bearer_and_scopes() -> None:
    assert [bearer("Bearer abc"), bearer("abc"), bearer(None), bearer("Bearer ")] == [
        "abc",
        "abc",
        None,
        None,
    ]
    assert scopes_allow({"scope": "a b"}, ["b", "c"])
    assert scopes_allow({}, [])
    assert not scopes_allow({"scope": "a"}, ["b"])


def test_the_event_for_a_function() -> None:
    headers = [("Accept", "a"), ("accept", "b"), ("Cookie", "x=1; y=2")]
    event = event_of(
        Request("POST", "/p/x%20y", "q=1&q=2", headers, b"\xff"),
        route_key="ANY /p/{id}",
        stage="$default",
        path_parameters={"id": "x y"},
        variables={"apiId": "api", "requestId": "r", "identity.sourceIp": "127.0.0.1"},
    )
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/p/x y", "q=1&q=2")
    assert event["headers"] == {"accept": "a,b"}
    assert event["cookies"] == ["x=1", "y=2"]
    assert event["queryStringParameters"] == {"q": "1,2"}
    assert event["pathParameters"] == {"id": "x y"}
    assert (event["body"], event["isBase64Encoded"]) == (base64.b64encode(b"\xff").decode(), True)
    assert event["requestContext"]["http"]["method"] == "POST"


def test_the_answer_of_a_function() -> None:
    assert answer_of({"a": 1}) == (200, [("Content-Type", "application/json")], b'{"a": 1}')
    given = {
        "statusCode": 201,
        "headers": {"Content-Type": "x/y"},
        "cookies": ["a=1"],
        "body": "aGk=",
        "isBase64Encoded": True,
    }
    assert answer_of(given) == (201, [("Content-Type", "x/y"), ("Set-Cookie", "a=1")], b"hi")
