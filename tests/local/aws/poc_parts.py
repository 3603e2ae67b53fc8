"""The parts of a POC on ECS, each with what it needs made before it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from modelpoc.aws import role_policy, tags
from modelpoc.aws.cluster import Cluster
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.listener import Listener
from modelpoc.aws.listener_rule import ListenerRule
from modelpoc.aws.load_balancer import LoadBalancer
from modelpoc.aws.log_group import LogGroup
from modelpoc.aws.role import Role, path
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy, ScheduledAction
from modelpoc.aws.secret import Secret, SecretValue, fingerprint
from modelpoc.aws.service import Service
from modelpoc.aws.target_group import TargetGroup
from modelpoc.aws.task_definition import TaskDefinition
from modelpoc.reconcile.resource import Resource

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

Maker = Callable[["Bench"], Awaitable[Resource]]


async def log_group(bench: Bench) -> LogGroup:
    return LogGroup(name=f"/modelpoc/fleet/team-a/{bench.name()}", retention_days=14, tags=bench.tags)


async def target_group(bench: Bench) -> TargetGroup:
    return TargetGroup(name=bench.name(), vpc_id=bench.network.vpc_id, tags=bench.tags)


async def listener_rule(bench: Bench) -> ListenerRule:
    net, name = bench.network, bench.name()
    lb = LoadBalancer(
        name=bench.name(), subnets=net.subnets, security_groups=net.security_groups, tags=bench.tags
    )
    balancer = await bench.made(KINDS["LoadBalancer"], lb)
    front = Listener(name=bench.name(), load_balancer_arn=balancer.id, tags=bench.tags)
    listener = await bench.made(KINDS["Listener"], front)
    group = await bench.made(KINDS["TargetGroup"], await target_group(bench))
    return ListenerRule(
        name=name,
        listener_arn=listener.id,
        paths=("/poc/echo", "/poc/echo/*"),
        target_group_arn=group.id,
        rewrite_from="^/poc/echo/?(.*)$",
        rewrite_to="/$1",
        tags={**bench.tags, tags.RESOURCE: name},
    )


async def role(bench: Bench) -> Role:
    place = ("aws", bench.scope.region, bench.scope.account)
    return Role(
        name=bench.name(),
        path=path(bench.scope.region, "fleet"),
        trust=role_policy.trust(*place),
        policy=role_policy.reading(*place, bucket="models", prefix="echo/"),
        boundary=boundary(bench),
        mark=bench.mark,
        tags=bench.tags,
    )


def boundary(bench: Bench) -> str:
    """ARN of a new policy that allows all."""
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    made = bench.client("iam").create_policy(PolicyName=bench.name("boundary"), PolicyDocument=document)
    return str(made["Policy"]["Arn"])


async def task_definition(bench: Bench) -> TaskDefinition:
    logs = await bench.made(KINDS["LogGroup"], await log_group(bench))
    return TaskDefinition(
        name=bench.name(),
        container_name="model",
        image="local/nothing@sha256:" + "0" * 64,
        port=8080,
        cpu=256,
        memory=512,
        environment={"PORT": "8080", "A": "b"},
        log_group=logs.name,
        region=bench.scope.region,
        health_command=("true",),
        execution_role_arn=f"arn:aws:iam::{bench.scope.account}:role/execution",
        tags=bench.tags,
    )


async def service(bench: Bench, **more: Any) -> Service:
    """Of no tasks, so that nothing need run."""
    cluster = await bench.made(KINDS["Cluster"], Cluster(name=bench.name(), tags=bench.tags))
    rule = await bench.made(KINDS["ListenerRule"], await listener_rule(bench))
    definition = await bench.made(KINDS["TaskDefinition"], await task_definition(bench))
    net, name = bench.network, bench.name()
    fields: dict[str, Any] = {"desired_count": 0, "grace_seconds": 60, "tags": bench.tags, **more}
    return Service(
        name=f"{cluster.name}/{name}",
        cluster_arn=cluster.id,
        service_name=name,
        task_definition=definition.id,
        target_group_arn=rule.fields["target_group_arn"],
        container_name="model",
        port=8080,
        subnets=net.subnets,
        security_groups=net.security_groups,
        **fields,
    )


async def scalable_target(bench: Bench) -> ScalableTarget:
    running = await bench.made(KINDS["Service"], await service(bench))
    return ScalableTarget(name=f"service/{running.name}", min=0, max=3, tags=bench.tags)


async def scaling_policy(bench: Bench) -> ScalingPolicy:
    target = await bench.made(KINDS["ScalableTarget"], await scalable_target(bench))
    balancer = bench.inventory.of_kind("LoadBalancer")[0]
    group = bench.inventory.of_kind("TargetGroup")[0]
    return ScalingPolicy(
        name=f"{target.name}/target",
        resource_id=target.name,
        policy_name="target",
        metric="requests",
        target_value=50,
        load_balancer_arn=balancer.id,
        target_group_arn=group.id,
    )


async def scheduled_action(bench: Bench) -> ScheduledAction:
    target = await bench.made(KINDS["ScalableTarget"], await scalable_target(bench))
    return ScheduledAction(
        name=f"{target.name}/morning",
        resource_id=target.name,
        action_name="morning",
        schedule="cron(0 8 ? * MON-FRI *)",
        timezone="Europe/Madrid",
        min=1,
    )


async def secret(bench: Bench) -> Secret:
    name = f"modelpoc/fleet/team-a/{bench.name()}/key"
    value = SecretValue(b"hunter2")
    return Secret(name=name, value=value, fingerprint=fingerprint(value.reveal(), name), tags=bench.tags)
