"""What somebody else owns, equal in name, path, key or priority: left alone, and told as a conflict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.local.aws_listing import Holdings, differences, holdings
from tests.local.by_hand_endpoints import zipped
from tests.local.engine_world import EngineCloud, Operator, new_name, told, writes

from modelpoc.aws.log_group import ENDPOINTS
from modelpoc.aws.secret import SecretValue
from modelpoc.reconcile.resource import Resource
from modelpoc.reconcile.steps import Verb

pytestmark = pytest.mark.local

SPEC: dict[str, Any] = {
    "ecs": {
        "image": "local/echo:1",
        "secrets": [{"name": "TOKEN", "secretKeyRef": {"name": "token", "key": "key"}}],
    },
    "route": {"priority": 77},
}
BEHIND_FUNCTION: dict[str, Any] = {
    "sagemaker": {
        "image": "local/counter:1",
        "instance": {"type": "ml.m5.large", "count": 2},
        "rollout": {"type": "Canary", "instances": 1},
    }
}
MINE = {"owner": "somebody else"}


def wanted(operator: Operator, name: str, kind: str, begins: str = "") -> Resource:
    graph = operator.graph(name) if name else operator.platform_graph()
    return next(r for r in graph if r.kind == kind and r.name.startswith(begins))


def begun(operator: Operator, name: str, theirs: Theirs) -> None:
    """What people have done before somebody else comes in between."""
    if theirs.spec is BEHIND_FUNCTION:
        operator.cloud.upload(f"{name}/model.tar.gz", "one")
    operator.apply(name, **theirs.spec)


# what somebody else has, and how it is taken away again


def log_group(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("logs"), wanted(operator, name, "LogGroup").name
    client.create_log_group(logGroupName=called, tags=MINE)
    return lambda: client.delete_log_group(logGroupName=called)


def target_group(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("elbv2"), wanted(operator, name, "TargetGroup").name
    made = client.create_target_group(
        Name=called, Protocol="HTTP", Port=80, VpcId=operator.cloud.network["vpcId"], TargetType="ip"
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    return lambda: client.delete_target_group(TargetGroupArn=arn)


def rule(operator: Operator, path: str, priority: int) -> Callable[[], object]:
    assert operator.places
    client = operator.cloud.client("elbv2")
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}
    made = client.create_rule(
        ListenerArn=operator.places.listeners[0].arn,
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "Values": [path]}],
        Actions=[answer],
    )
    arn = made["Rules"][0]["RuleArn"]
    return lambda: client.delete_rule(RuleArn=arn)


def rule_of_the_path(operator: Operator, name: str) -> Callable[[], object]:
    return rule(operator, f"/poc-deployment/{name}", 1)


def rule_of_the_priority(operator: Operator, name: str) -> Callable[[], object]:
    return rule(operator, "/elsewhere", 77)


def route(operator: Operator, name: str) -> Callable[[], object]:
    assert operator.places
    client, api = operator.cloud.client("apigatewayv2"), operator.places.apis[0].id
    made = client.create_route(ApiId=api, RouteKey=f"ANY /poc-deployment/{name}")
    return lambda: client.delete_route(ApiId=api, RouteId=made["RouteId"])


def secret(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("secretsmanager"), wanted(operator, name, "Secret").name
    client.create_secret(Name=called, SecretString="theirs")
    return lambda: client.delete_secret(SecretId=called, ForceDeleteWithoutRecovery=True)


def role(operator: Operator, name: str) -> Callable[[], object]:
    """Under another path, where no listing of ours looks: names are the account's."""
    client, called = operator.cloud.client("iam"), wanted(operator, name, "Role").name
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    client.create_role(RoleName=called, AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
    return lambda: client.delete_role(RoleName=called)


def service(operator: Operator, name: str) -> Callable[[], object]:
    """Of no tasks, and behind no load balancer."""
    client, called = operator.cloud.client("ecs"), wanted(operator, name, "Service").name
    cluster, _, inner = called.partition("/")
    definition = client.register_task_definition(
        family="theirs", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[{"name": "c", "image": "local/theirs:1"}],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    where = {"awsvpcConfiguration": {"subnets": operator.cloud.network["subnetIds"]}}
    client.create_service(
        cluster=cluster, serviceName=inner, taskDefinition=definition, desiredCount=0, launchType="FARGATE",
        networkConfiguration=where,
    )  # fmt: skip

    def away() -> None:
        client.delete_service(cluster=cluster, service=inner, force=True)
        client.deregister_task_definition(taskDefinition=definition)
        client.delete_task_definitions(taskDefinitions=[definition])

    return away


def cluster(operator: Operator, _: str) -> Callable[[], object]:
    client, called = operator.cloud.client("ecs"), wanted(operator, "", "Cluster").name
    client.create_cluster(clusterName=called)
    return lambda: client.delete_cluster(cluster=called)


def load_balancer(operator: Operator, _: str) -> Callable[[], object]:
    client, called = operator.cloud.client("elbv2"), wanted(operator, "", "LoadBalancer").name
    made = client.create_load_balancer(Name=called, Subnets=operator.cloud.network["subnetIds"])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    return lambda: client.delete_load_balancer(LoadBalancerArn=arn)


def endpoint_logs(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("logs"), wanted(operator, name, "LogGroup", ENDPOINTS).name
    client.create_log_group(logGroupName=called, tags=MINE)
    return lambda: client.delete_log_group(logGroupName=called)


def function(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("lambda"), wanted(operator, name, "Function").name
    client.create_function(
        FunctionName=called, Role=operator.cloud.roles["lambda"], Runtime="python3.13",
        Handler="index.handler", Code={"ZipFile": zipped(operator.cloud)},
    )  # fmt: skip
    return lambda: client.delete_function(FunctionName=called)


def endpoint(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("sagemaker"), wanted(operator, name, "Endpoint").name
    role = operator.cloud.roles["sagemaker"]
    client.create_model(
        ModelName="theirs", PrimaryContainer={"Image": "local/theirs:1"}, ExecutionRoleArn=role
    )
    variant = {"VariantName": "one", "ModelName": "theirs", "InstanceType": "ml.m5.large"}
    client.create_endpoint_config(
        EndpointConfigName="theirs", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    client.create_endpoint(EndpointName=called, EndpointConfigName="theirs")
    client.get_waiter("endpoint_in_service").wait(EndpointName=called, WaiterConfig={"Delay": 1})

    def away() -> None:
        client.delete_endpoint(EndpointName=called)
        client.get_waiter("endpoint_deleted").wait(EndpointName=called, WaiterConfig={"Delay": 1})
        client.delete_endpoint_config(EndpointConfigName="theirs")
        client.delete_model(ModelName="theirs")

    return away


def alarm(operator: Operator, name: str) -> Callable[[], object]:
    client, called = operator.cloud.client("cloudwatch"), wanted(operator, name, "Alarm").name
    client.put_metric_alarm(
        AlarmName=called, MetricName="Theirs", Namespace="Theirs", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    return lambda: client.delete_alarms(AlarmNames=[called])


@dataclass(frozen=True)
class Theirs:
    kind: str
    reason: str
    make: Callable[[Operator, str], Callable[[], object]]
    listed: bool = True
    """Whether a listing shows it: otherwise it is met when AWS refuses, and the rest has been begun."""
    spec: dict[str, Any] = field(default_factory=lambda: SPEC)
    refused: bool = True
    """Whether AWS refuses what meets it. It does not tell a new alarm from another one of that name, and the
    log group that SageMaker makes for an endpoint says nothing of whose it is."""

    def __str__(self) -> str:
        return self.make.__name__


OF_POCS = (
    Theirs("LogGroup", "OwnedByOther", log_group),
    Theirs("TargetGroup", "OwnedByOther", target_group),
    Theirs("ListenerRule", "RouteConflict", rule_of_the_path),
    Theirs("ListenerRule", "PriorityConflict", rule_of_the_priority),
    Theirs("Route", "RouteConflict", route),
    Theirs("Secret", "OwnedByOther", secret, listed=False),
    Theirs("Role", "OwnedByOther", role, listed=False),
    Theirs("Service", "OwnedByOther", service),
    Theirs("LogGroup", "OwnedByOther", endpoint_logs, spec=BEHIND_FUNCTION),
    Theirs("Function", "OwnedByOther", function, spec=BEHIND_FUNCTION),
    Theirs("Endpoint", "OwnedByOther", endpoint, spec=BEHIND_FUNCTION, refused=False),
    Theirs("Alarm", "OwnedByOther", alarm, spec=BEHIND_FUNCTION, refused=False),
)
OF_PLATFORMS = (
    Theirs("Cluster", "OwnedByOther", cluster),
    Theirs("LoadBalancer", "OwnedByOther", load_balancer),
)


@pytest.fixture(scope="module")
def running(engine_cloud: EngineCloud) -> Iterator[Operator]:
    """Of a platform that gives each POC a role of its own."""
    made = Operator(engine_cloud, engine_cloud.platform(own_roles=True))
    made.platform_up()
    yield made
    made.close()


@pytest.fixture
def empty(operator: Operator) -> Holdings:
    operator.kube_secrets[("token", "key")] = SecretValue(b"ours")
    return holdings(operator.cloud.client)


@pytest.mark.parametrize("theirs", OF_POCS, ids=str)
def test_a_poc_leaves_alone_what_is_somebody_elses(
    operator: Operator, empty: Holdings, theirs: Theirs
) -> None:
    name = new_name()
    begun(operator, name, theirs)
    take_away = theirs.make(operator, name)
    before, since = holdings(operator.cloud.client), operator.cloud.last_call
    outcome = operator.resync(name)
    conflicts = outcome.plan.of(Verb.CONFLICT)
    assert [(s.kind, s.reason) for s in conflicts] == [(theirs.kind, theirs.reason)], told(outcome)
    assert conflicts[0].message
    operator.pass_(name)
    if theirs.listed:
        assert writes(operator.cloud.calls(since)) == [], "a POC that cannot be had whole is not begun"
    found = holdings(operator.cloud.client)
    assert (
        differences(before, {key: found.get(key) for key in (before if not theirs.listed else found)}) == []
    )
    take_away()
    operator.resync(name)
    operator.settle(name)
    operator.delete(name)
    operator.settle(name)
    assert differences(empty, holdings(operator.cloud.client)) == []


@pytest.mark.parametrize("theirs", [t for t in OF_POCS if t.refused], ids=str)
def test_nor_is_it_changed_or_deleted_when_it_turns_up_later(
    operator: Operator, empty: Holdings, theirs: Theirs
) -> None:
    """Unseen until AWS refuses: the inventory was read before it was there."""
    name = new_name()
    begun(operator, name, theirs)
    take_away = theirs.make(operator, name)
    before = holdings(operator.cloud.client)
    for _ in range(4):
        operator.pass_(name)
    kept = holdings(operator.cloud.client)
    assert [line for line in differences(before, kept) if "-> not there" in line] == []
    assert all(kept[key] == document for key, document in before.items() if not _shared(key))
    operator.delete(name)
    operator.settle(name)
    assert differences(before, holdings(operator.cloud.client)) == []
    take_away()


def _shared(key: str) -> bool:
    """What a POC's parts show up in: a load balancer lists nothing, but a cluster and a stage do."""
    return key.startswith(("Stage/", "Cluster/"))


@pytest.fixture
def elsewhere(engine_cloud: EngineCloud) -> Iterator[Operator]:
    """A platform that is not up yet."""
    made = Operator(engine_cloud, engine_cloud.platform("second"))
    yield made
    made.close()


@pytest.mark.parametrize("theirs", OF_PLATFORMS, ids=str)
def test_a_platform_leaves_alone_what_is_somebody_elses(
    running: Operator, elsewhere: Operator, theirs: Theirs
) -> None:
    empty = holdings(elsewhere.cloud.client)
    take_away = theirs.make(elsewhere, "")
    before, since = holdings(elsewhere.cloud.client), elsewhere.cloud.last_call
    outcome = elsewhere.platform_pass()
    assert [(s.kind, s.reason) for s in outcome.plan.of(Verb.CONFLICT)] == [(theirs.kind, theirs.reason)]
    assert writes(elsewhere.cloud.calls(since)) == []
    assert differences(before, holdings(elsewhere.cloud.client)) == []
    take_away()
    elsewhere.restart()
    elsewhere.platform_up()
    elsewhere.platform_down()
    assert differences(empty, holdings(elsewhere.cloud.client)) == []
