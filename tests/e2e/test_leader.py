"""Two replicas and one lease: one works, the other waits, and each way in which the first may fail."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.failing import env
from tests.e2e.replicas import Replicas, replicas
from tests.e2e.repositories import Repository
from tests.unit.notify.fake_slack import FakeSlack, fake_slack
from tests.world import World, poc, wait_for

from localcloud.rights import NAMESPACE

pytestmark = pytest.mark.e2e

OPERATOR = {"principal": "*operator*"}
SHORT = ("--lease-duration", "12", "--renew-deadline", "6", "--retry-period", "1")
"""Whoever cannot renew ends 6 s before another may begin: a busy machine takes some of them."""
KEY = "hush-hush"
NEWS = {"namespace": "default", "name": "news"}
WHOLE = ["ListenerRule", "LogGroup", "Route", "Route", "Service", "TargetGroup", "Task", "TaskDefinition"]


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as server:
        yield server


@pytest.fixture(scope="module")
def world(slack: FakeSlack) -> Iterator[World]:
    told = {"slackWebhook": NEWS, "events": ["Success", "Failure", "Recovery"]}
    up = World.up("t-leader", run_operator=False, platform={"notifications": told}, syncs=True)
    meta = {"name": "news", "namespace": "default", "labels": {"modelpoc.dev/use": "true"}}
    try:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta}
        up.apply({**secret, "stringData": {"url": slack.webhook}})
        yield up
    finally:
        up.down()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = Repository(tmp_path_factory.mktemp("git"))
    made.push({"models_config/from-git/config.yaml": json.dumps(poc("from-git")["spec"])})
    return made


@pytest.fixture(scope="module")
def usual(
    world: World, repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    """With a lease of 15 s."""
    words = ("--leader-elect", "--sync-repo", repository.url, "--sync-interval", "2s")
    with replicas(world, tmp_path_factory.mktemp("usual"), words) as made:
        yield made


def test_one_works_and_the_other_waits(world: World, usual: Replicas, slack: FakeSlack) -> None:
    leader = usual.start()
    assert wait_for(lambda: leader.leads, 60), leader.log
    waiting = usual.start()
    world.apply(poc("first"))
    world.ready("first")
    world.ready("from-git")
    assert wait_for(lambda: waiting.ready, 60), waiting.log
    assert (leader.leads, waiting.leads) == (True, False)
    assert waiting.get("/healthz")[0] == 200
    assert waiting.metric("modelpoc_passes_total") == 0
    calls = waiting.metrics("modelpoc_aws_calls_total")
    assert list(calls) == ['{operation="GetCallerIdentity",outcome="ok",service="sts"}']
    assert calls.popitem()[1] == 1
    assert waiting.metric("modelpoc_kubernetes_writes_total") == 0
    assert (leader.metric("modelpoc_sync_writes_total"), waiting.metric("modelpoc_sync_looks_total")) == (
        1,
        0,
    )
    assert wait_for(lambda: _told(slack, "first") == 1, 60)
    assert _holder(world).startswith("replica-0_")


def test_who_is_told_to_stop_hands_over_at_once(
    world: World, usual: Replicas, slack: FakeSlack, repository: Repository
) -> None:
    leader, waiting = usual.pair()
    world.apply(poc("first"))
    for name in ("first", "from-git"):
        world.ready(name)
        assert wait_for(lambda name=name: _told(slack, name) == 1, 60)
    assert wait_for(lambda: _at_rest(world), 60), "something else is still being told"
    before = _events(world, "from-git")
    change = threading.Thread(target=world.apply, args=(poc("meanwhile"),))
    began = time.monotonic()
    leader.send(signal.SIGTERM)
    change.start()  # seen by both; the one is going, the other does not lead yet
    assert leader.ended(10) == 0
    ended = time.monotonic() - began
    assert wait_for(lambda: waiting.leads, 12, 0.05), waiting.log
    # Without being told, 13 s at least would go by until the lease is over.
    assert (ended < 6, time.monotonic() - began < 9) == (True, True), ended
    change.join()
    world.ready("meanwhile")
    repository.push({"README.md": "nothing of ours"})
    looks = waiting.metric("modelpoc_sync_looks_total")
    assert wait_for(lambda: waiting.metric("modelpoc_sync_looks_total") > looks + 1, 60)
    assert waiting.metric("modelpoc_sync_writes_total") == 0, "what the other applied is applied again"
    assert _events(world, "from-git") == before
    assert wait_for(lambda: _told(slack, "meanwhile") == 1, 60)
    assert (_told(slack, "first"), _told(slack, "from-git")) == (1, 1)


CREATES = ("CreateTargetGroup", "CreateRule", "RegisterTaskDefinition", "CreateService", "CreateLogGroup")


def test_a_killed_leader_is_followed_within_20_seconds_and_nothing_is_made_twice(
    world: World, usual: Replicas
) -> None:
    leader, waiting = usual.pair()
    assert wait_for(lambda: _at_rest(world), 60), "something else is still being made"
    names, since = ["mid-a", "mid-b", "mid-c"], world.last_call()
    with _slow(world):
        world.apply(*(poc(name) for name in names))
        assert wait_for(lambda: len(_writes(world, since)) >= 9, 60, 0.005)
        leader.send(signal.SIGKILL)
        began = time.monotonic()
        assert not all(_kinds(world, name) == WHOLE for name in names), "killed too late to tell"
        assert wait_for(lambda: waiting.leads, 20, 0.05), waiting.log
        took = time.monotonic() - began
    assert 9 < took < 20, f"{took:.1f} s"
    for name in names:
        world.ready(name)
        assert wait_for(lambda name=name: _kinds(world, name) == WHOLE, 60, 0.5)
    made = Counter(c["operation"] for c in _writes(world, since) if c["carriedOut"])
    assert {operation: made[operation] for operation in CREATES} == dict.fromkeys(CREATES, len(names))
    assert made["CreateRoute"] == 2 * len(names)


@pytest.fixture(scope="module")
def webhook_port() -> int:
    """The same one at each replica's own address, as it is in Pods."""
    with socket.create_server(("127.0.1.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def quick(
    world: World,
    usual: Replicas,
    repository: Repository,
    webhook_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Replicas]:
    """With a shorter lease, so that its end need not be waited for so long; pushes are told by a webhook."""
    usual.end()
    polls = ("--sync-repo", repository.url, "--sync-interval", "1h")
    hook = ("--sync-webhook-host", "{address}", "--sync-webhook-port", str(webhook_port))
    words = ("--leader-elect", *SHORT, *polls, *hook)
    secrets = {"MODELPOC_WEBHOOK_SECRET": KEY}
    with replicas(world, tmp_path_factory.mktemp("quick"), words, secrets) as made:
        yield made


def test_a_push_told_to_either_replica_is_looked_at_by_the_leader(
    quick: Replicas, webhook_port: int, repository: Repository
) -> None:
    leader, waiting = quick.pair()
    assert wait_for(lambda: leader.metric("modelpoc_sync_looks_total") == 1, 60), leader.log
    # Until the one that waits has read the lease, it knows of nobody to pass a call on to.
    told = wait_for(lambda: _tell(f"http://{waiting.address}:{webhook_port}", "a guess") == 401, 60)
    assert told, waiting.log
    for looks, replica in enumerate([waiting, leader], 2):
        repository.push({"README.md": f"push {looks}"})
        assert _tell(f"http://{replica.address}:{webhook_port}", KEY) == 202
        assert wait_for(lambda n=looks: leader.metric("modelpoc_sync_looks_total") == n, 60), leader.log
    assert waiting.metric("modelpoc_sync_looks_total") == 0
    leader.send(signal.SIGTERM)
    assert leader.ended(10) == 0
    assert wait_for(lambda: waiting.metric("modelpoc_sync_looks_total") == 1, 60), waiting.log
    assert _tell(f"http://{waiting.address}:{webhook_port}", KEY) == 202, "it works now, and looks itself"
    assert wait_for(lambda: waiting.metric("modelpoc_sync_looks_total") == 2, 60), waiting.log


def _tell(url: str, key: str) -> int:
    """The status of the answer to a push, signed as GitHub does."""
    body = json.dumps({"ref": "refs/heads/main"}).encode()
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Event": "push"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=15) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:  # it does not listen yet
        return 0


def test_a_leader_that_slept_writes_nothing_when_it_wakes(world: World, quick: Replicas) -> None:
    leader, waiting = quick.pair()
    names, since = ["slept-a", "slept-b", "slept-c"], world.last_call()
    with _slow(world):
        world.apply(*(poc(name, ecs={"env": env("one")}) for name in names))
        assert wait_for(lambda: len(_writes(world, since)) >= 6, 60, 0.005)
        # What is just leaving it as it falls asleep leaves it when it wakes, and nobody could hold it back:
        # so every call that it has begun is with AWS by then, which takes its time.
        world.local("faults", "PUT", [{**OPERATOR, "latencyMs": 4_000}])
        time.sleep(1)
        leader.send(signal.SIGSTOP)  # in the midst of several passes
    assert wait_for(lambda: waiting.leads, 60, 0.05), waiting.log
    for name in names:
        world.ready(name)
    assert wait_for(lambda: _at_rest(world), 60)
    since, objects = world.last_call(), _objects(world)
    leader.send(signal.SIGCONT)
    assert leader.ended(30) == 1
    assert "ending, so that a new process begins afresh" in leader.log
    written = [(c["operation"], c["parameters"], c["time"], c["carriedOut"]) for c in _writes(world, since)]
    assert written == [], f"{leader.log[-1500:]}\n--- and the other:\n{waiting.log[-1500:]}"
    assert _objects(world) == objects
    assert all(_kinds(world, name) == WHOLE for name in names)


def test_a_leader_that_cannot_reach_the_api_server_ends_before_the_other_begins(
    world: World, quick: Replicas
) -> None:
    leader, waiting = quick.pair()
    leader.gate.shut()
    began = time.monotonic()
    assert leader.ended(15) == 1
    assert time.monotonic() - began < 12
    assert not waiting.leads
    world.apply(poc("after"))
    assert wait_for(lambda: waiting.leads, 60, 0.05), waiting.log
    assert time.monotonic() - began < 12 + 6
    world.ready("after")


def test_a_deleted_lease_is_a_lost_one(world: World, quick: Replicas) -> None:
    leader, _ = quick.pair()
    world.kubectl("delete", "lease", "modelpoc-operator", "-n", NAMESPACE)
    assert leader.ended(30) == 1
    assert wait_for(lambda: any(r.leads for r in quick.running), 60), quick.logs()


def _told(slack: FakeSlack, name: str) -> int:
    return len([s for s in slack.at("/services") if f"*{name}*" in s.read()])


def _holder(world: World) -> str:
    lease = json.loads(world.kubectl("get", "lease", "modelpoc-operator", "-n", NAMESPACE, "-o", "json"))
    return str(lease["spec"]["holderIdentity"])


@contextmanager
def _slow(world: World) -> Iterator[None]:
    """Each call of the operator takes a while, so that one can be told from the next."""
    world.local("faults", "PUT", [{**OPERATOR, "latencyMs": 100}])
    try:
        yield
    finally:
        world.local("faults", "DELETE")


def _writes(world: World, since: int) -> list[dict[str, Any]]:
    return [c for c in world.operator_calls(since) if c["mutating"]]


def _kinds(world: World, name: str) -> list[str]:
    return aws_listing.kinds_of(aws_listing.owned_by(world.client, name))


def _events(world: World, name: str) -> list[tuple[str, str]]:
    items = json.loads(world.kubectl("get", "events", "-A", "-o", "json"))["items"]
    return sorted((i["reason"], i["message"]) for i in items if i["involvedObject"].get("name") == name)


def _objects(world: World) -> dict[str, str]:
    """Versions of all that the operator writes to in Kubernetes, events among them."""
    items = json.loads(world.kubectl("get", "modelpocs,modelplatforms,events", "-A", "-o", "json"))["items"]
    return {f"{i['kind']} {i['metadata']['name']}": i["metadata"]["resourceVersion"] for i in items}


def _at_rest(world: World, seconds: float = 3) -> bool:
    """Whether nothing is written to AWS or Kubernetes for so many seconds."""
    before, since = _objects(world), world.last_call()
    time.sleep(seconds)
    return _objects(world) == before and not _writes(world, since)
