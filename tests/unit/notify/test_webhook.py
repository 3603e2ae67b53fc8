"""News as CloudEvents: what the specification asks of them, and how a receiver knows that they are ours."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from tests.unit.notify.fake_slack import FakeSlack, Says
from tests.unit.notify.office import REF, Office
from tests.unit.notify.reader import creating, failed, resting, serving

pytestmark = pytest.mark.local
HOOK = {**REF, "key": "events", "tokenKey": "bearer", "signingKey": "signing"}
KINDS = ["succeeded", "failed", "recovered", "suspended"]


async def _life(office: Office) -> None:
    async with office.at_work():
        for found in (creating(), serving(), failed(generation=2), serving(3), resting(generation=4)):
            office.sees(found)
        await office.quiet()


async def test_events_are_cloudevents_in_order(slack: FakeSlack) -> None:
    office = Office(slack, slackWebhook=None, webhook=HOOK)
    await _life(office)
    events = [sent.body for sent in slack.all]
    assert [e["type"] for e in events] == [f"dev.modelpoc.poc.{kind}" for kind in KINDS]
    for sent in slack.all:
        assert sent.headers["Content-Type"].startswith("application/cloudevents+json")
        assert sent.body["specversion"] == "1.0"
        assert sent.body["source"] == "/modelpoc.dev/default/namespaces/default/modelpocs/iris"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sent.body["time"])
        assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in sent.body)
        assert sent.body["data"]["name"] == sent.body["subject"].partition("/")[2] == "iris"
    assert len({e["id"] for e in events}) == len(events)
    assert events[1]["data"]["reason"] == "RolloutFailed"
    assert "modelpoc logs" in events[1]["data"]["whatToDo"]


async def test_they_carry_bearer_and_signature(slack: FakeSlack) -> None:
    office = Office(slack, slackWebhook=None, webhook=HOOK)
    await _life(office)
    for sent in slack.all:
        expected = hmac.new(b"signing-secret", sent.raw, hashlib.sha256).hexdigest()
        assert sent.headers["X-Modelpoc-Signature-256"] == f"sha256={expected}"
        assert sent.headers["Authorization"] == "Bearer bearer-secret"
    office = Office(slack, slackWebhook=None, webhook={**REF, "key": "events"})
    await _life(office)
    assert not {"Authorization", "X-Modelpoc-Signature-256"} & slack.all[-1].headers.keys()


async def test_the_id_is_the_same_when_it_is_sent_again(slack: FakeSlack) -> None:
    office = Office(slack, slackWebhook=None, webhook=HOOK)
    slack.answers = [Says(500), Says(503)]
    async with office.at_work():
        office.sees(serving())
        await office.quiet()
    assert len({sent.body["id"] for sent in slack.all}) == 1
    assert len(slack.all) == 3


async def test_a_dead_slack_takes_nothing_from_the_webhook(slack: FakeSlack) -> None:
    """And what Slack was to get stays to be sent, alone."""
    office = Office(slack, webhook=HOOK)
    office.secret = {**(office.secret or {}), "url": b"http://127.0.0.1:1/services"}
    async with office.at_work():
        for found in (serving(), failed(generation=2)):
            office.sees(found)
        while len(slack.at("/events")) < 2 or office.count(sink="webhook", result="sent") < 2:
            await office.quiet_for(0.05)
        told = office.pocs["iris"].status.notified
    assert told
    assert [news.to for news in told.pending] == [("slack",), ("slack",)]
    assert office.count(sink="slack") == 0
