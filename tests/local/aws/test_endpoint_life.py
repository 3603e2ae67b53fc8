"""An endpoint on real containers: made, looked at, failed, taken away, signed and given up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.sagemaker_parts import BROKEN, Hosted, endpoint, hosted

from modelpoc.aws import tags
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.log_group import ENDPOINTS
from modelpoc.reconcile.errors import AlreadyThere, CloudError, Gone
from modelpoc.reconcile.resource import Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Endpoint"]


@pytest.fixture
async def poc(bench: Bench) -> Hosted:
    return await hosted(bench)


async def test_it_is_made_with_one_call_and_settles_on_what_is_wanted(bench: Bench) -> None:
    want = await endpoint(bench)
    bench.calls()
    created = await bench.made(KIND, want)
    assert bench.calls() == {"CreateEndpoint": 1}
    assert (created.state.phase, created.state.reason) == (Phase.SETTLING, "Creating")
    assert (created.owner, KIND.diff(want, created)) == (bench.owner.mark, ())
    have = await Hosted(bench, want).steady()
    assert (have.state.phase, have.attrs["serving"]) == (Phase.SETTLED, want.config_name)
    assert have.refs == created.refs
    assert await bench.diff(KIND, want) == ()
    deep = await bench.seen(KIND, want.name)
    assert deep
    assert deep.attrs.keys() == created.attrs.keys()
    assert deep.fields == created.fields
    with pytest.raises(AlreadyThere):
        await KIND.create(bench.scope, want)


async def test_what_did_not_change_is_not_described_again(poc: Hosted) -> None:
    await poc.bench.listed(KIND)
    poc.bench.calls()
    await poc.bench.listed(KIND)
    assert poc.bench.calls() == {"ListEndpoints": 1}


async def test_an_operator_that_knows_nothing_asks_twice_for_each(poc: Hosted) -> None:
    await poc.bench.listed(KIND)
    poc.forget()
    poc.bench.calls()
    have = (await poc.bench.listed(KIND))[poc.want.name]
    assert poc.bench.calls() == {"ListEndpoints": 1, "DescribeEndpoint": 1, "ListTags": 1}
    assert (have.owner, KIND.diff(poc.want, have)) == (poc.bench.owner.mark, ())


async def test_a_listing_shows_what_somebody_changed(poc: Hosted) -> None:
    other = await poc.config()
    await poc.bench.listed(KIND)
    sagemaker = poc.bench.client("sagemaker")
    sagemaker.update_endpoint(EndpointName=poc.want.name, EndpointConfigName=other)
    have = (await poc.bench.listed(KIND))[poc.want.name]
    assert (have.fields["config_name"], have.state.busy) == (other, True)
    await poc.steady()
    assert await poc.bench.mended(KIND, poc.want) == {"config_name"}


# failed, and gone


async def test_one_that_never_came_up_is_replaced_by_another_configuration_only(bench: Bench) -> None:
    good = await endpoint(bench)
    poc = Hosted(bench, good)
    bad = poc.to(await poc.config(BROKEN))
    await bench.made(KIND, bad)
    have = await poc.steady()
    assert (have.state.phase, have.state.reason) == (Phase.BROKEN, "EndpointFailed")
    assert (KIND.diff(bad, have), KIND.replaces(bad, have), have.attrs["serving"]) == ((), False, None)
    assert "no such layer" in await KIND.explain(bench.scope, have)
    assert KIND.replaces(good, have)
    going = await KIND.delete(bench.scope, have)
    assert going
    assert going.state.phase is Phase.GOING
    await bench.gone(KIND, good.name)
    await bench.made(KIND, good)
    assert (await poc.steady()).attrs["serving"] == good.config_name


async def test_without_logs_aws_alone_tells(poc: Hosted) -> None:
    poc.asked_of_aws(failed="the host was lost")
    poc.bench.client("logs").delete_log_group(logGroupName=f"{ENDPOINTS}{poc.want.name}")
    assert await KIND.explain(poc.bench.scope, await poc.see()) == "its containers wrote nothing"


async def test_one_that_breaks_in_service_is_told(poc: Hosted) -> None:
    poc.asked_of_aws(failed="the host was lost")
    have = await poc.see()
    assert (have.state.phase, KIND.diff(poc.want, have)) == (Phase.BROKEN, ())
    assert "the host was lost" in have.state.message
    assert KIND.replaces(replace(poc.want, retry=True), have)


async def test_its_name_is_free_again_once_it_is_gone(poc: Hosted) -> None:
    going = await KIND.delete(poc.bench.scope, await poc.see())
    assert going
    poc.bench.inventory.wrote(going)
    assert going.state.phase is Phase.GOING
    with pytest.raises(CloudError):
        await KIND.create(poc.bench.scope, poc.want)
    await poc.bench.gone(KIND, poc.want.name)
    assert poc.want.name not in await poc.bench.listed(KIND)
    with poc.bench.as_root() as scope, pytest.raises(Gone):
        await KIND.delete(scope, going)
    assert KIND.diff(poc.want, await poc.bench.made(KIND, poc.want)) == ()


# tags


async def test_tags_are_mended_and_those_of_others_stay(poc: Hosted) -> None:
    put = {"team": "other", "backup": "daily"}
    have = await poc.see()
    poc.bench.client("sagemaker").add_tags(ResourceArn=have.id, Tags=tags.to_list(put))
    assert await poc.bench.mended(KIND, poc.want) == {"tags"}
    after: Any = await poc.bench.seen(KIND, poc.want.name)
    assert (after.fields["tags"]["team"], after.fields["tags"]["backup"]) == ("ml", "daily")


async def test_disowned_it_serves_on_and_is_no_longer_ours(poc: Hosted) -> None:
    await poc.update(poc.to(await poc.config()))
    have = await poc.steady()
    await KIND.disown(poc.bench.scope, have)
    poc.forget()
    left = (await poc.bench.listed(KIND))[poc.want.name]
    assert (left.owner, left.fields["tags"].keys()) == (None, {"team"})
    assert poc.answer()["output"] == 1
