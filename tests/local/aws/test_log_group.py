"""The log groups of endpoints, which SageMaker makes as well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modelpoc.aws import tags
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.log_group import ENDPOINTS, LogGroup
from modelpoc.reconcile.errors import AlreadyThere
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["LogGroup"]


def group(bench: Bench) -> LogGroup:
    name = f"{ENDPOINTS}counter-{bench.owner.mark.owner}"
    return LogGroup(name=name, retention_days=14, tags=bench.tags)


def endpoint(bench: Bench) -> Observed:
    name = f"counter-{bench.owner.mark.owner}"
    return Observed("Endpoint", name, id=f"arn:{name}", owner=bench.owner.mark)


def made_by_sagemaker(bench: Bench, want: LogGroup) -> None:
    bench.client("logs").create_log_group(logGroupName=want.name)


async def test_ours_is_listed_beside_the_others(bench: Bench) -> None:
    want = group(bench)
    other = replace(want, name=f"/modelpoc/fleet/team-a/{bench.name()}")
    created = [await bench.made(KIND, w) for w in (want, other)]
    await bench.listed(KIND)
    bench.calls()
    found = await bench.listed(KIND)
    assert bench.calls() == {"DescribeLogGroups": 2}
    for have in created:
        assert (found[have.name].id, found[have.name].owner) == (have.id, bench.owner.mark)


async def test_what_sagemaker_made_first_is_taken_over(bench: Bench) -> None:
    want = group(bench)
    made_by_sagemaker(bench, want)
    assert want.name not in await bench.listed(KIND)  # so that it is made
    created = await bench.made(KIND, want)
    assert KIND.diff(want, created) == ()
    assert await bench.diff(KIND, want) == ()
    assert (await bench.listed(KIND))[want.name].owner == bench.owner.mark


async def test_what_sagemaker_made_again_is_ours_and_mended(bench: Bench) -> None:
    want = group(bench)
    bench.inventory.wrote(endpoint(bench))
    made_by_sagemaker(bench, want)
    assert (await bench.listed(KIND))[want.name].owner == bench.owner.mark
    assert await bench.mended(KIND, want) == {"retention_days", "tags"}


async def test_what_sagemaker_leaves_behind_belongs_to_whoever_else_holds_something(bench: Bench) -> None:
    want = group(bench)
    made_by_sagemaker(bench, want)
    bench.inventory.wrote(Observed("Route", "api/ANY /a", id="api/r", owner=bench.owner.mark))
    have = (await bench.listed(KIND))[want.name]
    assert have.owner == bench.owner.mark
    await KIND.delete(bench.scope, have)
    assert await bench.seen(KIND, want.name) is None


@pytest.mark.parametrize(
    "theirs", [tags.owner_tags(Owner("fleet", "team-b", "counter"), {}), {"owner": "somebody else"}]
)
async def test_one_of_somebody_else_is_not_taken_over(bench: Bench, theirs: dict[str, str]) -> None:
    want = group(bench)
    bench.inventory.wrote(endpoint(bench))
    bench.client("logs").create_log_group(logGroupName=want.name, tags=theirs)
    with pytest.raises(AlreadyThere):
        await KIND.create(bench.scope, want)
    for _ in range(2):
        assert (await bench.listed(KIND))[want.name].owner != bench.owner.mark
    bench.client("logs").delete_log_group(logGroupName=want.name)


async def test_a_group_of_another_name_is_not_taken_over(bench: Bench) -> None:
    want = replace(group(bench), name=f"{ENDPOINTS}{bench.name()}")
    made_by_sagemaker(bench, want)
    with pytest.raises(AlreadyThere):
        await KIND.create(bench.scope, want)
    bench.client("logs").delete_log_group(logGroupName=want.name)


async def test_groups_of_other_endpoints_are_not_looked_at(bench: Bench) -> None:
    bench.client("logs").create_log_group(logGroupName=f"{ENDPOINTS}theirs")
    await bench.listed(KIND)
    bench.calls()
    assert f"{ENDPOINTS}theirs" not in await bench.listed(KIND)
    assert bench.calls() == {"DescribeLogGroups": 2}
    bench.client("logs").delete_log_group(logGroupName=f"{ENDPOINTS}theirs")
