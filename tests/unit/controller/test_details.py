"""The details beside Ready speak of the same cause as Ready."""

from __future__ import annotations

import pytest
from tests.unit.controller import stuck_states
from tests.unit.controller.story import Story

from modelpoc.api.conditions import Reason
from modelpoc.reconcile.errors import CloudError, NotYet

pytestmark = pytest.mark.unit

WORDS = "CreateService: the target group is not attached yet"


@pytest.mark.parametrize(
    ("error", "reason"), [(NotYet(WORDS), Reason.CREATING), (stuck_states.THROTTLED, Reason.AWS_UNAVAILABLE)]
)
def test_what_only_waits_for_another_thing_is_no_trouble_of_aws(error: CloudError, reason: Reason) -> None:
    story = Story()
    story.held.give()
    story.held.make(until=lambda step: step.kind == "TargetGroup")
    story.held.errors["TargetGroup"] = error
    status = story.passed().poc.status
    said = {c.type: c for c in status.conditions}
    assert said["Deployed"].reason == said["Ready"].reason == reason
    assert str(error) in said["Deployed"].message
