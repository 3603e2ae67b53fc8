"""Target groups: the request, the answer read back, what differs."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.target_group import TargetGroup, TargetGroupKind, create_request, observed
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "echo")
WANT = TargetGroup(name="echo-0123456789", vpc_id="vpc-1", tags=tags.owner_tags(OWNER, {}))
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/echo-0123456789/1"


def answer(want: TargetGroup = WANT, **by_hand: Any) -> dict[str, Any]:
    """What AWS says after a create."""
    request = create_request(want)
    return {"TargetGroupName": request.pop("Name"), "TargetGroupArn": ARN, **request, **by_hand}


def changed(**by_hand: Any) -> list[str]:
    return [c.field for c in TargetGroupKind().diff(WANT, observed(answer(**by_hand), WANT.tags))]


def test_what_was_just_created_shows_no_difference() -> None:
    assert changed() == []


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"HealthCheckPath": "/"}, "health_path"),
        ({"HealthCheckIntervalSeconds": 30}, "health_interval"),
        ({"HealthCheckTimeoutSeconds": 6}, "health_timeout"),
        ({"HealthyThresholdCount": 5}, "healthy_threshold"),
        ({"UnhealthyThresholdCount": 2}, "unhealthy_threshold"),
        ({"Matcher": {"HttpCode": "200-399"}}, "matcher"),
        ({"VpcId": "vpc-2"}, "vpc_id"),
        ({"Port": 8080}, "port"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, Any], field: str) -> None:
    assert changed(**by_hand) == [field]


def test_it_is_known_by_its_arn_and_its_owner() -> None:
    have = observed(answer(), WANT.tags)
    assert (have.name, have.id, have.attrs["arn"], have.owner) == (WANT.name, ARN, ARN, OWNER.mark)
    assert observed(answer(), {}).owner is None


def test_the_delay_does_not_differ_until_it_was_read() -> None:
    have = observed(answer(), WANT.tags)
    assert "deregistration_delay" not in have.fields


def test_health_is_asked_where_requests_go() -> None:
    request = create_request(WANT)
    assert request["HealthCheckPort"] == "traffic-port"
    assert (request["TargetType"], request["Protocol"], request["ProtocolVersion"]) == ("ip", "HTTP", "HTTP1")
