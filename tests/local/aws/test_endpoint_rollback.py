"""A rollout that fails is taken back and told, and tried again only when asked."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.local.aws.sagemaker_parts import BROKEN, Hosted, alarm, hosted

from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.resource import Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Endpoint"]


@pytest.fixture
async def poc(bench: Bench) -> Hosted:
    return await hosted(bench)


async def test_a_model_that_does_not_load_is_told_and_the_old_one_serves_on(poc: Hosted) -> None:
    bad = await poc.config(BROKEN)
    want, have = poc.to(bad), await poc.rolled_back(bad)
    state = KIND.state_for(want, have)
    assert (state.phase, state.reason) == (Phase.BROKEN, "RolloutFailed")
    assert "did not pass the ping health check" in state.message
    assert KIND.diff(want, have) == ()
    assert (have.attrs["failed"], have.attrs["serving"]) == (bad, poc.want.config_name)
    assert "no such layer" in await KIND.explain(poc.bench.scope, have)
    assert poc.answer()["output"] == 1


async def test_requests_that_fail_in_a_canary_take_it_back(poc: Hosted) -> None:
    bad = await poc.config({"fail": "no such layer"})
    name = f"5xx-{poc.want.name}"
    watcher = replace(
        await alarm(poc.bench), name=name,
        dimensions={"EndpointName": poc.want.name, "VariantName": "model"},
    )  # fmt: skip
    await poc.bench.made(KINDS["Alarm"], watcher)
    want = poc.to(bad, rollout="Canary", step_instances=1, wait_seconds=3_600, alarms=(name,))
    await poc.update(want)
    async with asyncio.timeout(90):
        while (have := await poc.see()).state.busy:
            with suppress(Exception):  # the canary's share
                await asyncio.to_thread(poc.answer)
    assert (have.attrs["failed"], KIND.state_for(want, have).phase) == (bad, Phase.BROKEN)
    assert name in KIND.state_for(want, have).message
    assert KIND.diff(want, have) == ()
    assert poc.answer()["output"] == 1


async def test_nobody_tries_again_although_nobody_was_there(poc: Hosted) -> None:
    """An operator that was away while AWS rolled back, and one that knows an older state."""
    before = await poc.see()
    bad = await poc.config(BROKEN)
    want = poc.to(bad)
    await poc.rolled_back(bad)
    with pytest.raises(Stall) as told:
        await KIND.update(poc.bench.scope, want, before, KIND.diff(want, before))
    assert told.value.reason == "RolloutFailed"
    poc.forget()
    have = (await poc.bench.listed(KIND))[want.name]
    assert (KIND.diff(want, have), KIND.state_for(want, have).phase) == ((), Phase.BROKEN)
    assert poc.bench.calls()["UpdateEndpoint"] == 1


async def test_a_retry_tries_again_and_a_good_one_takes_over(poc: Hosted) -> None:
    bad, good = await poc.config(BROKEN), await poc.config({"revision": "good"})
    await poc.rolled_back(bad)
    again = await poc.update(poc.to(bad, retry=True))
    assert again.fields["config_name"] == bad
    assert (await poc.steady()).attrs["failed"] == bad
    await poc.update(poc.to(good))
    assert (await poc.steady()).attrs["serving"] == good
    assert poc.answer()["revision"] == "good"


async def test_a_rollback_that_fails_is_told_and_another_configuration_helps(poc: Hosted) -> None:
    bad, good = await poc.config(BROKEN), await poc.config()
    poc.asked_of_aws(rollbackFails=True)
    have = await poc.rolled_back(bad)
    want = poc.to(bad)
    state = KIND.state_for(want, have)
    assert (have.attrs["status"], state.phase, state.reason) == (
        "UpdateRollbackFailed", Phase.BROKEN, "RolloutFailed",
    )  # fmt: skip
    assert KIND.diff(want, have) == ()
    await poc.update(poc.to(good))
    assert (await poc.steady()).attrs["serving"] == good
