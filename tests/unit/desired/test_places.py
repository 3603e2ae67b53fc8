"""Where a POC is put, and that it stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelpoc.api.status import Placement
from modelpoc.desired.places import ApiPlace, ListenerPlace, Places, place

pytestmark = pytest.mark.unit

ONE, TWO = ListenerPlace("listener-1", "lb-1"), ListenerPlace("listener-2", "lb-2")
BOTH = {"listener-1": "i1", "listener-2": "i2"}
FIRST, SECOND = ApiPlace("api-1", "https://1", BOTH, {}), ApiPlace("api-2", "https://2", BOTH, {})
PLACES = Places("cluster", "models", (FIRST, SECOND), (ONE, TWO))
NOWHERE = Placement()


def test_a_new_one_goes_where_there_is_room_first() -> None:
    found = place(NOWHERE, PLACES, lambda _: 0, lambda _: 0)
    assert found
    assert (found.api.id, found.listener.arn, found.integration_id) == ("api-1", "listener-1", "i1")


def test_what_is_full_is_passed_by() -> None:
    rules, routes = {"listener-1": 100, "listener-2": 99}, {"api-1": 299, "api-2": 298}
    found = place(NOWHERE, PLACES, rules.__getitem__, routes.__getitem__)
    assert found
    assert (found.api.id, found.listener.arn, found.integration_id) == ("api-2", "listener-2", "i2")


def test_when_all_are_full_there_is_no_place() -> None:
    assert place(NOWHERE, PLACES, lambda _: 100, lambda _: 0) is None
    assert place(NOWHERE, PLACES, lambda _: 0, lambda _: 300) is None


def test_one_that_has_a_place_stays_there_however_full_it_is() -> None:
    recorded = place(NOWHERE, replace(PLACES, apis=(SECOND,), listeners=(TWO,)), lambda _: 0, lambda _: 0)
    assert recorded
    found = place(recorded.recorded(), PLACES, lambda _: 1000, lambda _: 1000)
    assert found == recorded


def test_one_whose_place_is_no_more_gets_another() -> None:
    gone = Placement(api_id="api-9", listener_arn="listener-9", load_balancer_arn="lb-9")
    found = place(gone, PLACES, lambda _: 0, lambda _: 0)
    assert found
    assert (found.api.id, found.listener.arn) == ("api-1", "listener-1")
