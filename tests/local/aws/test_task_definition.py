"""Task definitions over time: revisions, what a crash leaves behind, what a look costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.local.aws.poc_parts import task_definition

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.task_definition_request import content_hash
from modelpoc.reconcile.errors import CloudError, Retry

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["TaskDefinition"]


async def test_two_revisions_of_a_family_are_two_resources(bench: Bench) -> None:
    one = await task_definition(bench)
    other = replace(one, image="local/else:1")
    await bench.made(KIND, one)
    await bench.made(KIND, other)
    found = await bench.listed(KIND)
    assert {KIND.identify(one), KIND.identify(other)} <= found.keys()
    assert len({found[KIND.identify(w)].id for w in (one, other)}) == 2


async def test_a_known_revision_is_never_described_again(bench: Bench) -> None:
    want = await task_definition(bench)
    await bench.made(KIND, want)
    await bench.listed(KIND)
    bench.calls()
    await bench.listed(KIND)
    assert bench.calls() == {"ListTaskDefinitions": 2}


async def test_a_revision_registered_twice_is_a_leftover(bench: Bench) -> None:
    want = await task_definition(bench)
    first = await bench.made(KIND, want)
    await KIND.create(bench.scope, want)
    found = [o for o in (await bench.listed(KIND)).values() if o.owner == bench.owner.mark]
    assert len(found) == 2
    assert next(o for o in found if o.name == first.name).id == first.id


async def test_a_crash_between_deregistering_and_deleting_leaves_what_is_collected(bench: Bench) -> None:
    want = await task_definition(bench)
    have = await bench.made(KIND, want)
    bench.fault(operation="DeleteTaskDefinitions", error="throttle")
    with pytest.raises(Retry):
        await KIND.delete(bench.scope, have)
    found = await bench.listed(KIND)
    assert have.name not in found
    left = next(o for o in found.values() if o.id == have.id)
    assert (left.owner, left.name.partition(":")[0]) == (bench.owner.mark, KIND.identify(want))
    assert await KIND.delete(bench.scope, left) is None
    assert have.id not in {o.id for o in (await bench.listed(KIND)).values()}


async def test_one_deregistered_by_hand_is_registered_again_beside_it(bench: Bench) -> None:
    want = await task_definition(bench)
    have = await bench.made(KIND, want)
    bench.client("ecs").deregister_task_definition(taskDefinition=have.id)
    assert have.name not in await bench.listed(KIND)
    again = await bench.made(KIND, want)
    found = await bench.listed(KIND)
    assert found[have.name].id == again.id
    assert {o.id for o in found.values()} >= {have.id, again.id}


async def test_what_is_not_ours_is_not_seen(bench: Bench) -> None:
    want = await task_definition(bench)
    ecs = bench.client("ecs")
    container = {"name": "x", "image": "x"}
    ecs.register_task_definition(family="theirs", containerDefinitions=[container])
    ecs.register_task_definition(family=bench.name(), containerDefinitions=[container])
    await bench.made(KIND, want)
    assert [o for o in (await bench.listed(KIND)).values() if o.owner is None] == []


async def test_the_hash_stands_in_aws(bench: Bench) -> None:
    want = await task_definition(bench)
    have = await bench.made(KIND, want)
    told = bench.client("ecs").describe_task_definition(taskDefinition=have.id)["taskDefinition"]
    labels = told["containerDefinitions"][0]["dockerLabels"]
    assert labels["modelpoc.dev/content"] == content_hash(want)


async def test_a_refusal_is_told(bench: Bench) -> None:
    want = replace(await task_definition(bench), cpu=256, memory=100_000)
    with pytest.raises(CloudError):
        await KIND.create(bench.scope, want)
