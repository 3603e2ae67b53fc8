"""Routes: what is asked of AWS, how its answers read, what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelpoc.aws.route import Route, RouteKind, observed, request
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import UNKNOWN

pytestmark = pytest.mark.unit

MARK = Owner("fleet", "team-a", "echo").mark
ROUTE = Route(
    name="api1234567/ANY /poc/echo/{proxy+}",
    api_id="api1234567",
    route_key="ANY /poc/echo/{proxy+}",
    target="integrations/int1",
    mark=str(MARK),
)


def answered(route: Route) -> dict[str, object]:
    return {"RouteKey": route.route_key, "RouteId": "r1", "ApiKeyRequired": False, **request(route)}


def test_what_was_just_created_shows_no_difference() -> None:
    assert RouteKind().diff(ROUTE, observed("api1234567", answered(ROUTE))) == ()


def test_it_is_found_under_its_own_name_and_owner() -> None:
    have = observed("api1234567", answered(ROUTE))
    assert (have.name, have.id, have.owner) == (ROUTE.name, "api1234567/r1", MARK)


def test_it_holds_its_api_its_integration_and_its_authorizer() -> None:
    jwt = replace(ROUTE, auth_type="JWT", authorizer_id="auth1")
    assert observed("api1234567", answered(jwt)).refs == {
        "api1234567", "api1234567/int1", "api1234567/auth1"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"Target": "integrations/other"}, "target"),
        ({"AuthorizationType": "AWS_IAM"}, "auth_type"),
        ({"OperationName": "mine now"}, "mark"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, str], field: str) -> None:
    have = observed("api1234567", answered(ROUTE) | by_hand)
    assert [c.field for c in RouteKind().diff(ROUTE, have)] == [field]


def test_another_authorizer_is_a_difference() -> None:
    jwt = replace(ROUTE, auth_type="JWT", authorizer_id="auth1")
    have = observed("api1234567", answered(jwt) | {"AuthorizerId": "auth2"})
    assert [c.field for c in RouteKind().diff(jwt, have)] == ["authorizer_id"]


def test_without_a_word_about_it_the_authorizer_is_left() -> None:
    assert "AuthorizerId" not in request(ROUTE)


def test_a_target_not_yet_known_is_a_change_to_come() -> None:
    later = replace(ROUTE, target=UNKNOWN)
    (change,) = RouteKind().diff(later, observed("api1234567", answered(ROUTE)))
    assert change.want is UNKNOWN


def test_a_foreign_route_is_nobodys() -> None:
    have = observed("api1234567", {"RouteKey": "$default", "RouteId": "r2", "Target": "integrations/x"})
    assert have.owner is None
    assert have.fields["auth_type"] == "NONE"


def test_a_taken_key_is_a_route_conflict() -> None:
    assert RouteKind().reason(None) == "RouteConflict"


def test_the_mark_fits_into_an_operation_name() -> None:
    assert len(str(MARK)) <= 64
