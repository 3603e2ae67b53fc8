"""The graph of an ECS POC: what it holds, and what changes it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.strategies import pocs
from tests.unit.desired.specs import PARAMETER, SECRET, all_of, graph, one, platform, poc

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws import tags
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.existing_secret import ExistingSecret
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.listener_rule import ListenerRule
from modelpoc.aws.log_group import LogGroup
from modelpoc.aws.parameter import Parameter
from modelpoc.aws.route import Route
from modelpoc.aws.route_settings import RouteSettings
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy, ScheduledAction
from modelpoc.aws.secret import Secret, SecretValue
from modelpoc.aws.service import Service
from modelpoc.aws.target_group import TargetGroup
from modelpoc.aws.task_definition import TaskDefinition
from modelpoc.desired.poc import named_of, suspended_graph
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.resource import Ref

pytestmark = pytest.mark.unit


def kinds(found: Graph) -> list[str]:
    return [r.kind for r in found]


def environment(ecs: dict[str, Any] | None = None, **spec: Any) -> dict[str, str]:
    return dict(one(graph(poc(ecs, **spec)), TaskDefinition).environment)


# what there is


def test_a_plain_poc_has_nine_parts_less_scaling_in_their_order() -> None:
    found = kinds(graph())
    assert sorted(found) == sorted(
        ["LogGroup", "TargetGroup", "ListenerRule", "TaskDefinition", "Service", "Route", "Route"]
    )
    order = ["TargetGroup", "ListenerRule", "Service", "Route"]
    assert [found.index(kind) for kind in order] == sorted(found.index(kind) for kind in order)


def test_every_kind_in_the_graph_is_known() -> None:
    scaled = {"scaling": {"min": 1, "max": 3, "target": {"requestsPerTarget": 10}}}
    throttled = {"throttle": {"rate": 1, "burst": 1}}
    assert {r.kind for r in graph(poc(scaled, route=throttled))} <= KINDS.keys()


@given(pocs())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_valid_spec_makes_a_graph_that_aws_can_take(asked: ModelPOC) -> None:
    refs = [r.secret_key_ref for r in asked.spec.ecs.secrets if r.secret_key_ref]  # type: ignore[union-attr]
    found = graph(asked, secrets={(r.name, r.key): SecretValue(b"hush-hush") for r in refs})
    mark = str(named_of(asked, platform()).owner.mark)
    assert "hush-hush" not in repr(list(found))
    group, rule = one(found, TargetGroup), one(found, ListenerRule)
    assert re.fullmatch(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?", group.name)
    assert all(len(path) <= 128 for path in rule.paths)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,255}", one(found, TaskDefinition).name)
    for resource in found:
        if not resource.given and hasattr(resource, "tags"):
            assert resource.tags[tags.MARK] == mark
    assert all(route.mark == mark for route in all_of(found, Route))


@given(pocs())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_same_spec_makes_the_same_graph(asked: ModelPOC) -> None:
    refs = [r.secret_key_ref for r in asked.spec.ecs.secrets if r.secret_key_ref]  # type: ignore[union-attr]
    secrets = {(r.name, r.key): SecretValue(b"x") for r in refs}
    assert list(graph(asked, secrets=secrets)) == list(graph(asked, secrets=secrets))


# routing


def test_both_route_keys_lead_to_the_listeners_integration_and_wait_for_the_service() -> None:
    found = graph()
    routes = all_of(found, Route)
    assert [r.route_key for r in routes] == ["ANY /poc-deployment/echo", "ANY /poc-deployment/echo/{proxy+}"]
    assert {r.target for r in routes} == {"integrations/i1"}
    assert {r.needs for r in routes} == {(Ref("Service", one(found, Service).name),)}


def test_the_rule_takes_the_path_and_what_is_below_and_cuts_it_off() -> None:
    rule = one(graph(poc(route={"path": "/a.b/c"})), ListenerRule)
    assert rule.paths == ("/a.b/c", "/a.b/c/*")
    cut = [re.sub(rule.rewrite_from, "/\\1", p) for p in ("/a.b/c", "/a.b/c/", "/a.b/c/predict?x=1")]
    assert cut == ["/", "/", "/predict?x=1"]
    assert not re.match(rule.rewrite_from, "/axb/c")


def test_a_priority_is_honoured_and_otherwise_left_to_be_found() -> None:
    assert one(graph(poc(route={"priority": 7})), ListenerRule).priority == 7
    assert one(graph(), ListenerRule).priority is None


def test_auth_is_the_pocs_or_else_the_platforms() -> None:
    iam = platform(routing={"auth": {"type": "IAM"}})
    assert {r.auth_type for r in all_of(graph(on=iam), Route)} == {"AWS_IAM"}
    public = poc(route={"auth": {"type": "None"}})
    assert {r.auth_type for r in all_of(graph(public, iam), Route)} == {"NONE"}
    staff = poc(route={"auth": {"type": "JWT", "authorizer": "staff"}})
    routes = all_of(graph(staff), Route)
    assert {(r.auth_type, r.authorizer_id) for r in routes} == {("JWT", "auth1")}


def test_a_throttle_stands_for_each_route() -> None:
    found = all_of(graph(poc(route={"throttle": {"rate": 5, "burst": 2}})), RouteSettings)
    assert [(s.rate, s.burst, s.route_key) for s in found] == [
        (5, 2, "ANY /poc-deployment/echo"),
        (5, 2, "ANY /poc-deployment/echo/{proxy+}"),
    ]


# the container


def test_what_every_container_is_told() -> None:
    assert environment() == {
        "PORT": "8080",
        "ROOT_PATH": "poc-deployment/echo",
        "S3_BUCKET": "models",
        "S3_PREFIX": "echo/",
    }


def test_what_the_user_sets_comes_before_it() -> None:
    mine = [{"name": "ROOT_PATH", "value": ""}, {"name": "MORE", "value": "x"}]
    found = environment({"env": mine})
    assert (found["ROOT_PATH"], found["MORE"], found["S3_BUCKET"]) == ("", "x", "models")


def test_a_secret_comes_before_it_too() -> None:
    secret = {"secrets": [{"name": "S3_BUCKET", "ssmParameterArn": PARAMETER}]}
    assert "S3_BUCKET" not in environment(secret)


def test_the_placeholder_stands_in() -> None:
    assert one(graph(poc({"image": "PLACEHOLDER"})), TaskDefinition).image == "local/placeholder:1"


@pytest.mark.parametrize(("capacity", "aws"), [("OnDemand", "FARGATE"), ("Spot", "FARGATE_SPOT")])
def test_capacity_is_said_in_awss_words(capacity: str, aws: str) -> None:
    assert one(graph(poc({"capacity": capacity})), Service).capacity == aws


def test_the_artifact_is_looked_at_only_when_it_shall_roll_the_service() -> None:
    assert not all_of(graph(), Artifact)
    found = graph(poc(rollOnArtifactChange=True))
    assert one(found, Artifact).given
    versions = one(found, TaskDefinition).versions
    assert list(versions.values()) == [Ref("Artifact", "models/echo/", "version")]


# secrets


def test_secrets_of_aws_are_given_and_their_versions_count() -> None:
    found = graph(
        poc(
            {
                "secrets": [
                    {"name": "ONE", "ssmParameterArn": PARAMETER},
                    {"name": "TWO", "secretsManagerArn": f"{SECRET}:key::"},
                    {"name": "THREE", "secretsManagerArn": SECRET},
                ]
            }
        )
    )
    assert one(found, Parameter).given
    assert one(found, ExistingSecret).name == SECRET
    definition = one(found, TaskDefinition)
    assert definition.secrets == {"ONE": PARAMETER, "TWO": f"{SECRET}:key::", "THREE": SECRET}
    assert definition.versions["TWO"] == Ref("ExistingSecret", SECRET, "version")


def test_a_key_of_kubernetes_becomes_one_secret_of_ours_however_often_it_is_named() -> None:
    ref = {"secretKeyRef": {"name": "tokens", "key": "a"}}
    asked = poc({"secrets": [{"name": "ONE", **ref}, {"name": "TWO", **ref}]})
    found = graph(asked, secrets={("tokens", "a"): SecretValue(b"hush")})
    secret = one(found, Secret)
    definition = one(found, TaskDefinition)
    assert secret.name == "modelpoc/default/team/echo/tokens/a"
    assert definition.secrets == {n: Ref("Secret", secret.name) for n in ("ONE", "TWO")}
    assert definition.versions == {n: Ref("Secret", secret.name, "version") for n in ("ONE", "TWO")}


def test_another_value_is_another_fingerprint_and_shows_nowhere() -> None:
    asked = poc({"secrets": [{"name": "ONE", "secretKeyRef": {"name": "tokens", "key": "a"}}]})
    prints = {
        value: one(graph(asked, secrets={("tokens", "a"): SecretValue(value)}), Secret).fingerprint
        for value in (b"hush", b"hush2")
    }
    assert len(set(prints.values())) == 2
    assert "hush" not in repr(prints.values())


def test_the_longest_names_of_keys_still_make_a_name_that_aws_takes() -> None:
    """Secrets Manager API, CreateSecret: a name has 512 characters at most."""
    name, key = "n" * 253, "k" * 253
    asked = poc({"secrets": [{"name": "ONE", "secretKeyRef": {"name": name, "key": key}}]})
    other = {"name": "TWO", "secretKeyRef": {"name": name, "key": key[:-1] + "x"}}
    both = poc({"secrets": [{"name": "ONE", "secretKeyRef": {"name": name, "key": key}}, other]})
    assert len(one(graph(asked, secrets={(name, key): SecretValue(b"x")}), Secret).name) <= 512
    values = {(name, key): SecretValue(b"x"), (name, key[:-1] + "x"): SecretValue(b"x")}
    assert len(all_of(graph(both, secrets=values), Secret)) == 2


# scaling


def test_a_fixed_number_is_the_services_and_needs_no_autoscaling() -> None:
    found = graph(poc({"scaling": {"min": 2, "max": 2}}))
    assert one(found, Service).desired_count == 2
    assert not all_of(found, ScalableTarget)


def test_with_autoscaling_the_number_is_not_ours_but_at_first() -> None:
    wakes = [
        {"name": "day", "cron": "0 8 ? * MON-FRI *", "min": 1},
        {"name": "eve", "at": "2027-01-31T18:00:00", "max": 1},
    ]
    found = graph(poc({"scaling": {"min": 0, "max": 3, "schedule": wakes}}))
    service = one(found, Service)
    assert (service.desired_count, service.initial_count) == (None, 1)
    target = one(found, ScalableTarget)
    assert (target.name, target.min, target.max) == (f"service/{service.name}", 0, 3)
    assert [(a.schedule, a.min, a.max) for a in all_of(found, ScheduledAction)] == [
        ("cron(0 8 ? * MON-FRI *)", 1, None),
        ("at(2027-01-31T18:00:00)", None, 1),
    ]
    assert not all_of(found, ScalingPolicy)


@pytest.mark.parametrize(
    ("target", "metric"),
    [({"cpuPercent": 50}, "cpu"), ({"memoryPercent": 50}, "memory"), ({"requestsPerTarget": 50}, "requests")],
)
def test_a_target_is_held_by_a_policy(target: dict[str, int], metric: str) -> None:
    policy = one(graph(poc({"scaling": {"min": 1, "max": 3, "target": target}})), ScalingPolicy)
    assert (policy.metric, policy.target_value) == (metric, 50)
    assert (policy.target_group_arn is not None) == (metric == "requests")


# what makes another thing of it


def test_another_vpc_is_another_target_group_and_another_size_is_not() -> None:
    network = {"vpcId": "vpc-2", "subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}
    there = one(graph(on=platform(network=network)), TargetGroup)
    assert there.name != one(graph(), TargetGroup).name
    assert one(graph(poc({"cpu": 512, "memory": 1024})), TargetGroup).name == one(graph(), TargetGroup).name


def test_a_rejected_revision_is_handed_to_the_service() -> None:
    service = one(graph(rejected="arn:…:7", retry=True), Service)
    assert (service.rejected, service.retry) == ("arn:…:7", True)


def test_two_pocs_share_nothing() -> None:
    first = {r.key for r in graph(poc(name="a"))}
    second = {r.key for r in graph(poc(name="b"))}
    assert not first & second


def test_suspended_only_logs_and_owned_secrets_stay() -> None:
    asked = poc({"secrets": [{"name": "ONE", "secretKeyRef": {"name": "tokens", "key": "a"}}]}, suspend=True)
    secrets = {("tokens", "a"): SecretValue(b"x")}
    resting = suspended_graph(asked, platform(), secrets)
    assert kinds(resting) == ["LogGroup", "Secret"]
    running = {r.key: r for r in graph(asked, secrets=secrets)}
    assert all(running[r.key] == r for r in resting)
    assert one(resting, LogGroup).name == "/modelpoc/default/team/echo"
