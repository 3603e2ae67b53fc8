"""Listeners: names in tags, one for each port, the answer of last resort."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.listener import Listener, ListenerKind, default_answer, observed, request
from modelpoc.reconcile.owner import Owner

pytestmark = pytest.mark.unit

LB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/lb/1"
ARN = LB.replace("loadbalancer/", "listener/") + "/2"
LISTENER = Listener(
    name="modelpoc-fleet-0123456789", load_balancer_arn=LB, tags=tags.owner_tags(Owner("fleet"), {})
)
TAGS = {**LISTENER.tags, tags.RESOURCE: LISTENER.name}
ANSWER: dict[str, Any] = {"ListenerArn": ARN, "LoadBalancerArn": LB, **request(LISTENER)}


def test_what_was_just_created_shows_no_difference() -> None:
    have = observed(ANSWER, TAGS)
    assert ListenerKind().diff(LISTENER, have) == ()
    assert (have.name, have.id, have.refs) == (LISTENER.name, ARN, {LB})


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"Port": 81}, "port"),
        ({"Protocol": "HTTPS"}, "protocol"),
        ({"DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:x"}]}, "default_answer"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, object], field: str) -> None:
    assert [c.field for c in ListenerKind().diff(LISTENER, observed(ANSWER | by_hand, TAGS))] == [field]


def test_two_cannot_have_one_port() -> None:
    assert ListenerKind().claims(LISTENER) == observed(ANSWER, {}).claims


def test_one_that_is_not_ours_is_named_by_its_arn() -> None:
    assert (observed(ANSWER, {}).name, observed(ANSWER, {}).owner) == (ARN, None)


def test_the_default_answer_is_json_within_awss_size() -> None:
    status, content_type, body = LISTENER.default_answer
    assert (status, content_type) == ("404", "application/json")
    assert len(body) <= 1_024


def test_no_action_reads_as_none() -> None:
    assert default_answer([]) == ()
