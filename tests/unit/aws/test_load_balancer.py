"""Load balancers: states, order of subnets, what cannot be changed."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.load_balancer import LoadBalancer, LoadBalancerKind, observed, state
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Phase

pytestmark = pytest.mark.unit

OWNER = Owner("fleet")
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/mp-0123456789/50dc6c495c0c9188"
BALANCER = LoadBalancer(
    name="mp-0123456789",
    subnets=("subnet-b", "subnet-a"),
    security_groups=("sg-2", "sg-1"),
    tags=tags.owner_tags(OWNER, {}),
)
ANSWER: dict[str, Any] = {
    "LoadBalancerArn": ARN,
    "LoadBalancerName": BALANCER.name,
    "DNSName": "internal-mp.eu-west-1.elb.amazonaws.com",
    "Scheme": "internal",
    "AvailabilityZones": [{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b"}],
    "SecurityGroups": ["sg-1", "sg-2"],
    "State": {"Code": "active"},
}


def test_what_was_just_created_shows_no_difference() -> None:
    have = observed(ANSWER, BALANCER.tags)
    assert LoadBalancerKind().diff(BALANCER, have) == ()
    assert have.owner == OWNER.mark


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"Scheme": "internet-facing"}, "scheme"),
        ({"AvailabilityZones": [{"SubnetId": "subnet-c"}]}, "subnets"),
        ({"SecurityGroups": ["sg-1"]}, "security_groups"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, object], field: str) -> None:
    have = observed(ANSWER | by_hand, BALANCER.tags)
    assert [c.field for c in LoadBalancerKind().diff(BALANCER, have)] == [field]


def test_autoscaling_learns_its_label() -> None:
    assert observed(ANSWER, {}).attrs["label"] == "app/mp-0123456789/50dc6c495c0c9188"


@pytest.mark.parametrize(
    ("code", "phase"),
    [
        ("provisioning", Phase.SETTLING),
        ("active", Phase.SETTLED),
        ("active_impaired", Phase.SETTLED),
        ("failed", Phase.BROKEN),
    ],
)
def test_each_code_is_a_state(code: str, phase: Phase) -> None:
    assert state({"Code": code}).phase is phase


async def test_another_scheme_is_refused_with_the_way_out(scope: AwsScope) -> None:
    have = observed(ANSWER | {"Scheme": "internet-facing"}, BALANCER.tags)
    kind = LoadBalancerKind()
    with pytest.raises(Stall, match="internet-facing"):
        await kind.update(scope, BALANCER, have, kind.diff(BALANCER, have))
