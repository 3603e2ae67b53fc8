"""An endpoint's life on real containers: made, rolled out, rolled back, tried again, replaced, taken away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.sagemaker_parts import Hosted, alarm, endpoint, hosted

from modelpoc.aws import tags
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.log_group import ENDPOINTS
from modelpoc.aws.sagemaker import TRYING
from modelpoc.reconcile.errors import AlreadyThere, AnswerLost, CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.resource import Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Endpoint"]
BROKEN = {"load_error": "no such layer"}


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


# rolling out


async def test_another_configuration_takes_over_while_the_old_one_serves(poc: Hosted) -> None:
    new = await poc.config({"revision": "two"})
    want = poc.to(new)
    poc.bench.calls()
    under_way = await poc.update(want)
    assert poc.bench.calls() == {
        "DescribeEndpoint": 2, "ListTags": 1, "AddTags": 1, "UpdateEndpoint": 1,
    }  # fmt: skip
    assert (under_way.state.phase, under_way.state.reason) == (Phase.SETTLING, "RollingOut")
    assert KIND.diff(want, under_way) == ()
    seen = await poc.see()
    assert (seen.attrs["serving"], seen.fields["config_name"]) == (poc.want.config_name, new)
    assert seen.refs == under_way.refs
    assert len(seen.refs) == 2
    settled = await poc.steady()
    assert (settled.state.phase, settled.attrs["serving"]) == (Phase.SETTLED, new)
    assert len(settled.refs) == 1
    assert {c.field for c in KIND.diff(want, settled)} == {"trying"}
    assert await poc.bench.mended(KIND, want) == {"trying"}
    assert poc.answer()["revision"] == "two"


async def test_an_endpoint_led_back_by_hand_is_led_forth_again(poc: Hosted) -> None:
    """As with configurations of a user's own, which stay."""
    want = poc.to(await poc.config())
    await poc.update(want)
    await poc.steady()
    await poc.bench.mended(KIND, want)
    poc.bench.client("sagemaker").update_endpoint(
        EndpointName=want.name, EndpointConfigName=str(poc.want.config_name)
    )
    have = await poc.steady()
    assert KIND.state_for(want, have).phase is Phase.SETTLED
    assert await poc.bench.mended(KIND, want) == {"config_name"}


async def test_a_canary_is_watched_by_its_alarms(poc: Hosted) -> None:
    watcher = await poc.bench.made(KINDS["Alarm"], await alarm(poc.bench))
    want = poc.to(
        await poc.config(), rollout="Canary", step_instances=1, wait_seconds=300, alarms=(watcher.name,)
    )
    under_way = await poc.update(want)
    assert watcher.id in under_way.refs
    assert watcher.id in (await poc.see()).refs
    settled = await poc.steady()
    assert settled.attrs["serving"] == want.config_name
    assert watcher.id not in settled.refs


async def test_a_canary_of_what_was_scaled_to_one_goes_over_at_once(poc: Hosted) -> None:
    poc.bench.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=poc.want.name,
        DesiredWeightsAndCapacities=[{"VariantName": "model", "DesiredInstanceCount": 1}],
    )
    scaling = await poc.see()
    assert (scaling.state.busy, KIND.state_for(poc.want, scaling).phase) == (True, Phase.SETTLED)
    await poc.steady()
    new = await poc.config()
    await poc.update(poc.to(new, rollout="Canary", step_instances=1, wait_seconds=60, retain_counts=True))
    assert (await poc.steady()).attrs["serving"] == new
    shown = poc.bench.client("sagemaker").describe_endpoint(EndpointName=poc.want.name)
    assert "LastDeploymentConfig" not in shown
    assert shown["ProductionVariants"][0]["DesiredInstanceCount"] == 1


async def test_a_serverless_endpoint_rolls_over_too(bench: Bench) -> None:
    sizes = {"serverless_memory": 2048, "serverless_concurrency": 5}
    plain = Hosted(bench, await endpoint(bench))
    poc = Hosted(bench, plain.to(await plain.config(**sizes)))
    await bench.made(KIND, poc.want)
    await poc.steady()
    new = await poc.config({"revision": "two"}, **sizes)
    await poc.update(poc.to(new))
    assert (await poc.steady()).attrs["serving"] == new
    assert poc.answer()["revision"] == "two"
    on_instances = await poc.config()  # AWS does this, and not the way back
    await poc.update(poc.to(on_instances))
    assert (await poc.steady()).attrs["serving"] == on_instances
    with pytest.raises(Stall) as told:
        await poc.update(poc.to(new))
    assert "suspend" in str(told.value)


@pytest.mark.parametrize(
    ("named", "error"), [("5xx-counter-0123456789", Gone), ("of-the-users", Stall)], ids=["ours", "theirs"]
)
async def test_an_alarm_that_is_not_there_holds_the_update_back(
    poc: Hosted, named: str, error: type[CloudError]
) -> None:
    want = poc.to(await poc.config(), alarms=(named,))
    with pytest.raises(error):
        await poc.update(want)
    have = await poc.bench.seen(KIND, want.name)
    assert have
    assert TRYING not in have.fields["tags"]
    assert (have.attrs["trying"], [c.field for c in KIND.diff(want, have)]) == ("", ["config_name"])


async def test_writes_wait_while_aws_is_at_work(poc: Hosted) -> None:
    have = await poc.see()
    want = poc.to(await poc.config())
    await poc.update(want)
    third = poc.to(await poc.config())
    with pytest.raises(NotYet):  # although the listing that it was planned from showed it in service
        await KIND.update(poc.bench.scope, third, have, KIND.diff(third, have))
    with pytest.raises(NotYet):
        await KIND.delete(poc.bench.scope, have)
    assert (await poc.steady()).attrs["serving"] == want.config_name


async def test_maintenance_is_waited_out(poc: Hosted) -> None:
    poc.asked_of_aws(maintenance=True)
    have = await poc.see()
    assert (have.state.phase, have.state.busy, have.attrs["serving"]) == (
        Phase.SETTLING, True, poc.want.config_name,
    )  # fmt: skip
    assert KIND.state_for(poc.want, have).phase is Phase.SETTLED
    with pytest.raises(NotYet):
        await KIND.delete(poc.bench.scope, have)
    poc.asked_of_aws(maintenance=False)
    assert (await poc.see()).state.phase is Phase.SETTLED


# rolled back


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
    async with asyncio.timeout(40):
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


# crashes


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
