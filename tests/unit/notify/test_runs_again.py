"""A notifier whose run ended takes up news all the same, and a run to come sends them."""

from __future__ import annotations

import pytest
from tests.unit.notify.fake_slack import FakeSlack, Says
from tests.unit.notify.office import Office
from tests.unit.notify.reader import creating, failed, serving
from tests.waiting import until

pytestmark = pytest.mark.local


async def test_news_between_two_runs_are_sent_by_the_second(slack: FakeSlack) -> None:
    office = Office(slack)
    async with office.at_work():
        pass
    office.sees(creating())
    office.sees(serving())
    assert slack.all == []
    async with office.at_work():
        await office.quiet()
    assert [sent.text.endswith("is live") for sent in slack.all] == [True]


async def test_what_was_on_its_way_when_a_run_ended_is_sent_by_the_next(slack: FakeSlack) -> None:
    office = Office(slack)
    slack.answers = [Says(seconds=0.5)]
    async with office.at_work(seconds=5):
        office.sees(creating())
        office.sees(serving())
        await until(lambda: len(slack.all) == 1)
    async with office.at_work():
        office.sees(failed(generation=2))
        await office.quiet()
    assert office.unsent() == []
    assert [sent.text.split(" ", 2)[2] for sent in slack.all][1:] == ["is live", "failed: RolloutFailed"]
