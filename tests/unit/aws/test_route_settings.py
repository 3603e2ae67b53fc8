"""Route settings: they belong to the owner of their route and go before it."""

from __future__ import annotations

import pytest

from modelpoc.aws.route_settings import RouteSettings, RouteSettingsKind, observed, throttle
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import NotYet
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit

MARK = Owner("fleet", "team-a", "echo").mark
KEY = "ANY /poc/echo"
ROUTE = Observed("Route", f"api1234567/{KEY}", "api1234567/r1", owner=MARK)
SETTINGS = RouteSettings(name=ROUTE.name, api_id="api1234567", route_key=KEY, rate=10.0, burst=20)


def test_what_was_just_created_shows_no_difference() -> None:
    have = observed(ROUTE, KEY, throttle(SETTINGS))
    assert RouteSettingsKind().diff(SETTINGS, have) == ()
    assert (have.name, have.owner, have.refs) == (SETTINGS.name, MARK, {ROUTE.id})


@pytest.mark.parametrize(
    ("by_hand", "field"), [({"ThrottlingRateLimit": 1.0}, "rate"), ({"ThrottlingBurstLimit": 1}, "burst")]
)
def test_a_change_by_hand_is_told(by_hand: dict[str, object], field: str) -> None:
    have = observed(ROUTE, KEY, throttle(SETTINGS) | by_hand)
    assert [c.field for c in RouteSettingsKind().diff(SETTINGS, have)] == [field]


def test_a_whole_number_is_no_change() -> None:
    assert (
        RouteSettingsKind().diff(
            SETTINGS, observed(ROUTE, KEY, throttle(SETTINGS) | {"ThrottlingRateLimit": 10})
        )
        == ()
    )


async def test_without_its_route_it_waits(scope: AwsScope) -> None:
    with pytest.raises(NotYet):
        await RouteSettingsKind().create(scope, SETTINGS)
