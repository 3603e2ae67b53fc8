"""Another configuration takes over: at once, by a canary, after a wait, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.local.aws.sagemaker_parts import Hosted, alarm, endpoint, hosted

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.sagemaker import TRYING
from modelpoc.reconcile.errors import CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.resource import Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Endpoint"]


@pytest.fixture
async def poc(bench: Bench) -> Hosted:
    return await hosted(bench)


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
