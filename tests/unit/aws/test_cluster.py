"""Clusters: by name or ARN, at least our capacity providers."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.cluster import Cluster, ClusterKind, called, observed, state
from modelpoc.aws.tagging import to_ecs
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Phase

pytestmark = pytest.mark.unit

OWNER = Owner("fleet")
CLUSTER = Cluster(name="modelpoc-fleet-0123456789", tags=tags.owner_tags(OWNER, {}))
ARN = f"arn:aws:ecs:eu-west-1:123456789012:cluster/{CLUSTER.name}"
ANSWER: dict[str, Any] = {
    "clusterArn": ARN,
    "clusterName": CLUSTER.name,
    "status": "ACTIVE",
    "capacityProviders": ["FARGATE_SPOT", "FARGATE"],
    "tags": to_ecs(CLUSTER.tags),
}


def test_what_was_just_created_shows_no_difference() -> None:
    have = observed(ANSWER)
    assert ClusterKind().diff(CLUSTER, have) == ()
    assert (have.name, have.id, have.owner) == (CLUSTER.name, ARN, OWNER.mark)


def test_a_provider_taken_away_is_missed_and_one_added_is_welcome() -> None:
    fewer, more = (
        {"capacityProviders": names} for names in (["FARGATE"], ["FARGATE", "FARGATE_SPOT", "own"])
    )
    assert [c.field for c in ClusterKind().diff(CLUSTER, observed(ANSWER | fewer))] == ["capacity_providers"]
    assert ClusterKind().diff(CLUSTER, observed(ANSWER | more)) == ()


def test_one_given_by_its_arn_is_found_by_it_and_nobodys() -> None:
    (given,) = called(ANSWER, [ARN, "other"])
    assert (given.name, given.owner, given.attrs["name"]) == (ARN, None, CLUSTER.name)


def test_one_of_ours_keeps_its_owner() -> None:
    (ours,) = called(ANSWER, [CLUSTER.name])
    assert ours.owner == OWNER.mark


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("ACTIVE", Phase.SETTLED),
        ("PROVISIONING", Phase.SETTLING),
        ("DEPROVISIONING", Phase.GOING),
        ("FAILED", Phase.BROKEN),
    ],
)
def test_each_status_is_a_state(status: str, phase: Phase) -> None:
    assert state(status).phase is phase
