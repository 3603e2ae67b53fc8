"""A platform's own graph: what each runtime needs of it."""

from __future__ import annotations

import pytest
from tests.unit.desired.specs import platform

from modelpoc.api.status import Placement
from modelpoc.aws.http_api import HttpApi
from modelpoc.desired.places import place
from modelpoc.desired.platform import places_of, platform_graph
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit


def test_with_ecs_there_is_a_way_to_containers() -> None:
    kinds = sorted(r.kind for r in platform_graph(platform()))
    once = ["Cluster", "HttpApi", "Integration", "Listener", "LoadBalancer", "Stage", "VpcLink"]
    assert kinds == once


def test_without_ecs_nothing_is_paid_for_that_only_containers_need() -> None:
    assert sorted(r.kind for r in platform_graph(platform(ecs=None))) == ["HttpApi", "Stage"]


def test_without_ecs_the_api_is_place_enough() -> None:
    places = places_of(platform(ecs=None), _only_the_api)
    assert places
    assert places.listeners == ()
    where = place(Placement(), places, lambda _: 0, lambda _: 0, balanced=False)
    assert where
    assert (where.api.id, where.listener) == ("a1", None)
    assert place(Placement(), places, lambda _: 0, lambda _: 0) is None
    assert places_of(platform(), _only_the_api) is None


def test_the_public_url_is_the_gateways_own_or_the_custom_domain() -> None:
    own = places_of(platform(ecs=None), _only_the_api)
    named = platform(ecs=None, routing={"customDomain": {"name": "models.example.org"}})
    custom = places_of(named, _only_the_api)
    assert own
    assert custom
    assert [p.apis[0].endpoint for p in (own, custom)] == [
        "https://a1.example.com",
        "https://models.example.org",
    ]
    assert list(platform_graph(named)) == list(platform_graph(platform(ecs=None)))


def _only_the_api(kind: str, name: str) -> Observed | None:
    attrs = {"id": "a1", "endpoint": "https://a1.example.com/"}
    return Observed(kind, name, "a1", attrs=attrs) if kind == HttpApi.kind else None
