"""A pass comes when an end is to be told, not only when it is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.controller.held import PLATFORM, poc
from tests.unit.notify.reader import START

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.platform_policy import PlatformNotifications
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.pace import next_look
from modelpoc.controller.settings import Settings
from modelpoc.desired.life import lifetime
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.plan import Plan

pytestmark = pytest.mark.unit
RARELY = Settings(fast_resync=10 * 86_400)
DAY = timedelta(days=1)


def _platform(**told: str) -> ModelPlatform:
    ref = {"slackWebhook": {"namespace": "ops", "name": "news"}}
    news = PlatformNotifications.model_validate({**ref, **told}) if told else None
    return PLATFORM.model_copy(update={"spec": PLATFORM.spec.model_copy(update={"notifications": news})})


def _poc() -> ModelPOC:
    made = poc("iris", ttl="8d")
    return made.model_copy(update={"status": made.status.model_copy(update={"resumed_at": START})})


@pytest.mark.parametrize(
    ("told", "passed", "seconds"),
    [
        ({"expiryWarning": "24h"}, timedelta(0), 7 * DAY),
        ({"expiryWarning": "24h"}, 7 * DAY, DAY),
        ({"expiryWarning": "90d"}, timedelta(0), 6 * DAY),
        ({}, timedelta(0), 8 * DAY),
    ],
)
def test_the_next_look(told: dict[str, str], passed: timedelta, seconds: timedelta) -> None:
    now = START + passed
    found = Finding(Goal.RUN, lived=lifetime(_poc(), _platform(**told), now), outcome=Outcome(Plan(())))
    assert next_look(found, RARELY, now, float("inf")).seconds == seconds.total_seconds()
