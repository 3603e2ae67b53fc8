"""Stages: throttles, automatic deployment, what a failed deployment says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelpoc.aws import tags
from modelpoc.aws.session import AwsScope
from modelpoc.aws.stage import Stage, StageKind, observed, request, state
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Phase

pytestmark = pytest.mark.unit

NAME = "modelpoc-fleet-0123456789"
OWNER = Owner("fleet")
STAGE = Stage(
    name=f"{NAME}/$default",
    api_id="api1234567",
    throttle_rate=50.0,
    throttle_burst=100,
    tags=tags.owner_tags(OWNER, {}),
)


def answered(stage: Stage) -> dict[str, object]:
    return {"StageName": "$default", "Tags": dict(stage.tags), **request(stage)}


def test_what_was_just_created_shows_no_difference(scope: AwsScope) -> None:
    have = observed(scope, NAME, "api1234567", answered(STAGE))
    assert StageKind().diff(STAGE, have) == ()
    assert (have.name, have.owner, have.refs) == (STAGE.name, OWNER.mark, {"api1234567"})


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"AutoDeploy": False}, "auto_deploy"),
        (
            {"DefaultRouteSettings": {"ThrottlingRateLimit": 1.0, "ThrottlingBurstLimit": 100}},
            "throttle_rate",
        ),
        (
            {"DefaultRouteSettings": {"ThrottlingRateLimit": 50.0, "ThrottlingBurstLimit": 1}},
            "throttle_burst",
        ),
        ({"Tags": {}}, "tags"),
    ],
)
def test_a_change_by_hand_is_told(scope: AwsScope, by_hand: dict[str, object], field: str) -> None:
    have = observed(scope, NAME, "api1234567", answered(STAGE) | by_hand)
    assert [c.field for c in StageKind().diff(STAGE, have)] == [field]


def test_without_a_throttle_nothing_is_said_of_it() -> None:
    assert request(replace(STAGE, throttle_rate=None, throttle_burst=None)) == {"AutoDeploy": True}


def test_the_stage_of_a_given_api_is_nobodys(scope: AwsScope) -> None:
    assert observed(scope, "api1234567", "api1234567", answered(STAGE)).owner is None


def test_a_stage_without_routes_is_well() -> None:
    said = "Failed to deploy API to stage '$default': no valid routes exist"
    assert state({"LastDeploymentStatusMessage": said}).message == ""


def test_a_failed_deployment_is_told_while_the_last_goes_on_serving() -> None:
    told = state({"LastDeploymentStatusMessage": "Deployment attempt failed: bad integration"})
    assert (told.phase, told.message) == (Phase.SETTLED, "Deployment attempt failed: bad integration")
