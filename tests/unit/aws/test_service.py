"""ECS services: what differs, how a rollout goes, what was rejected, and why it failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.service import Service, ServiceKind, refused
from modelpoc.aws.service_history import verdict, worded
from modelpoc.aws.service_request import REVISION, create_request, revision_of, update_request
from modelpoc.aws.service_state import observed, revision_fields
from modelpoc.aws.tagging import to_ecs
from modelpoc.reconcile.errors import AlreadyThere, CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed, Phase

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "echo")
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/models"
ARN = "arn:aws:ecs:eu-west-1:123456789012:service/models/echo-0123456789"
OLD, NEW, NEWER = (
    f"arn:aws:ecs:eu-west-1:123456789012:task-definition/echo-0123456789:{n}" for n in (1, 2, 3)
)
GROUP = "arn:group"
WANT = Service(
    name="models/echo-0123456789",
    cluster_arn=CLUSTER,
    service_name="echo-0123456789",
    task_definition=OLD,
    target_group_arn=GROUP,
    container_name="model",
    port=8080,
    subnets=("subnet-1", "subnet-2"),
    security_groups=("sg-1",),
    grace_seconds=60,
    tags=tags.owner_tags(OWNER, {}),
)


def deployment(definition: str, status: str, rollout: str, running: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{definition[-1]}", "status": status, "taskDefinition": definition,
        "rolloutState": rollout, "runningCount": running, "rolloutStateReason": f"{rollout} it is", **more,
    }  # fmt: skip


UP = deployment(OLD, "PRIMARY", "COMPLETED")


def answer(*deployments: dict[str, Any], want: Service = WANT, **by_hand: Any) -> dict[str, Any]:
    """What DescribeServices says; its task definition is the primary deployment's."""
    request = create_request(want)
    shown = deployments or (UP,)
    primary = next(d for d in shown if d["status"] == "PRIMARY")
    return {
        **request,
        "taskDefinition": primary["taskDefinition"],
        "serviceArn": ARN,
        "clusterArn": CLUSTER,
        "status": "ACTIVE",
        "runningCount": sum(d["runningCount"] for d in shown),
        "pendingCount": 0,
        "deployments": list(shown),
        "tags": to_ecs(want.tags),
        **by_hand,
    }


def seen(*deployments: dict[str, Any], **by_hand: Any) -> Observed:
    return observed(answer(*deployments, **by_hand))


def changed(have: Observed, want: Service = WANT) -> list[str]:
    return [c.field for c in ServiceKind().diff(want, have)]


def test_what_was_just_created_shows_no_difference() -> None:
    have = seen()
    assert changed(have) == []
    assert (have.name, have.id, have.owner) == (WANT.name, ARN, OWNER.mark)
    assert ServiceKind().fast | {"cluster_arn", "service_name"} == have.fields.keys()


def network(**by_hand: Any) -> dict[str, Any]:
    plain = create_request(WANT)["networkConfiguration"]["awsvpcConfiguration"]
    return {"networkConfiguration": {"awsvpcConfiguration": {**plain, **by_hand}}}


def configuration(**by_hand: Any) -> dict[str, Any]:
    return {"deploymentConfiguration": {**create_request(WANT)["deploymentConfiguration"], **by_hand}}


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        ({"desiredCount": 2}, "desired_count"),
        ({"healthCheckGracePeriodSeconds": 0}, "grace_seconds"),
        ({"propagateTags": "NONE"}, "propagate_tags"),
        ({"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}, "capacity"),
        (network(subnets=["subnet-1"]), "subnets"),
        (network(securityGroups=[]), "security_groups"),
        (network(assignPublicIp="ENABLED"), "assign_public_ip"),
        (configuration(minimumHealthyPercent=50), "minimum_healthy"),
        (configuration(maximumPercent=150), "maximum"),
        (configuration(deploymentCircuitBreaker={"enable": True, "rollback": False}), "rollback"),
        (configuration(deploymentCircuitBreaker={"enable": False, "rollback": True}), "rollback"),
        ({"tags": []}, "tags"),
    ],
)
def test_a_change_by_hand_is_told(by_hand: dict[str, Any], field: str) -> None:
    assert changed(seen(**by_hand)) == [field]


def test_a_load_balancer_taken_off_is_told() -> None:
    assert changed(seen(loadBalancers=[])) == ["target_group_arn", "container_name", "port"]


def test_launched_on_fargate_is_capacity_on_fargate() -> None:
    assert changed(seen(capacityProviderStrategy=[], launchType="FARGATE")) == []


def test_the_order_of_subnets_does_not_matter() -> None:
    assert changed(seen(), replace(WANT, subnets=WANT.subnets[::-1])) == []


def test_a_count_that_autoscaling_decides_is_left_alone() -> None:
    scaled = replace(WANT, desired_count=None, initial_count=3)
    assert changed(seen(desiredCount=9), scaled) == []
    assert create_request(scaled)["desiredCount"] == 3
    assert "desiredCount" not in update_request(scaled, REVISION)


# how it is


def test_one_completed_deployment_with_all_its_tasks_is_settled() -> None:
    assert seen().state.phase is Phase.SETTLED


@pytest.mark.parametrize(
    ("deployments", "counts", "message"),
    [
        ((deployment(OLD, "PRIMARY", "IN_PROGRESS", 0),), {}, "0/1 tasks running"),
        ((deployment(OLD, "PRIMARY", "COMPLETED", 0),), {}, "0/1 tasks running"),
        ((UP,), {"desiredCount": 2}, "1/2 tasks running"),
        (
            (deployment(OLD, "PRIMARY", "IN_PROGRESS", 0, pendingCount=1, failedTasks=2),),
            {},
            "0/1 tasks running, 1 starting, 2 failed",
        ),
        (
            (deployment(NEW, "PRIMARY", "COMPLETED"), deployment(OLD, "ACTIVE", "COMPLETED")),
            {},
            "1/1 tasks running, 1 of echo-0123456789:1 still running",
        ),
    ],
)
def test_until_then_a_rollout_is_under_way(
    deployments: tuple[dict[str, Any], ...], counts: dict[str, Any], message: str
) -> None:
    state = seen(*deployments, **counts).state
    assert (state.phase, state.reason, state.message) == (Phase.SETTLING, "RollingOut", message)


def test_no_tasks_wanted_is_settled_too() -> None:
    assert seen(deployment(OLD, "PRIMARY", "COMPLETED", 0), desiredCount=0).state.phase is Phase.SETTLED


def test_a_draining_service_is_going() -> None:
    state = seen(status="DRAINING", runningCount=1).state
    assert (state.phase, "1 tasks are left" in state.message) == (Phase.GOING, True)


def test_what_serves_is_the_last_that_came_up() -> None:
    starting = deployment(NEW, "PRIMARY", "IN_PROGRESS", 0)
    assert seen(starting, deployment(OLD, "ACTIVE", "COMPLETED")).attrs["serving"] == OLD
    assert seen(deployment(NEW, "PRIMARY", "COMPLETED")).attrs["serving"] == NEW
    assert seen(deployment(NEW, "PRIMARY", "IN_PROGRESS", 1)).attrs["serving"] == NEW
    assert seen(starting).attrs["serving"] is None


def test_everything_it_points_at_stays() -> None:
    have = seen(deployment(NEW, "PRIMARY", "IN_PROGRESS"), deployment(OLD, "ACTIVE", "COMPLETED"))
    assert have.refs == {CLUSTER, GROUP, OLD, NEW}


# what failed

FAILED_FIRST = (deployment(NEW, "PRIMARY", "FAILED", 0),)
ROLLING_BACK = (deployment(OLD, "PRIMARY", "IN_PROGRESS"), deployment(NEW, "ACTIVE", "FAILED", 0))
BACK = (UP,)


@pytest.mark.parametrize("deployments", [FAILED_FIRST, ROLLING_BACK])
def test_a_failed_rollout_is_broken_and_not_tried_again(deployments: tuple[dict[str, Any], ...]) -> None:
    want = replace(WANT, task_definition=NEW)
    have = seen(*deployments)
    state = ServiceKind().state_for(want, have)
    assert changed(have, want) == []
    assert (state.phase, state.reason) == (Phase.BROKEN, "RolloutFailed")
    assert "FAILED it is" in state.message
    assert have.attrs["failed"] == NEW


def test_a_noted_rejection_outlives_what_aws_shows() -> None:
    want = replace(WANT, task_definition=NEW, rejected=NEW)
    state = ServiceKind().state_for(want, seen(*BACK))
    assert changed(seen(*BACK), want) == []
    assert (state.phase, state.reason) == (Phase.BROKEN, "RolloutFailed")


def test_other_fields_are_mended_while_a_rejection_stands() -> None:
    want = replace(WANT, task_definition=NEW, rejected=NEW, port=9090)
    assert changed(seen(*BACK, healthCheckGracePeriodSeconds=1), want) == ["grace_seconds"]


def test_a_good_spec_recovers_at_once() -> None:
    for deployments in (FAILED_FIRST, ROLLING_BACK):
        want = replace(WANT, task_definition=NEWER, rejected=NEW)
        assert changed(seen(*deployments), want) == ["task_definition"]


def test_going_back_to_what_serves_is_no_failure() -> None:
    want = replace(WANT, rejected=NEW)
    assert changed(seen(*ROLLING_BACK), want) == []
    assert ServiceKind().state_for(want, seen(*ROLLING_BACK)).phase is Phase.SETTLING
    assert ServiceKind().state_for(want, seen(*BACK)).phase is Phase.SETTLED


@pytest.mark.parametrize("deployments", [FAILED_FIRST, ROLLING_BACK, BACK])
def test_a_retry_is_forced(deployments: tuple[dict[str, Any], ...]) -> None:
    want = replace(WANT, task_definition=NEW, rejected=NEW, retry=True)
    assert changed(seen(*deployments), want) == ["task_definition"]
    assert update_request(want, {"task_definition"})["forceNewDeployment"] is True


def test_a_retry_under_way_is_not_forced_again() -> None:
    want = replace(WANT, task_definition=NEW, rejected=NEW, retry=True)
    again = (deployment(NEW, "PRIMARY", "IN_PROGRESS", 0), deployment(NEW, "ACTIVE", "FAILED", 0))
    assert changed(seen(*again), want) == []
    assert ServiceKind().state_for(want, seen(*again)).phase is Phase.SETTLING


# what became of earlier rollouts

START = datetime(2026, 11, 22, tzinfo=UTC)


def rollout(revision: str, status: str, minutes: int = 0) -> dict[str, Any]:
    return {
        "targetServiceRevisionArn": revision, "status": status, "statusReason": f"{status} it is",
        "createdAt": START + timedelta(minutes=minutes),
    }  # fmt: skip


NEW_FIELDS = revision_of(replace(WANT, task_definition=NEW))
REVISIONS = {"old": revision_of(WANT), "new": NEW_FIELDS}


@pytest.mark.parametrize(
    ("newest_first", "reason"),
    [
        ([rollout("new", "ROLLBACK_SUCCESSFUL")], "ROLLBACK_SUCCESSFUL it is"),
        ([rollout("new", "ROLLBACK_FAILED"), rollout("new", "SUCCESSFUL")], "ROLLBACK_FAILED it is"),
        ([rollout("new", "SUCCESSFUL"), rollout("new", "ROLLBACK_FAILED")], None),
        ([rollout("old", "ROLLBACK_FAILED")], None),
        ([rollout("unknown", "ROLLBACK_FAILED")], None),
        ([], None),
    ],
)
def test_the_newest_rollout_of_the_same_decides(newest_first: list[Any], reason: str | None) -> None:
    assert verdict(newest_first, REVISIONS, NEW_FIELDS) == reason


def test_a_revision_is_compared_in_the_words_of_what_is_wanted() -> None:
    assert revision_fields(answer()) == revision_of(WANT)


# requests and refusals


def test_only_what_changed_is_written() -> None:
    assert update_request(WANT, {"desired_count"}) == {"desiredCount": 1}
    assert update_request(WANT, {"tags"}) == {}
    assert update_request(WANT, {"task_definition"}) == {"taskDefinition": OLD}
    assert update_request(WANT, {"port"}).keys() == {"loadBalancers"}
    assert update_request(WANT, {"capacity"}).keys() == {"capacityProviderStrategy", "forceNewDeployment"}


def test_a_rollout_that_fails_is_undone_by_aws() -> None:
    breaker = create_request(WANT)["deploymentConfiguration"]["deploymentCircuitBreaker"]
    assert breaker == {"enable": True, "rollback": True}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Unable to Start a service that is still Draining.", NotYet),
        ("Creation of service was not idempotent.", AlreadyThere),
        ("The target group arn:x does not have an associated load balancer.", NotYet),
        ("Invalid subnet.", Stall),
    ],
)
def test_a_refusal_is_told_by_its_words(words: str, error: type[CloudError]) -> None:
    assert isinstance(refused(Stall("InvalidSpec", words)), error)


def test_a_missing_cluster_may_yet_come() -> None:
    assert isinstance(refused(Gone("no cluster")), NotYet)


# why it failed


def test_an_exit_is_told_with_the_last_lines() -> None:
    said = worded(
        {"stoppedReason": "Essential container in task exited"}, {"exitCode": 3}, ["Traceback", "boom"]
    )
    assert said == (
        "container exited with 3: Essential container in task exited; last lines: Traceback | boom"
    )


def test_a_pull_that_failed_is_told_by_the_containers_reason() -> None:
    said = worded({"stoppedReason": "Task failed to start"}, {"reason": "CannotPullContainerError: no"}, [])
    assert said == "Task failed to start: CannotPullContainerError: no"


def test_a_long_log_is_cut_to_its_end() -> None:
    said = worded({}, {"exitCode": 1}, ["x" * 5_000, "the end"])
    assert len(said) == 1_000
    assert said.endswith("the end")
    assert said.startswith("container exited with 1")
