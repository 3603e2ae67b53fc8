"""Messages reach a server that speaks as Slack does, once each, whatever it answers."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from datetime import UTC, datetime

import pytest
from tests.unit.notify.fake_slack import FakeSlack, Says
from tests.unit.notify.office import REF, Office, just_now, with_pace
from tests.unit.notify.reader import creating, failed, resting, rolling, serving, status
from tests.waiting import until

from modelpoc.api.conditions import ConditionStatus, Reason
from modelpoc.notify.trouble import platform_told

pytestmark = pytest.mark.local
BOT = {"slackWebhook": None, "slackBot": {**REF, "channel": "#pocs"}}
SECRETS = ("XXXsecretXXX", "xoxb-secret", "bearer-secret", "signing-secret")


def bot(slack: FakeSlack) -> Office:
    return Office(slack, slackWebhook=None, slackBot={**BOT["slackBot"], "apiUrl": slack.api})


def notifying(office: Office) -> tuple[str, str]:
    """What the platform says of its news: status and message."""
    trouble = office.notifier.trouble(office.platform)
    after = platform_told(office.platform, office.platform.status, trouble, datetime.now(UTC))
    [condition] = after.conditions
    return condition.status.value, condition.message


async def test_one_message_for_each_transition_and_status_forgets_it(slack: FakeSlack) -> None:
    office = Office(slack)
    async with office.at_work():
        for found in (
            creating(),
            serving(),
            rolling(2),
            failed(generation=2),
            serving(3),
            resting(generation=4),
        ):
            office.sees(found)
            office.sees(found)
            await office.quiet()
    heads = [sent.text for sent in slack.all]
    assert [h.split(" ", 2)[2] for h in heads] == [
        "is live",
        "failed: RolloutFailed",
        "has recovered",
        "is suspended",
    ]
    assert office.writes == 4
    assert office.count(sink="slack", result="sent") == 4


async def test_a_failure_says_all_that_one_needs(slack: FakeSlack) -> None:
    office = Office(slack, troubleshootingUrl="https://docs.example.com/troubleshooting")
    message = (
        "the rollout failed: container exited with 1: Essential container in task exited; last lines: "
        "Loading weights | ModuleNotFoundError: no module named <tokenizers> & co: "
        "correct the spec or the model to try again"
    )
    found = status(Reason.ROLLOUT_FAILED, 2, stalled=True, message=message)
    found = found.model_copy(
        update={"url": "https://x.example.com/iris", "docs_url": "https://x.example.com/iris/docs"}
    )
    async with office.at_work():
        office.sees(serving())
        office.sees(found)
        await office.quiet()
    assert slack.all[-1].read().splitlines() == [
        "❌ *iris* failed: `RolloutFailed`",
        "the rollout failed: container exited with 1: Essential container in task exited",
        "```Loading weights",
        "ModuleNotFoundError: no module named &lt;tokenizers&gt; &amp; co```",
        "→ correct the spec or the model to try again; `modelpoc status iris -n default` and "
        "`modelpoc logs iris -n default` show more",
        "<https://x.example.com/iris|https://x.example.com/iris> · <https://x.example.com/iris/docs|docs> · "
        "<https://docs.example.com/troubleshooting#rolloutfailed|about RolloutFailed> · "
        "default/iris on default · generation 2 · iris:1",
    ]


@pytest.mark.parametrize(
    "says", [Says(500, "rollup_error"), Says(503), Says(seconds=3), Says(429, "", {"Retry-After": "0"})]
)
async def test_what_passes_is_tried_again_and_arrives_once(slack: FakeSlack, says: Says) -> None:
    office = Office(slack)
    slack.answers = [says, says]
    async with office.at_work(seconds=0.3):
        office.sees(creating())
        office.sees(serving())
        await office.quiet()
    assert len(slack.all) == 3
    assert office.count(result="sent") == 1


async def test_retry_after_is_honoured(slack: FakeSlack) -> None:
    office = Office(slack)
    slack.answers = [Says(429, "", {"Retry-After": "1"})]
    async with office.at_work():
        office.sees(serving())
        await office.quiet()
    first, second = slack.all
    assert second.at - first.at >= 1.0


async def test_a_dead_slack_is_given_up_and_told_by_the_platform(
    slack: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(slack, with_pace(give_up=0.4, tell_after=2))
    slack.always = Says(500, "")
    caplog.set_level(logging.DEBUG, "modelpoc")
    async with office.at_work():
        office.sees(serving())
        await office.quiet()
    assert office.count(result="given_up") == 1
    assert notifying(office) == ("False", "Slack: HTTP 500; news are lost until that is mended")
    assert office.changes
    assert "gave up on Succeeded of default/iris" in caplog.text


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (Says(403, "invalid_token"), "HTTP 403 invalid_token"),
        (Says(404, "no_service"), "HTTP 404 no_service"),
        (Says(410, "channel_is_archived"), "HTTP 410 channel_is_archived"),
        (Says(302, "", {"Location": "https://elsewhere.example.com"}), "HTTP 302"),
    ],
)
async def test_a_refusal_is_told_at_once_and_a_mended_secret_is_tried_at_once(
    slack: FakeSlack, says: Says, why: str
) -> None:
    office = Office(slack)
    assert notifying(office) == ("True", "news go to Slack")
    slack.always = says
    async with office.at_work():
        office.sees(serving())
        await until(lambda: bool(office.changes))
        assert notifying(office) == ("False", f"Slack: {why}; news are lost until that is mended")
        await asyncio.sleep(0.3)
        assert len(slack.all) == 1
        slack.always, office.secret = None, {**(office.secret or {}), "url": f"{slack.webhook}2".encode()}
        assert notifying(office)[0] == "True"  # the pass that a changed Secret brings
        await office.quiet()
    assert notifying(office) == ("True", "news go to Slack")


async def test_a_missing_secret_or_key_is_told_before_there_is_news(slack: FakeSlack) -> None:
    office = Office(slack)
    office.secret = None
    held, message = notifying(office)
    assert (held, "there is no Secret ops/news" in message) == ("False", True)
    office.secret = {"token": b"x"}
    assert "has no key url" in notifying(office)[1]
    office.secret = {"url": b"not a url"}
    assert notifying(office)[0] == "True"
    async with office.at_work():
        office.sees(serving())
        await until(lambda: bool(office.changes))
    assert "no URL" in notifying(office)[1]


async def test_an_unknown_name_and_a_closed_port_pass(slack: FakeSlack) -> None:
    office = Office(slack, with_pace(tell_after=1))
    for url, why in (
        ("https://no-such-host.invalid/s", "looked up"),
        ("http://127.0.0.1:1/s", "no connection"),
    ):
        office.secret = {"url": url.encode()}
        office.notifier.trouble(office.platform)
        async with office.at_work():
            office.sees(serving(), name="a")
            office.sees(failed(generation=len(why)), name="a")
            await until(lambda: office.notifier.trouble(office.platform)["slack"] not in (None, ""))
        assert why in notifying(office)[1]
        office.restarted(with_pace(tell_after=1))


async def test_a_burst_is_folded_into_a_digest(slack: FakeSlack) -> None:
    office = Office(slack)
    async with office.at_work():
        for number in range(50):
            office.sees(failed(Reason.QUOTA_EXCEEDED), name=f"poc-{number}")
        await office.quiet()
    assert 1 <= len(slack.all) <= 7
    named = "\n".join(sent.read() for sent in slack.all)
    assert "❌ 50 failed" in named or "❌ 49 failed" in named
    assert "more: `kubectl get pocs -A`" in named
    assert office.count(result="sent") == 50
    assert all(len(b["text"]["text"]) <= 3000 for s in slack.all for b in s.body["blocks"] if "text" in b)


async def test_messages_keep_their_distance(slack: FakeSlack) -> None:
    office = Office(slack, with_pace(spacing=0.3))
    async with office.at_work():
        for number in range(4):
            office.sees(creating(), name=f"poc-{number}")
            office.sees(serving(), name=f"poc-{number}")
        await office.quiet()
    times = [sent.at for sent in slack.all]
    assert len(times) == 4
    assert all(b - a > 0.27 for a, b in itertools.pairwise(times))


async def test_passes_are_not_held_up_and_the_queue_is_bounded(slack: FakeSlack) -> None:
    office = Office(slack, with_pace(most_waiting=100))
    slack.always = Says(seconds=3)
    async with office.at_work():
        office.sees(creating(), name="first")
        began = time.perf_counter()
        for number in range(500):
            office.sees(serving(), name=f"poc-{number}")
            office.sees(failed(generation=2), name=f"poc-{number}")
        assert time.perf_counter() - began < 2.0
        assert office.count(result="dropped") >= 399
        assert all(n.status.notified for n in office.pocs.values())


# once, through crashes


async def test_what_a_crash_left_unsent_is_sent_after_it_and_nothing_else(slack: FakeSlack) -> None:
    office = Office(slack)
    office.sees(serving(), name="told")  # nobody sends yet
    office.sees(serving())
    office.sees(failed(generation=2))
    ids = [
        n.id for p in office.pocs.values() for n in (p.status.notified.pending if p.status.notified else ())
    ]
    office.restarted()
    async with office.at_work():
        for name, poc in list(office.pocs.items()):
            office.sees(poc.status, name)
        await office.quiet()
        for name, poc in list(office.pocs.items()):
            office.sees(poc.status, name)
        await asyncio.sleep(0.2)
    assert len(slack.all) == len(ids) == 3
    writes = office.writes
    office.restarted()
    async with office.at_work():
        for name, poc in list(office.pocs.items()):
            office.sees(poc.status, name)
        await asyncio.sleep(0.2)
    assert (len(slack.all), office.writes) == (3, writes)


async def test_what_is_sent_but_not_yet_written_is_not_sent_again(slack: FakeSlack) -> None:
    office = Office(slack)
    office.dead_kubernetes = True
    async with office.at_work():
        office.sees(serving())
        await until(lambda: office.count(result="sent") == 1)
        for _ in range(5):
            office.sees(serving())
        office.dead_kubernetes = False
        office.sees(serving())
        await office.quiet()
    assert len(slack.all) == 1


# as a bot


async def test_a_bot_keeps_the_failure_up_to_date_and_replies_below_it(slack: FakeSlack) -> None:
    office = bot(slack)
    async with office.at_work():
        office.sees(serving())
        await office.quiet()
        office.sees(failed(generation=2))
        await office.quiet()
        told = office.pocs["iris"].status.notified
        assert told
        assert told.slack_message
        office.restarted()
    async with office.at_work():
        office.sees(just_now(serving(3)))
        await office.quiet()
    paths = [sent.path.rpartition("/")[2] for sent in slack.all]
    assert paths == ["chat.postMessage", "chat.postMessage", "chat.update", "chat.postMessage"]
    reply = slack.all[-1].body
    assert (reply["thread_ts"], reply["reply_broadcast"]) == (told.slack_message.ts, True)
    live, failure, recovery = slack.channel_now()
    assert live.startswith("✅ *iris* is live")
    assert failure.startswith("💚 *iris* has recovered\nit had failed: RolloutFailed")
    assert recovery.startswith("💚")
    after = office.pocs["iris"].status.notified
    assert after
    assert after.slack_message is None


async def test_a_deleted_message_is_no_obstacle(slack: FakeSlack) -> None:
    office = bot(slack)
    async with office.at_work():
        office.sees(failed())
        office.sees(rolling())
        office.sees(failed(generation=2))
        await office.quiet()
        slack.forget()
        office.sees(serving(3))
        await office.quiet()
    assert "thread_ts" not in slack.all[-1].body
    assert slack.channel_now()[-1].startswith("💚")


@pytest.mark.parametrize("error", ["invalid_auth", "channel_not_found", "not_in_channel", "token_revoked"])
async def test_what_a_bot_is_refused_for_good_is_told(slack: FakeSlack, error: str) -> None:
    office = bot(slack)
    slack.always = Says(body=f'{{"ok": false, "error": "{error}"}}')
    async with office.at_work():
        office.sees(serving())
        await until(lambda: bool(office.changes))
        await asyncio.sleep(0.1)
    assert notifying(office) == ("False", f"Slack: {error}; news are lost until that is mended")
    assert len(slack.all) == 1


async def test_a_bots_rate_limit_is_honoured(slack: FakeSlack) -> None:
    office = bot(slack)
    limited = Says(429, '{"ok": false, "error": "ratelimited"}', {"Retry-After": "1"})
    slack.answers = [limited]
    async with office.at_work():
        office.sees(serving())
        await office.quiet()
    assert slack.all[1].at - slack.all[0].at >= 1.0


async def test_blocks_that_slack_does_not_take_go_as_text(slack: FakeSlack) -> None:
    for office in (Office(slack), bot(slack)):
        refuses = Says(body='{"ok": false, "error": "invalid_blocks"}')
        slack.answers = [Says(400, "invalid_blocks") if office.told["slackWebhook"] else refuses]
        async with office.at_work():
            office.sees(serving())
            await office.quiet()
        assert "blocks" not in slack.all[-1].body
        assert "iris is live" in slack.all[-1].text


# secrets


async def test_no_secret_shows_anywhere(slack: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [Says(500, "XXXsecretXXX"), Says(403, "XXXsecretXXX xoxb-secret-token"), Says(seconds=1)]
    for office in (Office(slack, with_pace(tell_after=1)), bot(slack)):
        for answer in answers:
            slack.always = answer
            async with office.at_work(seconds=0.2):
                office.sees(serving())
                office.sees(failed(generation=2))
                await asyncio.sleep(0.3)
            shown = caplog.text + notifying(office)[1] + str([p.to_dict() for p in office.pocs.values()])
            assert not any(secret in shown for secret in SECRETS), shown
            office.restarted(with_pace(tell_after=1))


def test_the_platform_says_nothing_when_it_tells_nobody(slack: FakeSlack) -> None:
    office = Office(slack)
    plain = office.platform.model_copy(
        update={"spec": office.platform.spec.model_copy(update={"notifications": None})}
    )
    now = datetime.now(UTC)
    before = platform_told(office.platform, plain.status, office.notifier.trouble(office.platform), now)
    assert [c.status for c in before.conditions] == [ConditionStatus.TRUE]
    assert platform_told(plain, before, office.notifier.trouble(plain), now).conditions == ()
