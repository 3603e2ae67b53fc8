"""A whole POC through the engine: what it costs, and what crashes and lost answers leave behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.parts import integration
from tests.local.aws.poc_parts import secret

from modelpoc.aws.cluster import Cluster
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.listener_rule import ListenerRule
from modelpoc.aws.log_group import LogGroup
from modelpoc.aws.route import Route
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy, ScheduledAction
from modelpoc.aws.secret import Secret
from modelpoc.aws.service import Service
from modelpoc.aws.session import AwsScope
from modelpoc.aws.stage import Stage
from modelpoc.aws.tags import owner_tags
from modelpoc.aws.target_group import TargetGroup
from modelpoc.aws.task_definition import TaskDefinition
from modelpoc.reconcile.act import Ages, Engine, Outcome
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed, Ref, Resource

pytestmark = pytest.mark.local

OWN = (LogGroup, TargetGroup, ListenerRule, TaskDefinition, Service, Route)
SCALING = (ScalableTarget, ScalingPolicy, ScheduledAction)
WRITES = (
    "CreateLogGroup", "PutRetentionPolicy", "CreateTargetGroup", "ModifyTargetGroupAttributes", "CreateRule",
    "RegisterTaskDefinition", "CreateService", "CreateRoute", "CreateSecret",
)  # fmt: skip
REMOVALS = (
    "DeleteRoute", "DeregisterScalableTarget", "DeleteService", "DeleteRule", "DeleteTargetGroup",
    "DeregisterTaskDefinition", "DeleteTaskDefinitions", "DeleteLogGroup", "DeleteSecret",
    "DeleteScalingPolicy", "DeleteScheduledAction",
)  # fmt: skip


class Poc:
    """A POC of no tasks on a platform of its own, as one operator after another sees it."""

    def __init__(self, bench: Bench, cluster: Observed, way: Observed, copy: Secret) -> None:
        self.bench, self.cluster, self.way = bench, cluster, way
        self.listener = bench.inventory.of_kind("Listener")[0]
        self.balancer = bench.inventory.of_kind("LoadBalancer")[0]
        self.name = bench.name()
        self.platform = bench.inventory.all()
        self.owner = Owner("fleet", "team-a", self.name)
        self.mark = self.owner.mark
        self.copy = replace(copy, tags=self.tags)
        self.start_again()

    def start_again(self) -> None:
        """A new operator, which knows nothing but the platform."""
        self.scope: AwsScope = self.bench.scope
        self.scope.inventory = self.bench.inventory = Inventory(doubt_seconds=0.05)
        for part in self.platform:
            self.scope.inventory.wrote(part)
        self.engine = Engine(KINDS, self.scope, self.scope.inventory)

    def graph(self, scaled: bool = False, image: str = "local/nothing:1") -> Graph:
        return Graph([*self.parts(image), *(self.scaling() if scaled else ())])

    def parts(self, image: str) -> list[Resource]:
        name, tags, net = self.name, self.tags, self.bench.network
        group, rule, service = Ref("TargetGroup", name), Ref("ListenerRule", name), self.service
        path = f"/poc/{name}"
        api_id = self.way.attrs["api_id"]
        routes = (f"ANY {path}", f"ANY {path}/{{proxy+}}")
        return [
            self.copy,
            LogGroup(name=f"/modelpoc/fleet/{name}", retention_days=14, tags=tags),
            TargetGroup(name=name, vpc_id=net.vpc_id, tags=tags),
            ListenerRule(
                name=name,
                listener_arn=self.listener.id,
                paths=(path, f"{path}/*"),
                target_group_arn=group,
                rewrite_from=f"^{path}/?(.*)$",
                rewrite_to="/$1",
                tags=tags,
            ),
            TaskDefinition(
                name=name,
                container_name="model",
                image=image,
                port=8080,
                cpu=256,
                memory=512,
                secrets={"KEY": Ref("Secret", self.copy.name)},
                versions={"KEY": Ref("Secret", self.copy.name, "version")},
                log_group=Ref("LogGroup", f"/modelpoc/fleet/{name}", "name"),
                region=self.scope.region,
                execution_role_arn=f"arn:aws:iam::{self.scope.account}:role/execution",
                tags=tags,
            ),
            Service(
                name=service,
                cluster_arn=self.cluster.id,
                service_name=name,
                task_definition=Ref("TaskDefinition", name),
                target_group_arn=group,
                container_name="model",
                port=8080,
                subnets=net.subnets,
                security_groups=net.security_groups,
                desired_count=0,
                tags=tags,
                needs=(rule,),
            ),
            *(
                Route(
                    name=f"{api_id}/{key}",
                    api_id=api_id,
                    route_key=key,
                    target=self.way.attrs["target"],
                    mark=str(self.mark),
                    needs=(Ref("Service", service),),
                )
                for key in routes
            ),
        ]

    def scaling(self) -> list[Resource]:
        target = f"service/{self.service}"
        needs = (Ref("ScalableTarget", target),)
        policy, action = {"policy_name": "target"}, {"action_name": "morning"}
        return [
            ScalableTarget(name=target, min=0, max=3, tags=self.tags, needs=(Ref("Service", self.service),)),
            ScalingPolicy(
                name=f"{target}/target",
                resource_id=target,
                **policy,
                metric="requests",
                target_value=50,
                load_balancer_arn=self.balancer.id,
                target_group_arn=Ref("TargetGroup", self.name),
                needs=needs,
            ),
            ScheduledAction(
                name=f"{target}/morning",
                resource_id=target,
                **action,
                schedule="cron(0 8 ? * MON-FRI *)",
                min=1,
                needs=needs,
            ),
        ]

    @property
    def tags(self) -> dict[str, str]:
        return owner_tags(self.owner, {})

    @property
    def service(self) -> str:
        return f"{self.cluster.name}/{self.name}"

    async def once(self, graph: Graph, **ages: float) -> Outcome:
        return await self.engine.run(graph, self.mark, ages=Ages(**{"settling": 0.0, **ages}))

    async def settle(self, graph: Graph) -> None:
        for _ in range(60):
            outcome = await self.once(graph)
            if outcome.settled:
                return
            await asyncio.sleep(0.06)
        left = [
            f"{s}: {s.message} {s.waits_for} {s.changes}"
            for s in outcome.plan.steps
            if str(s.verb) != "Verb.KEEP"
        ]
        raise AssertionError(f"does not settle: {left} {outcome.errors}")

    async def owned(self) -> Counter[str]:
        """What AWS holds of this POC, seen by an operator that has just started."""
        self.start_again()
        kinds = {k for k in KINDS if k not in {"Cluster", "LoadBalancer", "Listener", "HttpApi", "VpcLink"}}
        await self.engine.observer.list_kinds(0.0, kinds)
        return Counter(o.kind for o in self.scope.inventory.owned(self.mark))


WHOLE = Counter({**{kind.kind: 1 for kind in OWN}, "Route": 2, "Secret": 1})


@pytest.fixture
async def poc(bench: Bench) -> Poc:
    way = await bench.made(KINDS["Integration"], await integration(bench))
    (api,) = (o for o in bench.inventory.of_kind("HttpApi") if o.id == way.attrs["api_id"])
    await bench.made(KINDS["Stage"], Stage(name=f"{api.name}/$default", api_id=api.id, tags=bench.tags))
    cluster = await bench.made(KINDS["Cluster"], Cluster(name=bench.name(), tags=bench.tags))
    return Poc(bench, cluster, way, await secret(bench))


async def test_creating_one_takes_nine_writes_and_no_read_beside_a_warm_inventory(poc: Poc) -> None:
    await poc.engine.observer.list_kinds(0.0)
    graph = poc.graph()
    poc.bench.calls()
    outcome = await poc.engine.run(graph, poc.mark, ages=Ages(settling=60.0))
    calls = poc.bench.calls()
    assert outcome.errors == {}
    assert calls == {**dict.fromkeys(WRITES, 1), "CreateRoute": 2}
    assert calls.total() - calls["CreateSecret"] == 9


async def test_a_pass_over_a_settled_one_calls_nothing(poc: Poc) -> None:
    await poc.settle(poc.graph(scaled=True))
    poc.bench.calls()
    outcome = await poc.once(poc.graph(scaled=True))
    assert outcome.settled
    assert poc.bench.calls() == {}


async def test_a_resync_over_an_unchanged_one_writes_nothing(poc: Poc) -> None:
    await poc.settle(poc.graph(scaled=True))
    poc.bench.calls()
    outcome = await poc.once(poc.graph(scaled=True), listing=0.0, deep=0.0)
    assert (outcome.settled, outcome.done) == (True, ())
    assert not [c for c in poc.bench.calls() if not c.startswith(("Describe", "List", "Get"))]


@pytest.mark.parametrize(
    ("operation", "reset"),
    [*((w, "after") for w in WRITES), ("CreateTargetGroup", "before"), ("CreateService", "before")],
)
async def test_a_lost_answer_makes_nothing_twice(poc: Poc, operation: str, reset: str) -> None:
    poc.bench.fault(operation=operation, reset=reset)
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


@pytest.mark.parametrize("operation", WRITES)
async def test_an_operator_killed_while_writing_is_followed_by_one_that_finishes(
    poc: Poc, operation: str
) -> None:
    """The call is carried out, the answer never comes, and all that was known is gone."""
    poc.bench.fault(operation=operation, reset="after")
    await poc.once(poc.graph())
    poc.start_again()
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


async def test_nothing_is_left_of_one_that_is_no_longer_wanted(poc: Poc) -> None:
    await poc.settle(poc.graph(scaled=True))
    assert (await poc.owned()).keys() == {*WHOLE, *(kind.kind for kind in SCALING)}
    await poc.settle(Graph())
    assert await poc.owned() == {}


@pytest.mark.parametrize(
    ("operation", "reset"),
    [*((d, "after") for d in REMOVALS), ("DeleteTaskDefinitions", "before"), ("DeleteService", "before")],
)
async def test_a_lost_answer_while_taking_it_apart_leaves_nothing(
    poc: Poc, operation: str, reset: str
) -> None:
    await poc.settle(poc.graph(scaled=True))
    poc.bench.fault(operation=operation, reset=reset)
    await poc.settle(Graph())
    assert await poc.owned() == {}


async def test_another_image_rolls_over_and_the_old_revision_goes(poc: Poc) -> None:
    await poc.settle(poc.graph())
    await poc.settle(poc.graph(image="local/nothing:2"))
    assert await poc.owned() == WHOLE
    (service,) = [o for o in poc.scope.inventory.of_kind("Service") if o.name == poc.service]
    (definition,) = poc.scope.inventory.owned(poc.mark) and [
        o for o in poc.scope.inventory.of_kind("TaskDefinition") if o.owner == poc.mark
    ]
    assert service.fields["task_definition"] == definition.id
    assert definition.attrs["image"] == "local/nothing:2"


async def test_gone_and_wanted_again_it_is_whole(poc: Poc) -> None:
    for _ in range(2):
        await poc.settle(poc.graph())
        await poc.settle(Graph())
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


DELETES: dict[str, Any] = {
    "LogGroup": lambda b, o: b.client("logs").delete_log_group(logGroupName=o.id),
    "ListenerRule": lambda b, o: b.client("elbv2").delete_rule(RuleArn=o.id),
    "TaskDefinition": lambda b, o: b.client("ecs").deregister_task_definition(taskDefinition=o.id),
    "Service": lambda b, o: b.client("ecs").delete_service(
        cluster=o.fields["cluster_arn"], service=o.id, force=True
    ),
    "Secret": lambda b, o: b.client("secretsmanager").delete_secret(SecretId=o.id),
    "ScalableTarget": lambda b, o: b.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs", ResourceId=o.id, ScalableDimension="ecs:service:DesiredCount"
    ),
    "ScalingPolicy": lambda b, o: b.client("application-autoscaling").delete_scaling_policy(
        ServiceNamespace="ecs",
        ResourceId=o.attrs["resource_id"],
        ScalableDimension="ecs:service:DesiredCount",
        PolicyName=o.attrs["aws_name"],
    ),
    "ScheduledAction": lambda b, o: b.client("application-autoscaling").delete_scheduled_action(
        ServiceNamespace="ecs",
        ResourceId=o.attrs["resource_id"],
        ScalableDimension="ecs:service:DesiredCount",
        ScheduledActionName=o.attrs["aws_name"],
    ),
}


async def delete_target_group(bench: Bench, have: Observed) -> None:
    """AWS lets it go only a while after its rules."""
    elb = bench.client("elbv2")
    for rule in bench.inventory.pointing_at(have.id):
        if rule.kind == "ListenerRule":
            elb.delete_rule(RuleArn=rule.id)
    async with asyncio.timeout(90):
        while elb.describe_target_groups(TargetGroupArns=[have.id])["TargetGroups"]:
            with suppress(elb.exceptions.ResourceInUseException):
                elb.delete_target_group(TargetGroupArn=have.id)
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", [*DELETES, "TargetGroup"])
async def test_what_was_deleted_by_hand_comes_back(poc: Poc, kind: str) -> None:
    graph = poc.graph(scaled=True)
    await poc.settle(graph)
    whole = await poc.owned()
    await poc.settle(graph)
    (have,) = [o for o in poc.scope.inventory.owned(poc.mark) if o.kind == kind]
    if kind in DELETES:
        DELETES[kind](poc.bench, have)
    else:
        await delete_target_group(poc.bench, have)
    await asyncio.sleep(0.1)  # longer than lists may lag
    await poc.once(graph, listing=0.0)
    await poc.settle(graph)
    assert await poc.owned() - Counter({"TaskDefinition": 1}) == whole - Counter({"TaskDefinition": 1})
