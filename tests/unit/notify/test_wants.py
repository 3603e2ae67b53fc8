"""A POC's own events come before its platform's; without notifications on the platform nothing is told."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.controller.held import PLATFORM, poc

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.platform_policy import PlatformNotifications
from modelpoc.notify.wants import wants_of

pytestmark = pytest.mark.unit
REF = {"namespace": "ops", "name": "news"}


def _platform(**told: Any) -> ModelPlatform:
    news = PlatformNotifications.model_validate(told) if told else None
    return PLATFORM.model_copy(update={"spec": PLATFORM.spec.model_copy(update={"notifications": news})})


@pytest.mark.parametrize(
    ("own", "events"),
    [
        ({}, {"Failure", "Recovery", "Success", "Expiry", "Suspended"}),
        ({"notifications": {"events": ["Suspended"]}}, {"Suspended"}),
        ({"notifications": {"events": []}}, set()),
    ],
)
def test_events(own: dict[str, Any], events: set[str]) -> None:
    wants = wants_of(poc("iris", **own), _platform(slackWebhook=REF))
    assert wants
    assert {event.value for event in wants.events} == events


@pytest.mark.parametrize(
    ("told", "to"),
    [
        ({"slackWebhook": REF}, ("slack",)),
        ({"slackBot": {**REF, "channel": "#pocs"}, "webhook": REF}, ("slack", "webhook")),
        ({"webhook": REF}, ("webhook",)),
    ],
)
def test_sinks(told: dict[str, Any], to: tuple[str, ...]) -> None:
    wants = wants_of(poc("iris"), _platform(**told))
    assert wants
    assert wants.to == to


def test_none() -> None:
    assert wants_of(poc("iris"), _platform()) is None
