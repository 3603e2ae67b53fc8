"""A model, its configuration and its endpoint through the engine: cost, crashes, rollouts, leftovers."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from tests.local.aws.bench import Bench
from tests.local.aws.sagemaker_parts import image
from tests.localcloud.sagemaker_world import archive

from modelpoc.aws.alarm import Alarm
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.endpoint import Endpoint
from modelpoc.aws.endpoint_config import EndpointConfig
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.log_group import ENDPOINTS, LogGroup
from modelpoc.aws.model import Model
from modelpoc.aws.tags import owner_tags
from modelpoc.reconcile.act import Ages, Engine, Outcome
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed, Ref, Resource
from modelpoc.reconcile.steps import Verb

pytestmark = pytest.mark.local

CREATES = (
    "CreateLogGroup", "PutRetentionPolicy", "CreateModel", "CreateEndpointConfig", "PutMetricAlarm",
    "CreateEndpoint",
)  # fmt: skip
ROLLS = ("CreateModel", "CreateEndpointConfig", "AddTags", "UpdateEndpoint")
REMOVALS = ("DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteAlarms", "DeleteLogGroup")
WHOLE = Counter({"LogGroup": 1, "Model": 1, "EndpointConfig": 1, "Alarm": 1, "Endpoint": 1})
BROKEN: dict[str, Any] = {"load_error": "no such layer"}
PLACES = frozenset({"Cluster", "LoadBalancer", "Listener", "HttpApi", "VpcLink"})


class Poc:
    """A POC of an endpoint alone, as one operator after another sees it."""

    def __init__(self, bench: Bench, image: str) -> None:
        self.bench, self.image, self.name, self.bucket = bench, image, bench.name(), bench.name("models")
        self.s3, self.sagemaker = bench.client("s3"), bench.client("sagemaker")
        place = {"LocationConstraint": bench.scope.region}
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=place)
        self.owner = Owner("fleet", "team-a", self.name)
        self.mark = self.owner.mark
        self._archives: dict[str, bytes] = {}
        self.ship()
        self.start_again()

    def start_again(self) -> None:
        """A new operator, which knows nothing."""
        self.scope = self.bench.scope
        self.scope.inventory = self.bench.inventory = Inventory(doubt_seconds=0.05)
        self.engine = Engine(KINDS, self.scope, self.scope.inventory)

    def ship(self, **settings: Any) -> None:
        """Another archive at the same key."""
        body = self._archives.setdefault(str(settings), archive(**settings))
        self.s3.put_object(Bucket=self.bucket, Key="model.tar.gz", Body=body)

    @property
    def tags(self) -> dict[str, str]:
        return owner_tags(self.owner, {})

    def graph(self, config: str | None = None, **more: Any) -> Graph:
        """On `config`, made by the user, or on one of its own."""
        logs = LogGroup(name=f"{ENDPOINTS}{self.name}", retention_days=14, tags=self.tags)
        given = EndpointConfig(name=config, given=True) if config else None
        own = [] if given else self.contents()
        endpoint = Endpoint(
            name=self.name,
            config_name=Ref("EndpointConfig", config or self.name, "name"),
            tags=self.tags,
            needs=(Ref("LogGroup", logs.name),),
            **{"alarms": (Ref("Alarm", self.alarm.name, "name"),), "wait_seconds": 0, **more},
        )
        return Graph([logs, *([given] if given else []), *own, self.alarm, endpoint])

    def contents(self) -> list[Resource]:
        data = Artifact(name=f"{self.bucket}/model.tar.gz", given=True)
        model = Model(
            name=self.name,
            image=self.image,
            model_data_url=f"s3://{data.name}",
            execution_role_arn=f"arn:aws:iam::{self.scope.account}:role/modelpoc-sagemaker",
            versions={"archive": Ref("Artifact", data.name, "version")},
            tags=self.tags,
        )
        config = EndpointConfig(
            name=self.name,
            model_name=Ref("Model", self.name, "name"),
            instance_type="ml.m5.large",
            instance_count=2,
            tags=self.tags,
        )
        return [data, model, config]

    @property
    def alarm(self) -> Alarm:
        return Alarm(
            name=f"5xx-{self.name}",
            metric="Invocation5XXErrors",
            dimensions={"EndpointName": self.name, "VariantName": "model"},
            statistic="Average",
            threshold=0.05,
            tags=self.tags,
        )

    async def once(self, graph: Graph, **ages: float) -> Outcome:
        """A pass that looks at archives too, which nobody announces."""
        self.bench.inventory.doubt("Artifact", f"{self.bucket}/model.tar.gz")
        return await self.engine.run(graph, self.mark, ages=Ages(**{"settling": 0.0, **ages}))

    async def settle(self, graph: Graph) -> Outcome:
        return await self.until(graph, lambda outcome: outcome.settled)

    async def broken(self, graph: Graph) -> Outcome:
        return await self.until(graph, lambda outcome: bool(outcome.plan.of(Verb.BROKEN)))

    async def until(self, graph: Graph, good: Any) -> Outcome:
        for _ in range(120):
            outcome = await self.once(graph)
            if good(outcome):
                return outcome
            await asyncio.sleep(0.06)
        left = [f"{s}: {s.message} {s.waits_for}" for s in outcome.plan.steps if s.verb is not Verb.KEEP]
        raise AssertionError(f"does not settle: {left} {outcome.errors}")

    @property
    def endpoint(self) -> Observed:
        have = self.scope.inventory.get("Endpoint", self.name)
        assert have
        return have

    async def owned(self) -> Counter[str]:
        """What AWS holds of this POC, seen by an operator that has just started."""
        self.start_again()
        await self.engine.observer.list_kinds(0.0, {k for k in KINDS if k not in PLACES})
        return Counter(o.kind for o in self.scope.inventory.owned(self.mark))

    async def contents_owned(self) -> tuple[int, int]:
        owned = await self.owned()
        return owned["Model"], owned["EndpointConfig"]


@pytest.fixture
async def poc(bench: Bench) -> Poc:
    return Poc(bench, await image(bench))


def writes(calls: Counter[str]) -> Counter[str]:
    reads = ("Describe", "List", "Get", "Head")
    return Counter({name: count for name, count in calls.items() if not name.startswith(reads)})


async def test_making_one_takes_six_writes_and_no_read_beside_a_warm_inventory(poc: Poc) -> None:
    await poc.engine.observer.list_kinds(0.0)
    await poc.engine.observer.read([("Artifact", f"{poc.bucket}/model.tar.gz")])
    poc.bench.calls()
    outcome = await poc.engine.run(poc.graph(), poc.mark, ages=Ages(settling=60.0))
    assert outcome.errors == {}
    assert poc.bench.calls() == dict.fromkeys(CREATES, 1)


async def test_a_resync_over_an_unchanged_one_writes_nothing(poc: Poc) -> None:
    await poc.settle(poc.graph())
    poc.bench.calls()
    outcome = await poc.once(poc.graph(), listing=0.0, deep=0.0)
    assert (outcome.settled, outcome.done) == (True, ())
    assert writes(poc.bench.calls()) == {}


@pytest.mark.parametrize("operation", CREATES)
@pytest.mark.parametrize("killed", [False, True], ids=["lost", "killed"])
async def test_a_lost_answer_makes_nothing_twice(poc: Poc, operation: str, killed: bool) -> None:
    poc.bench.fault(operation=operation, reset="after")
    await poc.once(poc.graph())
    if killed:
        poc.start_again()
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


async def test_a_new_archive_at_the_same_key_takes_over_and_the_old_goes(poc: Poc) -> None:
    await poc.settle(poc.graph())
    first = poc.endpoint.attrs["serving"]
    poc.ship(revision="two")
    poc.bench.calls()
    await poc.settle(poc.graph())
    assert poc.endpoint.attrs["serving"] != first
    assert writes(poc.bench.calls()) == {
        **dict.fromkeys(ROLLS, 1), "DeleteTags": 1, "DeleteEndpointConfig": 1, "DeleteModel": 1,
    }  # fmt: skip
    assert await poc.owned() == WHOLE


@pytest.mark.parametrize("operation", ROLLS)
@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_rollout_cut_short_is_finished_by_the_next_operator(
    poc: Poc, operation: str, reset: str
) -> None:
    await poc.settle(poc.graph())
    poc.ship(revision="two")
    poc.bench.fault(operation=operation, reset=reset)
    await poc.once(poc.graph())
    poc.start_again()
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


async def test_an_archive_that_does_not_load_is_tried_once_and_both_stay(poc: Poc) -> None:
    await poc.settle(poc.graph())
    first = poc.endpoint.attrs["serving"]
    poc.ship(**BROKEN)
    outcome = await poc.broken(poc.graph())
    (step,) = outcome.plan.of(Verb.BROKEN)
    assert (step.kind, step.reason) == ("Endpoint", "RolloutFailed")
    assert "ping health check" in step.message
    assert "no such layer" in outcome.explained[step.key]
    assert poc.endpoint.attrs["serving"] == first
    poc.bench.calls()
    for restarted in (False, True, False):
        if restarted:
            poc.start_again()
        assert (await poc.once(poc.graph(), listing=0.0)).plan.of(Verb.BROKEN)
    assert writes(poc.bench.calls()) == {}
    assert await poc.contents_owned() == (2, 2)


async def test_another_archive_recovers_and_all_older_ones_go(poc: Poc) -> None:
    await poc.settle(poc.graph())
    poc.ship(**BROKEN)
    await poc.broken(poc.graph())
    poc.ship(revision="three")
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


async def test_the_archive_before_it_recovers_without_an_update(poc: Poc) -> None:
    await poc.settle(poc.graph())
    poc.ship(**BROKEN)
    await poc.broken(poc.graph())
    poc.bench.calls()
    poc.ship()
    await poc.settle(poc.graph())
    assert writes(poc.bench.calls()) == {"DeleteEndpointConfig": 1, "DeleteModel": 1}


async def test_a_retry_is_one_update_more(poc: Poc) -> None:
    await poc.settle(poc.graph())
    poc.ship(**BROKEN)
    await poc.broken(poc.graph())
    poc.bench.calls()
    await poc.once(poc.graph(retry=True))
    await poc.broken(poc.graph())
    await poc.once(poc.graph())
    assert writes(poc.bench.calls()) == {"AddTags": 1, "UpdateEndpoint": 1}


async def test_one_that_never_came_up_is_made_again_from_a_good_archive(poc: Poc) -> None:
    poc.ship(**BROKEN)
    outcome = await poc.broken(poc.graph())
    assert outcome.plan.of(Verb.BROKEN)[0].reason == "EndpointFailed"
    poc.bench.calls()
    await poc.once(poc.graph())
    assert writes(poc.bench.calls()) == {}
    poc.ship()
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


@pytest.mark.parametrize("operation", ["DeleteEndpoint", "CreateEndpoint"])
async def test_making_it_again_survives_a_crash(poc: Poc, operation: str) -> None:
    poc.ship(**BROKEN)
    await poc.broken(poc.graph())
    poc.ship()
    poc.bench.fault(operation=operation, reset="after")
    await poc.once(poc.graph())
    poc.start_again()
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE


async def test_a_canary_that_is_no_longer_asked_for_leaves_no_alarm_behind(poc: Poc) -> None:
    canary = {"rollout": "Canary", "step_instances": 1}
    await poc.settle(poc.graph(**canary))
    poc.ship(revision="two")
    await poc.settle(poc.graph(**canary))
    watched = [r for r in poc.graph(alarms=()) if r.kind != "Alarm"]
    await poc.settle(Graph(watched))
    assert "Alarm" not in await poc.owned()


# what a user gives


async def test_a_given_configuration_is_served_and_left_alone(poc: Poc) -> None:
    await poc.settle(poc.graph())
    (own,) = poc.scope.inventory.of_kind("EndpointConfig") and [
        o for o in poc.scope.inventory.of_kind("EndpointConfig") if o.owner == poc.mark
    ]
    told = poc.sagemaker.describe_endpoint_config(EndpointConfigName=own.name)
    model = poc.sagemaker.describe_model(ModelName=told["ProductionVariants"][0]["ModelName"])
    container = {k: v for k, v in model["PrimaryContainer"].items() if k in ("Image", "ModelDataUrl")}
    name = f"mine-of-{poc.name[-4:]}"
    poc.sagemaker.create_model(
        ModelName=name, PrimaryContainer=container, ExecutionRoleArn=model["ExecutionRoleArn"]
    )
    variant = {**told["ProductionVariants"][0], "ModelName": name}
    poc.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    await poc.settle(poc.graph(config=name))
    assert poc.endpoint.attrs["serving"] == name
    assert await poc.contents_owned() == (0, 0)
    await poc.settle(Graph())
    assert poc.sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"] == [variant]
    assert await poc.owned() == {}


async def test_a_given_configuration_that_is_not_there_holds_everything_back(poc: Poc) -> None:
    outcome = await poc.once(poc.graph(config="nowhere-to-be-found"))
    (missing,) = outcome.plan.of(Verb.MISSING)
    assert missing.name == "nowhere-to-be-found"
    assert writes(poc.bench.calls()) == {}


# taken apart


async def test_nothing_is_left_and_all_comes_back(poc: Poc) -> None:
    for _ in range(2):
        await poc.settle(poc.graph())
        assert await poc.owned() == WHOLE
        await poc.settle(Graph())
        assert await poc.owned() == {}


@pytest.mark.parametrize("operation", REMOVALS)
async def test_a_lost_answer_while_taking_it_apart_leaves_nothing(poc: Poc, operation: str) -> None:
    await poc.settle(poc.graph())
    poc.bench.fault(operation=operation, reset="after")
    await poc.settle(Graph())
    assert await poc.owned() == {}


async def test_one_that_is_still_being_made_is_waited_for_and_then_goes(poc: Poc) -> None:
    await poc.once(poc.graph())
    await poc.settle(Graph())
    assert await poc.owned() == {}


DELETES: dict[str, Any] = {
    "Endpoint": lambda poc, o: poc.sagemaker.delete_endpoint(EndpointName=o.name),
    "EndpointConfig": lambda poc, o: poc.sagemaker.delete_endpoint_config(EndpointConfigName=o.name),
    "Model": lambda poc, o: poc.sagemaker.delete_model(ModelName=o.name),
    "Alarm": lambda poc, o: poc.bench.client("cloudwatch").delete_alarms(AlarmNames=[o.name]),
    "LogGroup": lambda poc, o: poc.bench.client("logs").delete_log_group(logGroupName=o.name),
}


@pytest.mark.parametrize("kind", DELETES)
async def test_whatever_somebody_deletes_is_made_again(poc: Poc, kind: str) -> None:
    await poc.settle(poc.graph())
    (gone,) = [o for o in poc.scope.inventory.owned(poc.mark) if o.kind == kind]
    DELETES[kind](poc, gone)
    await poc.once(poc.graph(), listing=0.0)
    await poc.settle(poc.graph())
    assert await poc.owned() == WHOLE
