"""Models and configurations: one for each content, looked at once; those of users are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.poc_parts import Maker
from tests.local.aws.sagemaker_parts import alarm, endpoint_config, model

from modelpoc.aws.endpoint_config import EndpointConfig
from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import AlreadyThere, Stall

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

MODELS, CONFIGS, ALARMS = KINDS["Model"], KINDS["EndpointConfig"], KINDS["Alarm"]
contents = pytest.mark.parametrize("maker", [model, endpoint_config], ids=lambda m: m.__name__)


@contents
async def test_another_content_stands_beside_the_first(bench: Bench, maker: Maker) -> None:
    want: Any = await maker(bench)
    kind = KINDS[want.kind]
    other = (
        replace(want, versions={"archive": "two"})
        if want.kind == "Model"
        else replace(want, instance_count=3)
    )
    made = [await bench.made(kind, each) for each in (want, other)]
    found = await bench.listed(kind)
    assert len({found[have.name].id for have in made}) == 2
    with pytest.raises(AlreadyThere):
        await kind.create(bench.scope, want)


@contents
async def test_what_is_known_costs_a_page(bench: Bench, maker: Maker) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    await bench.made(kind, want)
    await bench.listed(kind)  # of other tests too
    bench.calls()
    await bench.listed(kind)
    assert bench.calls() == {f"List{want.kind}s": 1}


@pytest.mark.parametrize(("maker", "cost"), [(model, 0), (endpoint_config, 1)])
async def test_an_operator_that_knows_nothing_asks_little(bench: Bench, maker: Maker, cost: int) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    have = await bench.made(kind, want)
    await bench.listed(kind)
    bench.inventory.deleted(kind.kind, have.name)
    bench.calls()
    seen = (await bench.listed(kind))[have.name]
    calls = bench.calls()
    assert (calls["ListTags"], calls[f"Describe{want.kind}"]) == (1, cost)
    assert (seen.owner, seen.refs, kind.diff(want, seen)) == (have.owner, have.refs, ())


async def test_one_made_anew_by_somebody_is_looked_at_again(bench: Bench) -> None:
    want = await endpoint_config(bench)
    have = await bench.made(CONFIGS, want)
    await bench.listed(CONFIGS)
    sagemaker = bench.client("sagemaker")
    sagemaker.delete_endpoint_config(EndpointConfigName=have.name)
    assert have.name not in await bench.listed(CONFIGS)
    sagemaker.create_endpoint_config(EndpointConfigName=have.name, **CONFIGS.request(want))
    assert (await bench.listed(CONFIGS))[have.name].owner is None


async def test_a_configuration_holds_its_model(bench: Bench) -> None:
    want = await endpoint_config(bench)
    have = await bench.made(CONFIGS, want)
    (held,) = (o for o in bench.inventory.of_kind("Model") if o.name == want.model_name)
    assert held.id in have.refs


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        (
            {"serverless_memory": 2048, "serverless_concurrency": 5},
            {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}},
        ),
        (
            {"instance_type": "ml.m5.large", "instance_count": 2},
            {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2},
        ),
    ],
)
async def test_aws_is_told_what_it_runs_on(
    bench: Bench, sizes: dict[str, Any], shown: dict[str, Any]
) -> None:
    have = await bench.made(CONFIGS, await endpoint_config(bench, **sizes))
    told = bench.client("sagemaker").describe_endpoint_config(EndpointConfigName=have.name)
    (variant,) = told["ProductionVariants"]
    assert shown.items() <= variant.items()


async def test_what_is_kept_of_requests_is_told(bench: Bench) -> None:
    want = replace(
        await endpoint_config(bench), capture_percent=20, capture_destination="s3://captured/counter"
    )
    have = await bench.made(CONFIGS, want)
    capture = bench.client("sagemaker").describe_endpoint_config(EndpointConfigName=have.name)[
        "DataCaptureConfig"
    ]
    assert (capture["InitialSamplingPercentage"], capture["DestinationS3Uri"]) == (
        20,
        "s3://captured/counter",
    )
    assert await bench.diff(CONFIGS, want) == ()


async def test_an_archive_that_is_not_there_stalls(bench: Bench) -> None:
    want = replace(await model(bench), model_data_url="s3://nowhere/model.tar.gz")
    with pytest.raises(Stall) as told:
        await MODELS.create(bench.scope, want)
    assert told.value.reason == "InvalidSpec"


@pytest.mark.parametrize(
    ("maker", "operation"),
    [(model, "ListTags"), (endpoint_config, "ListTags"), (alarm, "ListTagsForResource")],
)
async def test_what_goes_while_it_is_looked_at_is_not_there(
    bench: Bench, maker: Maker, operation: str
) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    await bench.listed(kind)
    have = await kind.create(bench.scope, want)
    for look in (bench.listed(kind), kind.read(bench.scope, [have.name], True)):
        bench.fault(operation=operation, error="ResourceNotFoundException")
        assert have.name not in await look


# given by users


async def test_a_given_configuration_is_known_by_its_own_name_and_stays_known(bench: Bench) -> None:
    made = await bench.made(MODELS, await model(bench))
    variants = [
        {
            "VariantName": name,
            "ModelName": made.name,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        for name in ("blue", "green")
    ]
    sagemaker, name = bench.client("sagemaker"), f"Mine-{bench.name()[-3:]}-x"
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    assert name not in await bench.listed(CONFIGS)  # nobody asked for it
    bench.calls()
    have = await bench.seen(CONFIGS, CONFIGS.identify(EndpointConfig(name=name, given=True)))
    assert bench.calls() == {"DescribeEndpointConfig": 1}
    assert have
    assert (have.attrs["variants"], have.owner, have.attrs["name"]) == (("blue", "green"), None, name)
    assert made.id in have.refs
    assert (await bench.listed(CONFIGS))[name] == have
    assert bench.calls()["DescribeEndpointConfig"] == 0
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    assert name not in await bench.listed(CONFIGS)
    assert await bench.seen(CONFIGS, name) is None


async def test_what_is_named_like_nothing_of_ours_costs_no_call(bench: Bench) -> None:
    made = await bench.made(MODELS, await model(bench))
    sagemaker = bench.client("sagemaker")
    known = sagemaker.describe_model(ModelName=made.name)
    container = {k: v for k, v in known["PrimaryContainer"].items() if k in ("Image", "ModelDataUrl")}
    sagemaker.create_model(
        ModelName="theirs", PrimaryContainer=container, ExecutionRoleArn=known["ExecutionRoleArn"]
    )
    await bench.listed(MODELS)
    bench.calls()
    assert "theirs" not in await bench.listed(MODELS)
    assert bench.calls() == {"ListModels": 1}
    sagemaker.delete_model(ModelName="theirs")


# alarms


async def test_alarms_cost_a_page_and_those_of_others_nothing(bench: Bench) -> None:
    want = await alarm(bench)
    await bench.made(ALARMS, want)
    bench.client("cloudwatch").put_metric_alarm(
        AlarmName="theirs", Namespace="x", MetricName="y", Statistic="Sum", Period=60, Threshold=1,
        EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    await bench.listed(ALARMS)
    bench.calls()
    found = await bench.listed(ALARMS)
    assert bench.calls() == {"DescribeAlarms": 1}
    assert want.name in found
    assert "theirs" not in found


async def test_a_percentile_comes_back_as_it_was_asked_for(bench: Bench) -> None:
    want = replace(await alarm(bench), metric="ModelLatency", statistic="p90", threshold=5_000_000.0)
    await bench.made(ALARMS, want)
    assert await bench.diff(ALARMS, want) == ()
