"""An HTTP API asks functions: the event, the answer, who may ask, and AWS's limits."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.localcloud.lambda_world import Edge, Functions, eventually
from tests.localcloud.test_apigateway_requests import Api

pytestmark = pytest.mark.local

ECHO = """
    import json

    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event)}
    """
INTERNAL = (500, b'{"message":"Internal Server Error"}')
MB = 1024 * 1024


@pytest.fixture(scope="module")
def functions(edge: Edge) -> Functions:
    return Functions(edge.cloud)


@pytest.fixture(scope="module")
def api(edge: Edge) -> Api:
    return Api(edge)


@pytest.fixture(scope="module")
def echo(functions: Functions, api: Api) -> str:
    """A path whose function answers with its event."""
    name = functions.create(ECHO, Timeout=20, MemorySize=512)
    functions.allow(name, api.id)
    attach(functions, api, name, "ANY /echo/{proxy+}")
    return "/echo/"


def attach(functions: Functions, api: Api, name: str, route: str, **given: Any) -> None:
    arn = functions.configuration(name)["FunctionArn"]
    asked = {"IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": "2.0"}
    api.route(route, api.integration(**{**asked, "IntegrationMethod": "POST", **given}))


def served(functions: Functions, api: Api, source: str, route: str, **given: Any) -> str:
    name = functions.create(source, **given)
    functions.allow(name, api.id)
    attach(functions, api, name, route)
    return name


def event(api: Api, path: str, *args: Any, **headers: str) -> dict[str, Any]:
    status, body, _ = api.ask(path, *args, **headers)
    assert status == 200, body
    found: dict[str, Any] = json.loads(body)
    return found


def test_the_event_is_payload_2_0(api: Api, echo: str) -> None:
    headers = {"Content-Type": "application/json", "Cookie": "a=1; b=2", "X-Two": "x", "User-Agent": "me"}
    got = event(api, "/echo/p%20q?x=1&x=2&y=", "POST", b'{"url": "x"}', **headers)
    assert (got["version"], got["routeKey"]) == ("2.0", "ANY /echo/{proxy+}")
    assert (got["rawPath"], got["rawQueryString"]) == ("/echo/p q", "x=1&x=2&y=")
    assert got["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert got["pathParameters"] == {"proxy": "p q"}
    assert got["cookies"] == ["a=1", "b=2"]
    assert (got["body"], got["isBase64Encoded"]) == ('{"url": "x"}', False)
    assert (got["headers"]["x-two"], got["headers"]["content-length"]) == ("x", "12")
    assert (got["headers"]["x-forwarded-for"], got["headers"]["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert got["headers"]["x-amzn-trace-id"].startswith("Root=1-")
    assert "cookie" not in got["headers"]
    context = got["requestContext"]
    assert (context["accountId"], context["apiId"], context["stage"]) == ("000000000000", api.id, "$default")
    http = {"method": "POST", "path": "/echo/p q", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
    assert context["http"] == {**http, "userAgent": "me"}
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/plain", True),
        ("text/csv; charset=utf-8", True),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("application/octet-stream", False),
        ("image/png", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
    ],
)
def test_bodies_are_text_or_base64_by_their_type(api: Api, echo: str, kind: str, text: bool) -> None:
    got = event(api, "/echo/x", "POST", b"a=1", **{"Content-Type": kind})
    expected = "a=1" if text else base64.b64encode(b"a=1").decode()
    assert (got["body"], got["isBase64Encoded"]) == (expected, not text)


def test_binary_bodies_arrive_whole_and_no_body_is_none(api: Api, echo: str) -> None:
    data = bytes(range(256))
    got = event(api, "/echo/x", "POST", data, **{"Content-Type": "image/jpeg"})
    assert base64.b64decode(got["body"]) == data
    got = event(api, "/echo/x")
    assert "body" not in got
    assert got["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("given", "status", "kind", "body"),
    [
        (
            "{'statusCode': 404, 'headers': {'Content-Type': 'text/html', 'X-A': 1}, 'body': 'no'}",
            404,
            "text/html",
            b"no",
        ),
        ("{'statusCode': '201', 'body': 'made'}", 201, "text/plain;charset=UTF-8", b"made"),
        ("{'statusCode': 204}", 204, "text/plain;charset=UTF-8", b""),
        (
            "dict(statusCode=200, headers={'content-type': 'image/png'}, body='AAH/', isBase64Encoded=True)",
            200,
            "image/png",
            b"\x00\x01\xff",
        ),
        ("{'message': 'hi'}", 200, "application/json", b'{"message": "hi"}'),
        ("'hi'", 200, "application/json", b"hi"),
        ("['hi']", 200, "application/json", b'["hi"]'),
    ],
)
def test_answers(
    functions: Functions, api: Api, answering: str, given: str, status: int, kind: str, body: bytes
) -> None:
    got, data, headers = api.ask(answering, "POST", given.encode(), **{"Content-Type": "text/plain"})
    assert (got, headers["Content-Type"], data) == (status, kind, body)


@pytest.fixture(scope="module")
def answering(functions: Functions, api: Api) -> str:
    """A path whose function answers with what the request's body says, in Python."""
    source = "def handler(event, context):\n    return eval(event['body'])\n"
    served(functions, api, source, "POST /answer", Timeout=20)
    return "/answer"


def test_head_is_answered_without_a_body(functions: Functions, api: Api) -> None:
    source = (
        "def handler(event, context):\n    return dict(statusCode=200, body='text', headers={'X-A': 'b'})\n"
    )
    served(functions, api, source, "ANY /head")
    status, body, headers = api.ask("/head", "HEAD")
    assert (status, body, headers["X-A"], headers["Content-Length"]) == (200, b"", "b", "4")
    assert api.ask("/head")[:2] == (200, b"text")


def test_cookies_and_headers_of_an_answer(api: Api, answering: str) -> None:
    allow = "{'Access-Control-Allow-Origin': '*'}"
    given = f"dict(statusCode=200, cookies=['a=1; Secure', 'b=2'], headers={allow})"
    _, _, headers = api.ask(answering, "POST", given.encode(), **{"Content-Type": "text/plain"})
    assert headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["apigw-requestid"]


@pytest.mark.parametrize(
    "given",
    [
        "{'statusCode': 'well'}",
        "{'statusCode': 99}",
        "{'statusCode': 200, 'headers': {'x': 'a\\nb'}}",
        "{'statusCode': 200, 'body': {'a': 1}}",
        "{'statusCode': 200, 'headers': {'x': ['a']}}",
        "{'statusCode': 200, 'body': '%', 'isBase64Encoded': True}",
        "1 / 0",
        "__import__('os')._exit(1)",
        "'x' * 6_300_000",
    ],
)
def test_what_is_no_answer_is_an_internal_error(api: Api, answering: str, given: str) -> None:
    assert api.ask(answering, "POST", given.encode(), **{"Content-Type": "text/plain"})[:2] == INTERNAL


def test_without_permission_a_function_is_not_asked(functions: Functions, api: Api) -> None:
    name = functions.create("def handler(event, context):\n    print('asked')\n    return 1\n")
    attach(functions, api, name, "GET /may/{id}")
    attach(functions, api, name, "POST /may/{id}")
    assert api.ask("/may/1")[:2] == INTERNAL
    for pattern in ("*/POST/may/*", "prod/GET/may/*", "*/*/other"):
        functions.allow(name, api.id, pattern)
        assert api.ask("/may/1")[:2] == INTERNAL
    functions.allow(name, "otherapi")
    assert api.ask("/may/1")[:2] == INTERNAL
    assert api.ask("/may/1", "POST", b"")[0] == 200
    functions.allow(name, api.id, "$default/GET/may/{id}")
    assert api.ask("/may/1")[0] == 200
    statements = json.loads(functions.aws.get_policy(FunctionName=name)["Policy"])["Statement"]
    for statement in statements:
        functions.aws.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    assert api.ask("/may/1")[:2] == INTERNAL


def test_a_function_that_is_gone_or_not_active(functions: Functions, api: Api) -> None:
    name = served(functions, api, ECHO, "GET /gone")
    assert api.ask("/gone")[0] == 200
    functions.aws.delete_function(FunctionName=name)
    assert api.ask("/gone")[:2] == INTERNAL
    functions.cloud.local("faults", "PUT", [{"freezeClock": True}])
    functions.create(ECHO, wait=False, FunctionName=name)
    functions.allow(name, api.id)
    assert api.ask("/gone")[:2] == INTERNAL
    functions.cloud.local("faults", "DELETE")
    eventually(lambda: api.ask("/gone")[0] == 200)


def test_the_long_form_of_a_functions_uri(functions: Functions, api: Api) -> None:
    name = functions.create(ECHO)
    functions.allow(name, api.id)
    arn = functions.configuration(name)["FunctionArn"]
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    attach(functions, api, name, "GET /long", IntegrationUri=uri)
    assert api.ask("/long")[0] == 200


def test_a_slow_function_is_unavailable_and_goes_on(functions: Functions, api: Api) -> None:
    source = """
        import time

        def handler(event, context):
            time.sleep(float(event["queryStringParameters"]["for"]))
            print("went on")
            return "ok"
        """
    name = functions.create(source, Timeout=20)
    functions.allow(name, api.id)
    attach(functions, api, name, "GET /slow", TimeoutInMillis=1000)
    assert _eventually_ok(api, "/slow?for=0")
    begun = time.monotonic()
    assert api.ask("/slow?for=6")[:2] == (503, b'{"message":"Service Unavailable"}')
    assert time.monotonic() - begun < 5.5
    eventually(lambda: functions.logged(f"/aws/lambda/{name}").count("went on") >= 2, 20)


def _eventually_ok(api: Api, path: str) -> bool:
    """A cold start may be slower than an impatient integration."""
    eventually(lambda: api.ask(path)[0] == 200, 20)
    return True


def test_a_function_that_times_out_itself_is_an_internal_error(functions: Functions, api: Api) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(30)\n"
    served(functions, api, source, "GET /late", Timeout=1)
    assert api.ask("/late")[:2] == INTERNAL


def test_the_sizes_that_aws_takes(api: Api, echo: str) -> None:
    binary, text = {"Content-Type": "image/png"}, {"Content-Type": "text/plain"}
    assert len(event(api, "/echo/x", "POST", bytes(3 * MB), **binary)["body"]) == 4 * MB
    too_long = (413, b'{"message":"Request Too Long"}')
    assert api.ask("/echo/x", "POST", bytes(5 * MB), **binary)[:2] == too_long
    assert api.ask("/echo/x", "POST", b"x" * (7 * MB), **text)[:2] == too_long
    too_large = (413, b'{"message":"Request Entity Too Large"}')
    assert api.ask("/echo/x", "POST", b"x" * (10 * MB + 1), **text)[:2] == too_large


def test_many_at_once_are_all_answered(api: Api, echo: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda n: event(api, f"/echo/{n}")["rawPath"], range(60)))
    assert found == [f"/echo/{n}" for n in range(60)]


def test_an_update_loses_no_request(functions: Functions, api: Api) -> None:
    name = served(functions, api, "def handler(event, context): return 1", "GET /busy", Timeout=20)
    found: list[tuple[int, bytes]] = []
    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(_ask_often, api, "/busy", found) for _ in range(2)]
        functions.aws.update_function_configuration(FunctionName=name, MemorySize=256)
        functions.updated(name)
        for asked in asking:
            asked.result()
    assert {status for status, _ in found} == {200}


def _ask_often(api: Api, path: str, found: list[tuple[int, bytes]]) -> None:
    found += [api.ask(path)[:2] for _ in range(40)]
