"""Every kind of thing that the operator owns, deleted by hand: the next resync begins to bring it back.

AWS refuses to delete what others point at, so whoever deletes it by hand first deletes those; they come back
with it. Everything else stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.local.aws_listing import differences, holdings
from tests.local.by_hand import NOT_OURS, SCALING
from tests.local.engine_world import EngineCloud, Operator, told
from tests.local.everything import PLATFORM, POCS, everything, everything_settles

from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.act import Ages
from modelpoc.reconcile.resource import Observed, Phase

pytestmark = pytest.mark.local

Delete = Callable[[Operator], object]
ANEW = Ages(listing=0.0, settling=0.0)


@pytest.fixture(scope="module")
def full(engine_cloud: EngineCloud) -> Iterator[Operator]:
    made = Operator(engine_cloud, engine_cloud.platform(**PLATFORM))
    everything(made)
    yield made
    made.close()


def everyone(operator: Operator, kind: str) -> list[Observed]:
    """All of this kind that the platform or a POC owns."""
    marks = {operator.platform_mark, *map(operator.mark, operator.pocs)}
    return [o for o in operator.scope.inventory.of_kind(kind) if o.owner in marks]


def one(operator: Operator, kind: str) -> Observed:
    owned = everyone(operator, kind)
    return next((o for o in owned if o.owner == operator.mark("scaled")), owned[0])


def gateway(operation: str, word: str = "") -> Callable[[Operator, Observed], None]:
    def delete(operator: Operator, have: Observed) -> None:
        api, _, inner = have.id.partition("/")
        which = {"ApiId": api, **({word: inner} if word else {})}
        getattr(operator.cloud.client("apigatewayv2"), operation)(**which)

    return delete


delete_route = gateway("delete_route", "RouteId")
delete_integration = gateway("delete_integration", "IntegrationId")


def patiently(delete: Callable[[Operator, Observed], object], operator: Operator, have: Observed) -> None:
    """As often as AWS says that it is still in use."""
    deadline = time.monotonic() + 60
    while True:
        try:
            delete(operator, have)
            return
        except ClientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def each(operator: Operator, kind: str, delete: Callable[[Operator, Observed], object]) -> None:
    for have in everyone(operator, kind):
        delete(operator, have)


def elb(operation: str, word: str) -> Callable[[Operator, Observed], None]:
    return lambda operator, have: getattr(operator.cloud.client("elbv2"), operation)(**{word: have.id})


def delete_rule(operator: Operator, have: Observed) -> None:
    elb("delete_rule", "RuleArn")(operator, have)


def target_group(operator: Operator) -> None:
    have = one(operator, "TargetGroup")
    (rule,) = [r for r in everyone(operator, "ListenerRule") if have.id in r.refs]
    delete_rule(operator, rule)
    patiently(elb("delete_target_group", "TargetGroupArn"), operator, have)


def task_definition(operator: Operator) -> None:
    arn = one(operator, "TaskDefinition").id
    operator.cloud.client("ecs").deregister_task_definition(taskDefinition=arn)
    operator.cloud.client("ecs").delete_task_definitions(taskDefinitions=[arn])


def delete_service(operator: Operator, have: Observed) -> None:
    operator.cloud.client("ecs").delete_service(
        cluster=have.fields["cluster_arn"], service=have.id, force=True
    )


def cluster(operator: Operator) -> None:
    each(operator, "Service", delete_service)
    patiently(
        lambda operator, have: operator.cloud.client("ecs").delete_cluster(cluster=have.id),
        operator,
        one(operator, "Cluster"),
    )


def scaling(operation: str, word: str = "") -> Callable[[Operator, Observed], None]:
    def delete(operator: Operator, have: Observed) -> None:
        place = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
        which = {word: have.attrs["aws_name"]} if word else {}
        resource = have.attrs.get("resource_id", have.id)
        getattr(operator.cloud.client(SCALING), operation)(ResourceId=resource, **place, **which)

    return delete


def integration(operator: Operator) -> None:
    each(operator, "Route", delete_route)
    each(operator, "Integration", delete_integration)


def vpc_link(operator: Operator) -> None:
    integration(operator)
    link = one(operator, "VpcLink").id
    operator.cloud.client("apigatewayv2").delete_vpc_link(VpcLinkId=link)


def authorizer(operator: Operator) -> None:
    for route in everyone(operator, "Route"):
        if route.fields["auth_type"] == "JWT":
            delete_route(operator, route)
    gateway("delete_authorizer", "AuthorizerId")(operator, one(operator, "Authorizer"))


def route_settings(operator: Operator) -> None:
    have = one(operator, "RouteSettings")
    operator.cloud.client("apigatewayv2").delete_route_settings(
        ApiId=have.attrs["api_id"], StageName="$default", RouteKey=have.attrs["route_key"]
    )


def secret(operator: Operator) -> None:
    name = one(operator, "Secret").name
    operator.cloud.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def secret_for_a_week(operator: Operator) -> None:
    """Its name stays blocked: what is there must be restored."""
    name = one(operator, "Secret").name
    operator.cloud.client("secretsmanager").delete_secret(SecretId=name, RecoveryWindowInDays=7)


def role(operator: Operator, have: Observed) -> None:
    iam = operator.cloud.client("iam")
    iam.delete_role_policy(RoleName=have.name, PolicyName="modelpoc")
    iam.delete_role(RoleName=have.name)


def sagemaker(operation: str, word: str) -> Callable[[Operator, Observed], None]:
    return lambda operator, have: getattr(operator.cloud.client("sagemaker"), operation)(**{word: have.name})


def simply(kind: str, delete: Callable[[Operator, Observed], Any]) -> Delete:
    return lambda operator: delete(operator, one(operator, kind))


DELETIONS: list[tuple[str, Delete]] = [
    (
        "LogGroup",
        simply("LogGroup", lambda o, h: o.cloud.client("logs").delete_log_group(logGroupName=h.name)),
    ),
    ("TargetGroup", target_group),
    ("ListenerRule", simply("ListenerRule", delete_rule)),
    ("Role", simply("Role", role)),
    ("TaskDefinition", task_definition),
    ("Service", simply("Service", delete_service)),
    ("ScalableTarget", simply("ScalableTarget", scaling("deregister_scalable_target"))),
    ("ScalingPolicy", simply("ScalingPolicy", scaling("delete_scaling_policy", "PolicyName"))),
    ("ScheduledAction", simply("ScheduledAction", scaling("delete_scheduled_action", "ScheduledActionName"))),
    ("Secret", secret),
    ("Secret", secret_for_a_week),
    ("Route", simply("Route", delete_route)),
    ("RouteSettings", route_settings),
    ("Integration", integration),
    ("Authorizer", authorizer),
    ("Stage", simply("Stage", lambda o, h: gateway("delete_stage", "StageName")(o, h))),
    ("VpcLink", vpc_link),
    ("Listener", simply("Listener", elb("delete_listener", "ListenerArn"))),
    ("LoadBalancer", simply("LoadBalancer", elb("delete_load_balancer", "LoadBalancerArn"))),
    ("Cluster", cluster),
    ("Model", simply("Model", sagemaker("delete_model", "ModelName"))),
    ("EndpointConfig", simply("EndpointConfig", sagemaker("delete_endpoint_config", "EndpointConfigName"))),
    ("Endpoint", simply("Endpoint", sagemaker("delete_endpoint", "EndpointName"))),
    (
        "Function",
        simply("Function", lambda o, h: o.cloud.client("lambda").delete_function(FunctionName=h.name)),
    ),
    ("Alarm", simply("Alarm", lambda o, h: o.cloud.client("cloudwatch").delete_alarms(AlarmNames=[h.name]))),
    ("HttpApi", simply("HttpApi", gateway("delete_api"))),
]
NAMES = [f"{kind}-{n}" for n, (kind, _) in enumerate(DELETIONS)]


@pytest.mark.parametrize(("kind", "delete"), DELETIONS, ids=NAMES)
def test_what_was_deleted_by_hand_comes_back(full: Operator, kind: str, delete: Delete) -> None:
    before = holdings(full.cloud.client)
    lost = one(full, kind).key
    delete(full)
    first = [full.platform_pass(ANEW), *(full.pass_(name, ANEW) for name in POCS if full.places)]
    known = full.scope.inventory.get(*lost)
    begun = any(step.kind == kind for outcome in first for step in outcome.done)
    noticed = known is None or known.state.phase is Phase.GOING
    assert begun or noticed, "\n".join(map(told, first))
    everything_settles(full)
    assert differences(before, holdings(full.cloud.client)) == []


def test_every_kind_is_deleted() -> None:
    assert {kind for kind, _ in DELETIONS} == KINDS.keys() - NOT_OURS
