"""Scaling: limits that a schedule moves, measures, names that tell ours from others'."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modelpoc.aws import scalable_target, scaled, scaling_policy, scheduled_action, tags
from modelpoc.aws.scalable_target import LIMITS, ScalableTarget, ScalableTargetKind
from modelpoc.aws.scaling_policy import ScalingPolicy, ScalingPolicyKind
from modelpoc.aws.scheduled_action import ScheduledAction, ScheduledActionKind
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "echo")
ID = "service/models/echo-0123456789"
TARGET = ScalableTarget(name=ID, min=1, max=4, tags=tags.owner_tags(OWNER, {}))
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/lb/1"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/echo-0123456789/2"
POLICY = ScalingPolicy(
    name=f"{ID}/target", resource_id=ID, policy_name="target", metric="cpu", target_value=60
)
REQUESTS = replace(POLICY, metric="requests", load_balancer_arn=BALANCER, target_group_arn=GROUP)
ACTION = ScheduledAction(
    name=f"{ID}/morning", resource_id=ID, action_name="morning", schedule="cron(0 8 * * ? *)", min=1, max=4
)

ENDPOINT = "endpoint/counter-0123456789/variant/model"
INVOCATIONS = replace(
    POLICY, name=f"{ENDPOINT}/target", resource_id=ENDPOINT, metric="invocations", target_value=100
)


def target(least: int, most: int) -> dict[str, Any]:
    return {**TARGET.place, "MinCapacity": least, "MaxCapacity": most, "ScalableTargetARN": "arn:target"}


def changed(want: ScalableTarget, have: Observed) -> list[str]:
    return [c.field for c in ScalableTargetKind().diff(want, have)]


def test_limits_moved_by_hand_differ(scope: AwsScope) -> None:
    have = scalable_target.observed(scope, target(1, 9), TARGET.all_tags)
    assert changed(TARGET, have) == ["max"]
    assert changed(TARGET, scalable_target.observed(scope, target(1, 4), TARGET.all_tags)) == []


def test_limits_moved_by_a_schedule_do_not_differ(scope: AwsScope) -> None:
    want = replace(TARGET, scheduled=True)
    have = scalable_target.observed(scope, target(0, 0), TARGET.all_tags)
    assert changed(want, have) == []


def test_other_limits_in_the_spec_differ_though_a_schedule_moved_them(scope: AwsScope) -> None:
    want = replace(TARGET, scheduled=True, max=8)
    have = scalable_target.observed(scope, target(1, 4), TARGET.all_tags)
    assert changed(want, have) == ["limits"]


def test_a_target_without_tags_is_its_services_owners(scope: AwsScope) -> None:
    service = Observed("Service", "models/echo-0123456789", id="arn:service", owner=OWNER.mark)
    scope.inventory.wrote(service)
    have = scalable_target.observed(scope, target(1, 4), None)
    assert (have.owner, have.refs) == (OWNER.mark, {"arn:service"})
    assert "tags" not in have.fields


def test_an_endpoint_is_scaled_by_its_variants_instances(scope: AwsScope) -> None:
    put = scaling_policy.put_request(INVOCATIONS)
    assert put["ServiceNamespace"] == "sagemaker"
    assert put["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert put["PolicyName"] == "target-0123456789"


def test_an_endpoints_target_is_its_endpoints_owners(scope: AwsScope) -> None:
    endpoint = Observed("Endpoint", "counter-0123456789", id="arn:endpoint", owner=OWNER.mark)
    scope.inventory.wrote(endpoint)
    want = replace(TARGET, name=ENDPOINT)
    row = {**want.place, "MinCapacity": 1, "MaxCapacity": 4, "ScalableTargetARN": "arn:target"}
    have = scalable_target.observed(scope, row, None)
    assert (have.name, have.owner, have.refs) == (ENDPOINT, OWNER.mark, {"arn:endpoint"})
    scope.inventory.wrote(have)
    policy = scaling_policy.observed(scope, scaling_policy.put_request(INVOCATIONS))
    assert (policy.owner, policy.refs) == (OWNER.mark, {ENDPOINT})


@pytest.mark.parametrize(
    ("resource_id", "ours"),
    [
        (ID, True),
        (ENDPOINT, True),
        ("endpoint/theirs/variant/model-0123456789", False),
        ("service/models/theirs", False),
    ],
)
def test_what_others_scale_is_told_by_its_carriers_name(resource_id: str, ours: bool) -> None:
    assert scaled.ours(resource_id) is ours


def test_endpoints_are_asked_about_only_where_there_are_any(scope: AwsScope) -> None:
    assert scaled.namespaces(scope) == ["ecs"]
    scope.inventory.wrote(Observed("ScalableTarget", ENDPOINT, id=ENDPOINT))
    assert scaled.namespaces(scope) == ["ecs", "sagemaker"]


def test_limits_in_the_tag_are_the_specs(scope: AwsScope) -> None:
    assert TARGET.all_tags[LIMITS] == "1-4"


@pytest.mark.parametrize("want", [POLICY, REQUESTS, replace(POLICY, metric="memory"), INVOCATIONS])
def test_what_was_just_put_shows_no_difference(scope: AwsScope, want: ScalingPolicy) -> None:
    have = scaling_policy.observed(scope, scaling_policy.put_request(want))
    assert have.name == want.name
    assert ScalingPolicyKind().diff(want, have) == ()


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"metric": "memory"}, "metric"),
        ({"target_value": 61}, "target_value"),
        ({"scale_in_cooldown": 1}, "scale_in_cooldown"),
        ({"scale_out_cooldown": 1}, "scale_out_cooldown"),
    ],
)
def test_another_policy_differs(scope: AwsScope, other: dict[str, Any], field: str) -> None:
    have = scaling_policy.observed(scope, scaling_policy.put_request(replace(POLICY, **other)))
    assert [c.field for c in ScalingPolicyKind().diff(POLICY, have)] == [field]


@pytest.mark.parametrize("configuration", [None, {"DisableScaleIn": True, "TargetValue": 60.0}])
def test_a_policy_of_another_sort_differs(scope: AwsScope, configuration: Any) -> None:
    put = {**scaling_policy.put_request(POLICY), "TargetTrackingScalingPolicyConfiguration": configuration}
    assert [c.field for c in ScalingPolicyKind().diff(POLICY, scaling_policy.observed(scope, put))] == [
        "metric"
    ]


def test_requests_are_counted_by_load_balancer_and_group() -> None:
    put = scaling_policy.put_request(REQUESTS)["TargetTrackingScalingPolicyConfiguration"]
    label = put["PredefinedMetricSpecification"]["ResourceLabel"]
    assert label == "app/lb/1/targetgroup/echo-0123456789/2"


def test_what_others_put_on_our_target_stays_theirs(scope: AwsScope) -> None:
    scope.inventory.wrote(Observed("ScalableTarget", ID, id=ID, owner=OWNER.mark))
    theirs = {**scaling_policy.put_request(POLICY), "PolicyName": "by-hand"}
    assert scaling_policy.observed(scope, theirs).owner is None
    assert scaling_policy.observed(scope, scaling_policy.put_request(POLICY)).owner == OWNER.mark
    action = {**scheduled_action.put_request(ACTION), "ScheduledActionName": "by-hand"}
    assert scheduled_action.observed(scope, action).owner is None
    assert scheduled_action.observed(scope, scheduled_action.put_request(ACTION)).owner == OWNER.mark


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"schedule": "cron(0 9 * * ? *)"}, "schedule"),
        ({"timezone": "Europe/Madrid"}, "timezone"),
        ({"min": 2}, "min"),
        ({"max": None}, "max"),
    ],
)
def test_another_schedule_differs(scope: AwsScope, other: dict[str, Any], field: str) -> None:
    have = scheduled_action.observed(scope, scheduled_action.put_request(replace(ACTION, **other)))
    assert [c.field for c in ScheduledActionKind().diff(ACTION, have)] == [field]


def test_a_limit_no_longer_asked_for_differs(scope: AwsScope) -> None:
    have = scheduled_action.observed(scope, scheduled_action.put_request(ACTION))
    assert [c.field for c in ScheduledActionKind().diff(replace(ACTION, min=None), have)] == ["min"]
    assert ScheduledActionKind().diff(ACTION, have) == ()
