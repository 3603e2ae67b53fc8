"""VPC links: states, and what cannot be changed."""

from __future__ import annotations

import pytest

from modelpoc.aws import tags
from modelpoc.aws.session import AwsScope
from modelpoc.aws.vpc_link import VpcLink, VpcLinkKind, observed, state
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Phase

pytestmark = pytest.mark.unit

LINK = VpcLink(
    name="modelpoc-fleet-0123456789",
    subnets=("subnet-b", "subnet-a"),
    security_groups=("sg-1",),
    tags=tags.owner_tags(Owner("fleet"), {}),
)
ANSWER = {
    "VpcLinkId": "link12",
    "Name": LINK.name,
    "SubnetIds": ["subnet-a", "subnet-b"],
    "SecurityGroupIds": ["sg-1"],
    "Tags": {**LINK.tags, tags.RESOURCE: LINK.name},
    "VpcLinkStatus": "AVAILABLE",
}


def test_what_was_just_created_shows_no_difference(scope: AwsScope) -> None:
    assert VpcLinkKind().diff(LINK, observed(scope, ANSWER)) == ()


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("PENDING", Phase.SETTLING),
        ("AVAILABLE", Phase.SETTLED),
        ("INACTIVE", Phase.SETTLED),
        ("FAILED", Phase.BROKEN),
        ("DELETING", Phase.GOING),
    ],
)
def test_each_status_is_a_state(status: str, phase: Phase) -> None:
    told = state({"VpcLinkStatus": status})
    assert told.phase is phase
    assert bool(told.message) == (status != "AVAILABLE")


def test_why_it_failed_is_told_in_awss_words() -> None:
    told = state({"VpcLinkStatus": "FAILED", "VpcLinkStatusMessage": "no address left in subnet-a"})
    assert told.message == "no address left in subnet-a"


async def test_other_subnets_are_refused_with_the_way_out(scope: AwsScope) -> None:
    have = observed(scope, ANSWER | {"SubnetIds": ["subnet-c"]})
    changes = VpcLinkKind().diff(LINK, have)
    assert [c.field for c in changes] == ["subnets"]
    with pytest.raises(Stall, match="another is needed"):
        await VpcLinkKind().update(scope, LINK, have, changes)


def test_a_new_name_by_hand_is_told(scope: AwsScope) -> None:
    have = observed(scope, ANSWER | {"Name": "renamed"})
    assert have.name == LINK.name
    assert [c.field for c in VpcLinkKind().diff(LINK, have)] == ["title"]
