"""JWT authorizers: owner and name in AWS's name."""

from __future__ import annotations

import pytest

from modelpoc.aws.authorizer import Authorizer, AuthorizerKind, observed, request
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

MARK = Owner("fleet").mark
AUTHORIZER = Authorizer(
    name="staff-0123456789",
    api_id="api1234567",
    issuer="https://login.example",
    audience=("b", "a"),
    mark=str(MARK),
)
ANSWER = {"AuthorizerId": "auth1", **request(AUTHORIZER)}


def test_what_was_just_created_shows_no_difference() -> None:
    have = observed("api1234567", ANSWER)
    assert AuthorizerKind().diff(AUTHORIZER, have) == ()
    assert (have.name, have.id, have.owner) == (AUTHORIZER.name, "api1234567/auth1", MARK)


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"JwtConfiguration": {"Issuer": "https://evil.example", "Audience": ["a", "b"]}}, "issuer"),
        ({"JwtConfiguration": {"Issuer": "https://login.example", "Audience": ["a"]}}, "audience"),
        ({"IdentitySource": ["$request.querystring.token"]}, "identity_source"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, object], field: str) -> None:
    have = observed("api1234567", ANSWER | by_hand)
    assert [c.field for c in AuthorizerKind().diff(AUTHORIZER, have)] == [field]


def test_a_foreign_one_is_named_by_its_id() -> None:
    have = observed("api1234567", ANSWER | {"Name": "made by hand"})
    assert (have.name, have.owner) == ("api1234567/auth1", None)


def test_its_name_fits_into_awss() -> None:
    assert len(str(request(AUTHORIZER)["Name"])) <= 128
