"""Whatever somebody changes by hand of a SageMaker POC, the running operator repairs within its resyncs.

That each field of each kind is repaired is shown in tests/local/test_drift_*; here, that resyncs come, and
that the POC says so while requests cannot get through.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.endpoints import endpoint_name, written
from tests.world import World, endpoint_poc, is_true, wait_for

pytestmark = pytest.mark.e2e

NAME = "drifts"
BEGINS = 30.0
"""Seconds: a deep resync of 8, and what a busy machine adds."""
SCALED = {
    "instance": {
        "type": "ml.m5.large",
        "count": 2,
        "scaling": {"min": 2, "max": 3, "invocationsPerInstance": 100},
    },
    "rollout": {"type": "Canary", "instances": 1},
}


@pytest.fixture(scope="module", autouse=True)
def whole(world: World) -> list[str]:
    world.upload_archive(NAME, revision="one")
    world.apply(endpoint_poc(NAME, sagemaker=SCALED))
    world.ready(NAME, 90)
    return kinds(world)


def kinds(world: World) -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, NAME))


def one(world: World, kind: str) -> str:
    return next(f.id for f in aws_listing.owned_by(world.client, NAME) if f.kind == kind)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 'by hand'\n")
    return buffer.getvalue()


def deleted(world: World, kind: str) -> None:
    """One of that kind, by hand."""
    id = one(world, kind)
    sagemaker, gateway = world.client("sagemaker"), world.client("apigatewayv2")
    scaling = world.client("application-autoscaling")
    variant = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint_name(world.get(NAME)['status'])}/variant/model",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    api, _, part = id.partition("/")
    ways: dict[str, Any] = {
        "Model": lambda: sagemaker.delete_model(ModelName=id),
        "EndpointConfig": lambda: sagemaker.delete_endpoint_config(EndpointConfigName=id),
        "Endpoint": lambda: sagemaker.delete_endpoint(EndpointName=id),
        "Function": lambda: world.client("lambda").delete_function(FunctionName=id),
        "Route": lambda: gateway.delete_route(ApiId=api, RouteId=route(world, part)),
        "Alarm": lambda: world.client("cloudwatch").delete_alarms(AlarmNames=[id]),
        "ScalableTarget": lambda: scaling.deregister_scalable_target(**variant),
        "ScalingPolicy": lambda: scaling.delete_scaling_policy(PolicyName=policy(id), **variant),
        "LogGroup": lambda: world.client("logs").delete_log_group(logGroupName=id),
    }
    ways[kind]()


def policy(id: str) -> str:
    return id.rpartition("/")[2]


def api_id(world: World) -> str:
    return one(world, "Route").partition("/")[0]


def routes(world: World) -> dict[str, Any]:
    """Ours, by key."""
    owner = aws_listing.owner_hash("default", NAME)
    found = world.client("apigatewayv2").get_routes(ApiId=api_id(world))["Items"]
    return {r["RouteKey"]: r for r in found if owner in r.get("OperationName", "")}


def route(world: World, key: str) -> str:
    return str(routes(world)[key]["RouteId"])


def mended(world: World, since: int, whole: list[str]) -> None:
    assert wait_for(lambda: written(world, since) != [], BEGINS), "no repair began"
    assert wait_for(lambda: kinds(world) == whole, 60, 0.5), (kinds(world), whole)
    world.ready(NAME, 60)
    assert wait_for(lambda: world.predict(NAME).status == 200, 60)


KINDS = (
    "Model",
    "EndpointConfig",
    "Endpoint",
    "Function",
    "Route",
    "Alarm",
    "ScalableTarget",
    "ScalingPolicy",
    "LogGroup",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deleted_comes_back(world: World, whole: list[str], kind: str) -> None:
    assert kind in whole
    since = world.last_call()
    deleted(world, kind)
    mended(world, since, whole)


def test_a_lost_function_is_told(world: World, whole: list[str]) -> None:
    """While AWS lets nobody make another, the POC does not say Ready."""
    since = world.last_call()
    world.local("faults", "PUT", [{"operation": "CreateFunction", "error": "throttle"}])
    try:
        deleted(world, "Function")
        status = world.until(NAME, lambda s: not is_true(s, "Ready"), 60)
        assert is_true(status, "Reconciling")
    finally:
        world.local("faults", "DELETE")
    mended(world, since, whole)


@pytest.mark.parametrize("what", ["code", "configuration", "permission", "tags"])
def test_a_function_that_is_changed(world: World, whole: list[str], what: str) -> None:
    functions, name = world.client("lambda"), one(world, "Function")
    arn = functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]

    def state() -> Any:
        config = functions.get_function_configuration(FunctionName=name)
        try:
            permission = functions.get_policy(FunctionName=name)["Policy"]
        except functions.exceptions.ResourceNotFoundException:
            permission = None
        tags = functions.list_tags(Resource=arn)["Tags"]
        shown = [config[key] for key in ("CodeSha256", "Timeout", "MemorySize", "Environment")]
        return shown, permission, tags

    ways: dict[str, Any] = {
        "code": lambda: functions.update_function_code(FunctionName=name, ZipFile=zipped()),
        "configuration": lambda: functions.update_function_configuration(FunctionName=name, Timeout=1),
        "permission": lambda: functions.remove_permission(FunctionName=name, StatementId="modelpoc"),
        "tags": lambda: functions.tag_resource(Resource=arn, Tags={"modelpoc.dev/name": "other"}),
    }
    before, since = state(), world.last_call()
    ways[what]()
    mended(world, since, whole)
    assert wait_for(lambda: state() == before, 60), (before, state())


def test_routes_turned_to_somewhere_else(world: World, whole: list[str]) -> None:
    gateway, api = world.client("apigatewayv2"), api_id(world)
    before = {key: r["Target"] for key, r in routes(world).items()}
    elsewhere = gateway.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri="https://elsewhere.example",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    since = world.last_call()
    for key in before:
        target = f"integrations/{elsewhere}"
        gateway.update_route(ApiId=api, RouteId=route(world, key), Target=target)
    mended(world, since, whole)
    assert {key: r["Target"] for key, r in routes(world).items()} == before
    gateway.delete_integration(ApiId=api, IntegrationId=elsewhere)


def test_an_alarm_and_a_retention_that_are_changed(world: World, whole: list[str]) -> None:
    cloudwatch, logs = world.client("cloudwatch"), world.client("logs")
    alarm, group = one(world, "Alarm"), one(world, "LogGroup")

    def threshold() -> dict[str, Any]:
        return dict(cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0])

    def retention() -> Any:
        found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        return next(g.get("retentionInDays") for g in found if g["logGroupName"] == group)

    told, kept, since = threshold(), retention(), world.last_call()
    keys = ("AlarmName", "MetricName", "Namespace", "Period", "EvaluationPeriods", "ComparisonOperator")
    stat = {k: told[k] for k in ("Statistic", "ExtendedStatistic", "Dimensions") if told.get(k)}
    cloudwatch.put_metric_alarm(**{k: told[k] for k in keys}, **stat, Threshold=told["Threshold"] + 7)
    logs.put_retention_policy(logGroupName=group, retentionInDays=3653 if kept != 3653 else 1)
    mended(world, since, whole)
    assert wait_for(lambda: (threshold()["Threshold"], retention()) == (told["Threshold"], kept), 60)
