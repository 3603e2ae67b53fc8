"""What the public URL is asked before a POC counts as Ready."""

from __future__ import annotations

import pytest
from tests.unit.controller.held import API, PLATFORM, poc

from modelpoc.api.route import AuthType
from modelpoc.controller.probe import Question, questions
from modelpoc.desired.routes import urls_of

pytestmark = pytest.mark.unit

URL = f"{API.endpoint}/poc-deployment/echo"


def asked(auth: AuthType = AuthType.NONE, health: str = "/health", **spec: object) -> tuple[Question, ...]:
    subject = poc(**spec)
    return questions(subject, urls_of(subject, PLATFORM, API), auth, health)


def example(**more: object) -> dict[str, object]:
    return {"examples": [{"name": "one", "body": {"input": "x"}, **more}, {"name": "two", "body": 2}]}


def test_health_alone_without_examples() -> None:
    [health] = asked()
    assert (health.method, health.url, health.signed) == ("GET", f"{URL}/health", False)


def test_the_poc_says_where_its_health_is() -> None:
    assert asked(health="/ready?deep=1")[0].url == f"{URL}/ready?deep=1"


def test_the_first_example_is_asked_too() -> None:
    health, predict = asked(**example())
    assert health.url.endswith("/health")
    assert (predict.method, predict.url, predict.body) == ("POST", f"{URL}/predict", b'{"input": "x"}')
    assert predict.headers == {"Content-Type": "application/json"}


def test_text_that_is_not_json_is_sent_as_it_is() -> None:
    assert asked(**example(body="a,b", contentType="text/csv"))[1].body == b"a,b"
    assert asked(**example(body="a"))[1].body == b'"a"'


def test_with_iam_everything_is_signed() -> None:
    assert [q.signed for q in asked(AuthType.IAM, **example())] == [True, True]


def test_with_jwt_the_gateways_own_refusal_counts() -> None:
    [health] = asked(AuthType.JWT, **example())
    assert health.accepts(401)
    assert not health.accepts(200)
    assert not health.signed


@pytest.mark.parametrize(
    ("status", "good"),
    [(200, True), (204, True), (299, True), (199, False), (301, False), (401, False), (503, False)],
)
def test_good_is_any_2xx(status: int, good: bool) -> None:
    assert asked()[0].accepts(status) is good
