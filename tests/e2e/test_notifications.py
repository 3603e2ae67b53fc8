"""News of real POCs reach Slack and a webhook: one message for each transition, none for a pass without one,
and a dead Slack keeps no pass waiting."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.e2e.failing import CRASH, LINE
from tests.unit.notify.fake_slack import FakeSlack, Says, Sent, fake_slack
from tests.world import World, poc, wait_for

from localcloud import status
from modelpoc.kube.cluster import POC, connect

pytestmark = pytest.mark.e2e

NEWS = {"namespace": "default", "name": "news"}
TOLD = {
    "slackWebhook": NEWS,
    "webhook": {**NEWS, "key": "events"},
    "events": ["Success", "Failure", "Recovery", "Expiry", "Suspended"],
}


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as server:
        yield server


@pytest.fixture(scope="module")
def world(slack: FakeSlack) -> Iterator[World]:
    up = World.up("t-news", platform={"notifications": TOLD})
    try:
        assert notifying(up, "False"), "the Secret is not there yet"
        set_secret(up, url=slack.webhook, events=slack.events)
        assert notifying(up, "True")
        yield up
    finally:
        up.down()


def set_secret(world: World, **values: str) -> None:
    labels = {"modelpoc.dev/use": "true"}
    meta = {"name": "news", "namespace": "default", "labels": labels}
    world.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": values})


def notifying(world: World, status: str, seconds: float = 60) -> bool:
    """Whether the platform comes to say so of its news. Its Ready does not depend on it."""

    def holds() -> bool:
        said = {c["type"]: c["status"] for c in world.get_platform()["status"]["conditions"]}
        return said["Ready"] == "True" and said.get("Notifying") == status

    return wait_for(holds, seconds)


def about(slack: FakeSlack, name: str) -> list[Sent]:
    """Slack's messages of one POC."""
    return [s for s in slack.at("/services") if f"*{name}*" in s.read()]


def events(slack: FakeSlack, name: str) -> list[str]:
    found = [s.body for s in slack.at("/events") if s.body["data"]["name"] == name]
    return [e["type"].rpartition(".")[2] for e in found]


def arrives(slack: FakeSlack, name: str, count: int, seconds: float = 45) -> Sent:
    """The last of so many messages of a POC; the webhook got as many."""
    both = lambda: len(about(slack, name)) == len(events(slack, name)) == count  # noqa: E731
    assert wait_for(both, seconds), [s.read() for s in about(slack, name)] + events(slack, name)
    return about(slack, name)[-1]


@pytest.fixture(scope="module")
def live(world: World, slack: FakeSlack) -> str:
    """One that has just become Ready for the first time, and the one message of that."""
    world.apply(poc("iris"))
    url = world.ready("iris")["url"]
    message = arrives(slack, "iris", 1).read()
    assert message.startswith("✅ *iris* is live")
    assert url in message
    assert all_sent(world, "iris")
    return "iris"


def all_sent(world: World, name: str) -> bool:
    """Whether the POC comes to say that no news of it wait any more."""
    return wait_for(lambda: not world.get(name)["status"].get("notified", {}).get("pending"), 60)


def test_each_transition_is_one_message(world: World, slack: FakeSlack, live: str) -> None:
    world.patch(live, {"ecs": {"env": CRASH}})
    world.stalled(live, "RolloutFailed", 120)
    failure = arrives(slack, live, 2).read()
    assert failure.startswith("❌ *iris* failed: `RolloutFailed`")
    assert LINE in failure
    assert "→ correct the spec or the model to try again" in failure
    assert f"{world.get(live)['status']['docsUrl']}|docs" in failure

    world.patch(live, {"ecs": {"env": None}})
    world.ready(live)
    assert arrives(slack, live, 3).read().startswith("💚 *iris* has recovered")

    end = (datetime.now(UTC) + timedelta(seconds=14)).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.patch(live, {"expiresAt": end})
    assert arrives(slack, live, 4).read().startswith("⏳ *iris* expires soon")
    world.reason(live, "Expired")
    assert arrives(slack, live, 5).read().startswith("⌛ *iris* has expired")

    world.patch(live, {"expiresAt": None})
    world.ready(live)
    assert arrives(slack, live, 6).read().startswith("✅")
    world.patch(live, {"suspend": True})
    world.reason(live, "Suspended")
    assert arrives(slack, live, 7).read().startswith("💤 *iris* is suspended")
    world.patch(live, {"suspend": False})
    world.ready(live)
    arrives(slack, live, 8)
    kinds = ["succeeded", "failed", "recovered", "expiring", "expired", "succeeded", "suspended", "succeeded"]
    assert events(slack, live) == kinds
    assert len({s.body["id"] for s in slack.at("/events")}) == len(slack.at("/events"))
    assert all_sent(world, live)


def test_neither_a_hundred_passes_nor_a_restart_tell_or_write_anything(
    world: World, slack: FakeSlack, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(world.plane.kubeconfig))
    # The platform's own status counts its POCs at its next resync.
    assert wait_for(lambda: world.get_platform()["status"].get("pocs") == 1, 60)
    before, told = world.get(live)["status"], len(slack.all)
    writes, passes = _writes(world), _pass_times(world)["count"]
    asyncio.run(_wake(world, live, lambda: _pass_times(world)["count"] >= passes + 100))
    assert (_writes(world), len(slack.all), world.get(live)["status"]) == (writes, told, before)

    world.stop_operator(kill=True)
    world.start_operator()
    assert wait_for(lambda: world.metric("modelpoc_pass_seconds_count", kind="ModelPOC") >= 3, 60)
    time.sleep(1)
    assert (_writes(world), len(slack.all), world.get(live)["status"]) == (0, told, before)


def test_a_secret_that_comes_a_moment_later_is_no_failure(world: World, slack: FakeSlack) -> None:
    """And one that does not come is, without anything else happening."""
    for name in ("early", "lost"):
        ref = {"name": "TOKEN", "secretKeyRef": {"name": name, "key": "token"}}
        world.apply(poc(name, ecs={"secrets": [ref]}))
    world.stalled("early", "SecretNotFound")
    meta = {"name": "early", "namespace": "default", "labels": {"modelpoc.dev/use": "true"}}
    world.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"token": "x"}})
    world.ready("early")
    assert arrives(slack, "lost", 1).read().startswith("❌ *lost* failed: `SecretNotFound`")
    assert arrives(slack, "early", 1).read().startswith("✅ *early* is live")
    for name in ("early", "lost"):
        world.delete(name)


async def _wake(world: World, name: str, enough: Callable[[], bool]) -> None:
    """Asks for passes, one after the other. Every tenth looks afresh at everything in AWS."""
    async with connect() as cluster:
        for number in range(1_000):
            which = "reconcile-at" if number % 10 == 0 else "adopt"
            changed = {"metadata": {"annotations": {f"modelpoc.dev/{which}": str(number)}}}
            await cluster.patch(POC, name, "default", changed)
            await asyncio.sleep(0.05)
            if number > 90 and enough():
                return
    raise AssertionError("passes do not follow annotations")


def _writes(world: World) -> float:
    return world.metric("modelpoc_kubernetes_writes_total", what="status")


def test_what_was_not_sent_before_a_crash_is_sent_after_it(world: World, slack: FakeSlack, live: str) -> None:
    slack.always = Says(500)
    world.patch(live, {"suspend": True})
    world.reason(live, "Suspended")
    [pending] = world.get(live)["status"]["notified"]["pending"]
    world.stop_operator(kill=True)
    slack.always, before = None, len(slack.at("/services"))
    world.start_operator()
    assert all_sent(world, live)
    assert pending["event"] == "Suspended"
    assert [s.read()[:12] for s in slack.at("/services")[before:]] == ["💤 *iris* is "]
    assert len({s.body["id"] for s in slack.at("/events") if s.body["id"] == pending["id"]}) == 1
    world.patch(live, {"suspend": False})
    world.ready(live)


@pytest.fixture(scope="module")
def undisturbed(world: World, live: str) -> tuple[float, float]:
    """How passes do without any news."""
    set_news(world, None)
    try:
        return _measured(world, lambda: _suspend_and_resume(world, live))
    finally:
        set_news(world, TOLD)


def set_news(world: World, told: Any) -> None:
    body = json.dumps({"spec": {"notifications": told}})
    world.kubectl("patch", "modelplatform", "default", "--type=merge", "-p", body)


@pytest.mark.parametrize("dead", ["500", "hanging", "unreachable"])
def test_a_dead_slack_slows_no_pass(
    world: World, slack: FakeSlack, live: str, undisturbed: tuple[float, float], dead: str
) -> None:
    slack.always = {"500": Says(500), "hanging": Says(seconds=60)}.get(dead)
    url = "http://127.0.0.1:1" if dead == "unreachable" else slack.webhook
    set_secret(world, url=url, events=url)
    before = len(slack.all)
    mean, slowest = _measured(world, lambda: _suspend_and_resume(world, live))
    print(
        f"\nmean and slowest pass, seconds: {undisturbed} without news, {(mean, slowest)} with Slack {dead}"
    )
    assert dead == "unreachable" or len(slack.all) > before, "nobody tried to tell"
    assert mean < undisturbed[0] * 1.5 + 0.5
    assert slowest <= 5.0, "a pass waited for Slack"
    slack.always = None


def _suspend_and_resume(world: World, name: str) -> None:
    world.patch(name, {"suspend": True})
    world.reason(name, "Suspended")
    world.patch(name, {"suspend": False})
    world.ready(name)


def _measured(world: World, do: Callable[[], None]) -> tuple[float, float]:
    """The mean time of the passes meanwhile, and an upper bound of the slowest, in seconds."""
    before = _pass_times(world)
    do()
    grown = {name: now - before[name] for name, now in _pass_times(world).items()}
    count = grown.pop("count")
    mean = grown.pop("sum") / count
    return round(mean, 4), min(float(bound) for bound, found in grown.items() if found >= count)


def _pass_times(world: World) -> dict[str, float]:
    """`modelpoc_pass_seconds` of POCs at one moment: `sum`, `count`, and how many within each bound."""
    with urllib.request.urlopen(f"{status.document(world.files)['operatorUrl']}/metrics") as answer:
        text = answer.read().decode()
    found = re.findall(r"^modelpoc_pass_seconds_(sum|count|bucket)\{(.*)\} (.*)$", text, re.MULTILINE)
    times = {}
    for what, labels, value in found:
        bound = re.search('le="([^"]*)"', labels)
        if 'kind="ModelPOC"' in labels:
            times[bound[1] if bound else what] = float(value)
    return times
