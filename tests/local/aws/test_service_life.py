"""A service's life on real tasks: rolling out, failing, going back, being tried again, draining."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.poc_parts import service, task_definition

from localcloud.aws.ecs.machine import store_of
from localcloud.runtime import images
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.service import Service
from modelpoc.aws.task_definition import TaskDefinition
from modelpoc.reconcile.errors import AlreadyThere, NotYet, Stall
from modelpoc.reconcile.resource import Observed, Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

ECHO = Path(__file__).parents[2] / "models" / "echo"
KIND, DEFINITIONS = KINDS["Service"], KINDS["TaskDefinition"]
FAILS = {"ECHO_FAIL": "3", "ECHO_FAIL_LINE": "no taxonomy found"}


class Poc:
    """One service of the echo model."""

    def __init__(self, bench: Bench, want: Service, definition: TaskDefinition) -> None:
        self.bench, self.want, self.definition = bench, want, definition

    async def revision(self, **environment: str) -> str:
        """Another task definition; its ARN."""
        other = replace(self.definition, environment={**self.definition.environment, **environment})
        return (await self.bench.made(DEFINITIONS, other)).id

    async def see(self) -> Observed:
        have = await self.bench.seen(KIND, self.want.name)
        assert have
        return have

    async def until(self, good: Callable[[Observed], bool], seconds: float = 90.0) -> Observed:
        async with asyncio.timeout(seconds):
            while not good(have := await self.see()):  # noqa: ASYNC110  (AWS tells nobody)
                await asyncio.sleep(0.03)
            return have

    async def settled(self) -> Observed:
        return await self.until(lambda have: have.state.phase is Phase.SETTLED)

    async def update(self, want: Service) -> Observed:
        """What the engine does when it finds a difference."""
        have = await self.see()
        changes = KIND.diff(want, have)
        assert changes
        have = await KIND.update(self.bench.scope, want, have, changes)
        self.bench.inventory.wrote(have)
        return have

    async def rolled_back(self, bad: str) -> Observed:
        """The service once AWS gave up `bad` and serves as before."""
        await self.until(lambda have: have.attrs["failed"] == bad)
        return await self.settled()


@pytest.fixture
async def poc(bench: Bench) -> Poc:
    """Created and serving."""
    state = bench.cloud.aws.config.state_dir
    image = await asyncio.to_thread(images.build, "echo", ECHO, store_of(state))
    plain = await task_definition(bench)
    definition = replace(plain, image=image.reference, health_command=None)
    made = await bench.made(DEFINITIONS, definition)
    want = replace(await service(bench), desired_count=1, task_definition=made.id)
    poc = Poc(bench, want, definition)
    created = await bench.made(KIND, want)
    assert (created.state.phase, created.attrs["serving"]) == (Phase.SETTLING, None)
    return poc


async def test_a_new_revision_takes_over(poc: Poc) -> None:
    first = await poc.settled()
    assert first.attrs["serving"] == poc.want.task_definition
    new = await poc.revision(REVISION="2")
    want = replace(poc.want, task_definition=new)
    poc.bench.calls()
    under_way = await poc.update(want)
    assert poc.bench.calls() == {"DescribeServices": 1, "ListServiceDeployments": 1, "UpdateService": 1}
    assert (under_way.state.phase, under_way.state.reason) == (Phase.SETTLING, "RollingOut")
    assert under_way.attrs["serving"] == poc.want.task_definition
    assert {new, poc.want.task_definition} <= under_way.refs
    settled = await poc.settled()
    assert settled.attrs["serving"] == new
    assert poc.want.task_definition not in settled.refs
    assert KIND.diff(want, settled) == ()


async def test_a_broken_revision_is_told_with_its_last_words_and_the_old_one_serves_on(poc: Poc) -> None:
    await poc.settled()
    bad = await poc.revision(**FAILS)
    want = replace(poc.want, task_definition=bad)
    await poc.update(want)
    broken = await poc.until(lambda have: KIND.state_for(want, have).phase is Phase.BROKEN)
    assert broken.attrs["failed"] == bad
    assert broken.attrs["serving"] == poc.want.task_definition
    assert KIND.diff(want, broken) == ()
    why = await KIND.explain(poc.bench.scope, broken)
    assert "container exited with 3" in why
    assert "no taxonomy found" in why
    assert (await poc.rolled_back(bad)).attrs["serving"] == poc.want.task_definition
    assert "no taxonomy found" in await KIND.explain(poc.bench.scope, await poc.see())


async def test_what_was_rolled_back_is_not_tried_again_although_nobody_noted_it(poc: Poc) -> None:
    await poc.settled()
    bad = await poc.revision(**FAILS)
    want = replace(poc.want, task_definition=bad)
    await poc.update(want)
    await poc.rolled_back(bad)
    poc.bench.calls()
    with pytest.raises(Stall) as told:
        await poc.update(want)
    assert told.value.reason == "RolloutFailed"
    assert "no taxonomy found" in str(told.value)
    assert "UpdateService" not in poc.bench.calls()


async def test_a_noted_failure_is_no_difference_and_a_retry_is(poc: Poc) -> None:
    await poc.settled()
    bad = await poc.revision(**FAILS)
    await poc.update(replace(poc.want, task_definition=bad))
    have = await poc.rolled_back(bad)
    noted = replace(poc.want, task_definition=bad, rejected=bad)
    assert KIND.diff(noted, have) == ()
    assert KIND.state_for(noted, have).phase is Phase.BROKEN
    again = await poc.update(replace(noted, retry=True))
    assert again.state.phase is Phase.SETTLING
    assert again.fields["task_definition"] == bad


async def test_a_good_revision_after_a_bad_one_comes_up(poc: Poc) -> None:
    await poc.settled()
    bad, good = await poc.revision(**FAILS), await poc.revision(REVISION="2")
    await poc.update(replace(poc.want, task_definition=bad))
    await poc.until(lambda have: have.attrs["failed"] == bad)
    await poc.update(replace(poc.want, task_definition=good, rejected=bad))
    settled = await poc.until(lambda have: have.attrs["serving"] == good)
    assert settled.fields["task_definition"] == good


async def test_a_first_revision_that_fails_can_be_replaced(bench: Bench) -> None:
    want = replace(await service(bench), desired_count=1)  # its image does not exist
    poc = Poc(bench, want, await task_definition(bench))
    await bench.made(KIND, want)
    broken = await poc.until(lambda have: have.state.phase is Phase.BROKEN)
    assert broken.attrs["serving"] is None
    assert KIND.diff(want, broken) == ()
    assert "CannotPullContainerError" in await KIND.explain(bench.scope, broken)
    other = await poc.revision(REVISION="2")
    after = await poc.update(replace(want, task_definition=other, rejected=str(want.task_definition)))
    assert after.fields["task_definition"] == other


async def test_deleting_is_under_way_until_all_tasks_are_gone(poc: Poc) -> None:
    have = await poc.settled()
    going = await KIND.delete(poc.bench.scope, have)
    assert going
    assert going.state.phase is Phase.GOING
    with pytest.raises(NotYet):
        await KIND.create(poc.bench.scope, poc.want)
    await poc.bench.gone(KIND, poc.want.name)
    created = await poc.bench.made(KIND, poc.want)
    assert KIND.diff(poc.want, created) == ()


async def test_one_of_the_same_name_is_told(bench: Bench) -> None:
    want = await service(bench)
    await bench.made(KIND, want)
    with pytest.raises(AlreadyThere):
        await KIND.create(bench.scope, replace(want, grace_seconds=1))


async def test_a_rollout_of_an_earlier_service_of_that_name_does_not_count(poc: Poc) -> None:
    have: Any = await poc.settled()
    bad = await poc.revision(**FAILS)
    want = replace(poc.want, task_definition=bad)
    await poc.update(want)
    have = await poc.rolled_back(bad)
    await KIND.delete(poc.bench.scope, have)
    await poc.bench.gone(KIND, want.name)
    await poc.bench.made(KIND, poc.want)
    await poc.settled()
    assert (await poc.update(want)).fields["task_definition"] == bad
