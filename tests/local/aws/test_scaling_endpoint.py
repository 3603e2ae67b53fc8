"""An endpoint's instances are scaled as a service's containers are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.localcloud.sagemaker_world import MODEL, archive

from localcloud.aws.ecs.machine import store_of
from localcloud.runtime import images
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy, ScheduledAction
from modelpoc.reconcile.errors import NotYet
from modelpoc.reconcile.resource import Observed

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local


async def endpoint(bench: Bench) -> Observed:
    """In AWS and in the inventory, of one instance, in service."""
    name = f"counter-{bench.owner.mark.owner}"
    config = bench.cloud.aws.config
    image = images.build("sm-echo", MODEL, store_of(config.state_dir), cache=config.cache_dir).reference
    container = {"Image": image, "ModelDataUrl": stored(bench)}
    role = f"arn:aws:iam::{bench.scope.account}:role/modelpoc-sagemaker"
    client = bench.client("sagemaker")
    client.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {
        "VariantName": "model",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    arn = client.create_endpoint(EndpointName=name, EndpointConfigName=name)["EndpointArn"]
    async with asyncio.timeout(90):
        while client.describe_endpoint(EndpointName=name)["EndpointStatus"] != "InService":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    have = Observed("Endpoint", name, id=arn, owner=bench.owner.mark)
    bench.inventory.wrote(have)
    return have


def stored(bench: Bench) -> str:
    s3, bucket = bench.client("s3"), bench.name("bucket")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": bench.scope.region})
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=archive())
    return f"s3://{bucket}/model.tar.gz"


def parts(bench: Bench, carrier: str) -> tuple[Any, ...]:
    name = f"endpoint/{carrier}/variant/model"
    return (
        ScalableTarget(name=name, min=1, max=3, tags=bench.tags),
        ScalingPolicy(
            name=f"{name}/target",
            resource_id=name,
            policy_name="target",
            metric="invocations",
            target_value=70,
        ),
        ScheduledAction(
            name=f"{name}/morning",
            resource_id=name,
            action_name="morning",
            schedule="cron(0 8 ? * MON-FRI *)",
            min=2,
        ),
    )


async def test_its_limits_measure_and_schedule_are_made_found_mended_and_taken_away(bench: Bench) -> None:
    carrier = await endpoint(bench)
    wanted = parts(bench, carrier.name)
    for want in wanted:
        bench.calls()
        created = await bench.made(KINDS[want.kind], want)
        assert bench.calls().total() == 1
        assert KINDS[want.kind].diff(want, created) == ()
    for want in wanted:
        have = (await bench.listed(KINDS[want.kind]))[want.name]
        assert have.owner == bench.owner.mark
        assert await bench.diff(KINDS[want.kind], want) == ()
    by_hand(bench, wanted)
    for want, field in zip(wanted, ("max", "target_value", "schedule"), strict=True):
        assert await bench.mended(KINDS[want.kind], want) == {field}
    for want in reversed(wanted):
        kind = KINDS[want.kind]
        await kind.delete(bench.scope, bench.inventory.get(want.kind, want.name))
        await bench.gone(kind, want.name)


def by_hand(bench: Bench, wanted: tuple[Any, ...]) -> None:
    client, place = bench.client("application-autoscaling"), wanted[0].place
    client.register_scalable_target(**place, MaxCapacity=9)
    (policy,) = client.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    config = {**policy["TargetTrackingScalingPolicyConfiguration"], "TargetValue": 1.0}
    client.put_scaling_policy(
        **place, PolicyName=policy["PolicyName"], PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=config,
    )  # fmt: skip
    (action,) = client.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
    client.put_scheduled_action(
        **place, ScheduledActionName=action["ScheduledActionName"], Schedule="cron(0 9 ? * * *)",
        ScalableTargetAction={"MinCapacity": 2},
    )  # fmt: skip


async def test_it_waits_for_its_endpoint(bench: Bench) -> None:
    target = parts(bench, f"counter-{bench.owner.mark.owner}")[0]
    with pytest.raises(NotYet):
        await KINDS["ScalableTarget"].create(bench.scope, target)


async def test_where_there_are_no_endpoints_nothing_is_asked_about_them(bench: Bench) -> None:
    bench.calls()
    await bench.listed(KINDS["ScalableTarget"])
    assert bench.calls()["DescribeScalableTargets"] == 1
    bench.inventory.wrote(Observed("Endpoint", "counter", id="arn:counter"))
    bench.calls()
    await bench.listed(KINDS["ScalableTarget"])
    assert bench.calls()["DescribeScalableTargets"] == 2
