"""Crashes, lost answers and stale looks: an endpoint is neither updated twice nor given up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.local.aws.sagemaker_parts import BROKEN, Hosted, endpoint, hosted

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.sagemaker import TRYING
from modelpoc.reconcile.errors import AnswerLost, Gone, NotYet, Stall

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Endpoint"]


@pytest.fixture
async def poc(bench: Bench) -> Hosted:
    return await hosted(bench)


async def test_a_crash_before_the_update_leaves_it_to_be_done(poc: Hosted) -> None:
    want = poc.to(await poc.config())
    poc.bench.fault(operation="UpdateEndpoint", reset="before")
    with pytest.raises(AnswerLost):
        await poc.update(want)
    have = await poc.bench.seen(KIND, want.name)
    assert have
    assert have.attrs["trying"].startswith(f"{want.config_name}@")
    assert [c.field for c in KIND.diff(want, have)] == ["config_name"]
    await poc.update(want)
    assert (await poc.steady()).attrs["serving"] == want.config_name


async def test_a_lost_answer_is_no_second_update(poc: Hosted) -> None:
    bad = await poc.config(BROKEN)
    poc.bench.fault(operation="UpdateEndpoint", reset="after")
    with pytest.raises(AnswerLost):
        await poc.update(poc.to(bad))
    assert KIND.diff(poc.to(bad), await poc.see()) == ()
    have = await poc.steady()
    assert (have.attrs["failed"], KIND.diff(poc.to(bad), have)) == (bad, ())


async def test_a_stale_look_costs_no_note(poc: Hosted) -> None:
    """Asked again for what is under way already, as an old answer showed nothing of it."""
    bad = await poc.config(BROKEN)
    want, before = poc.to(bad), await poc.see()
    await poc.update(want)
    poc.bench.fault(operation="DescribeEndpoint", stale_seconds=60.0)
    with pytest.raises(NotYet):
        await KIND.update(poc.bench.scope, want, before, KIND.diff(want, before))
    assert poc.bench.calls()["UpdateEndpoint"] == 2
    await poc.until(lambda have: have.attrs["status"] == "InService" and have.attrs["failure"] != "")
    poc.forget()
    have = (await poc.bench.listed(KIND))[want.name]
    assert (have.attrs["failed"], KIND.diff(want, have)) == (bad, ())


async def test_a_refused_update_is_not_taken_for_one_that_was_rolled_back(poc: Hosted) -> None:
    want = poc.to(await poc.config())
    poc.bench.fault(operation="UpdateEndpoint", error="ResourceLimitExceeded")
    with pytest.raises(Stall) as told:
        await poc.update(want)
    assert told.value.reason == "QuotaExceeded"
    have = await poc.bench.seen(KIND, want.name)
    assert have
    assert TRYING not in have.fields["tags"]
    await poc.update(want)
    assert (await poc.steady()).attrs["serving"] == want.config_name


async def test_a_lost_answer_to_its_creation_leaves_one_that_is_found(bench: Bench) -> None:
    want = await endpoint(bench)
    bench.fault(operation="CreateEndpoint", reset="after")
    with pytest.raises(AnswerLost):
        await KIND.create(bench.scope, want)
    have = await bench.seen(KIND, want.name)
    assert have
    assert (have.owner, KIND.diff(want, have)) == (bench.owner.mark, ())


async def test_a_configuration_that_is_not_there_is_waited_for(bench: Bench) -> None:
    want = replace(await endpoint(bench), config_name=bench.name("nowhere"))
    with pytest.raises(Gone):
        await KIND.create(bench.scope, want)


async def test_its_own_configuration_deleted_by_hand_is_told(poc: Hosted) -> None:
    new = await poc.config()
    poc.bench.client("sagemaker").delete_endpoint_config(EndpointConfigName=str(poc.want.config_name))
    with pytest.raises(Stall) as told:
        await poc.update(poc.to(new))
    assert told.value.reason == "Blocked"
    assert str(poc.want.config_name) in str(told.value)
