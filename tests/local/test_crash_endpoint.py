"""The same for SageMaker POCs: whatever breaks off, the next operator finds its way.

Creations, rollouts, changes of the runtime, deletions; and that what AWS undid is not tried twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.local.aws_listing import Holdings, differences, holdings
from tests.local.engine_world import DOUBT, Died, EngineCloud, Operator, told, writes
from tests.local.test_crash import MOST_WRITES, faults
from tests.localcloud.sagemaker_world import archive

from localcloud.aws.faults import Rule
from modelpoc.reconcile.steps import Verb

pytestmark = [pytest.mark.local, pytest.mark.timeout(600)]

NAME = "counter"
TRYING = "modelpoc.dev/trying"
ARCHIVES = {content: archive(content=content) for content in ("one", "two")}
COUNTER: dict[str, Any] = {
    "image": "local/counter:1",
    "instance": {
        "type": "ml.m5.large",
        "count": 2,
        "scaling": {"min": 2, "max": 4, "invocationsPerInstance": 50},
    },
    "rollout": {"type": "Canary", "instances": 1, "waitSeconds": 60},
    "proxy": {"handler": "handler.py"},
}
SPEC: dict[str, Any] = {"sagemaker": COUNTER}
BROKEN: dict[str, Any] = {"sagemaker": {**COUNTER, "image": "local/broken:1"}}
SERVERLESS: dict[str, Any] = {"sagemaker": {"image": "local/counter:1", "serverless": {}}}
ECS: dict[str, Any] = {"ecs": {"image": "local/echo:1"}}


@dataclass(frozen=True)
class Change:
    """From one spec and archive to another, and how many writes that takes at least."""

    first: dict[str, Any]
    then: dict[str, Any]
    writes: int
    archive: str = "one"


CHANGES = {
    "new-archive": Change(SPEC, SPEC, 6, "two"),
    "ecs-to-sagemaker": Change(ECS, SPEC, 18),
    "sagemaker-to-ecs": Change(SPEC, ECS, 18),
    "instances-to-serverless": Change(SPEC, SERVERLESS, 9),
}


@pytest.fixture(scope="module")
def engine_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCloud]:
    """Faster than others: endpoints take minutes for everything, and hundreds of them are made here."""
    cloud = EngineCloud(tmp_path_factory.mktemp("engine"), time_scale=4000)
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def empty(running: Operator) -> Holdings:
    return holdings(running.cloud.client)


@pytest.fixture
def clean(operator: Operator, empty: Holdings) -> Iterator[Operator]:
    upload(operator, "one")
    yield operator
    gone(operator)
    assert differences(empty, holdings(operator.cloud.client)) == []


def upload(operator: Operator, content: str) -> None:
    """The very same bytes each time."""
    s3, handler = operator.cloud.client("s3"), f"def lambda_handler(event, context): return {content!r}"
    s3.put_object(Bucket="models", Key=f"{NAME}/model.tar.gz", Body=ARCHIVES[content])
    s3.put_object(Bucket="models", Key=f"{NAME}/handler.py", Body=handler.encode())


def gone(operator: Operator) -> None:
    if NAME in operator.pocs:
        operator.delete(NAME)
        operator.settle(NAME)
        del operator.pocs[NAME]


def change(operator: Operator, spec: dict[str, Any], content: str = "one") -> None:
    """What people do."""
    upload(operator, content)
    operator.apply(NAME, **spec)


def settled(operator: Operator, spec: dict[str, Any], content: str = "one") -> Holdings:
    """What AWS holds once all is as the spec asks."""
    change(operator, spec, content)
    operator.resync(NAME)
    operator.settle(NAME)
    return holdings(operator.cloud.client)


def made(operator: Operator, spec: dict[str, Any] = SPEC, content: str = "one") -> tuple[Holdings, list[str]]:
    """An undisturbed creation: what AWS holds then, and the writes it took, in order."""
    since = operator.cloud.last_call
    found = settled(operator, spec, content)
    operations = carried_out(operator, since)
    gone(operator)
    return found, operations


def carried_out(operator: Operator, since: int) -> list[str]:
    """The writes that AWS did not refuse."""
    return [c.operation for c in writes(operator.cloud.calls(since)) if c.outcome == "OK"]


def die(operator: Operator, after: int) -> bool:
    """Runs until the operator is killed after so many writes; False when all was done before."""
    operator.scope.writes_left = after
    try:
        operator.resync(NAME)
        operator.settle(NAME)
    except Died:
        return True
    finally:
        operator.restart()
        operator.platform_up()
    return False


def test_killed_after_any_write_of_a_creation(clean: Operator) -> None:
    expected, _ = made(clean)
    for after in range(1, MOST_WRITES):
        change(clean, SPEC)
        died = die(clean, after)
        clean.settle(NAME)
        assert differences(expected, holdings(clean.cloud.client)) == [], f"killed after write {after}"
        gone(clean)
        if not died:
            break
    assert 14 <= after < MOST_WRITES


@pytest.mark.parametrize("to", CHANGES.values(), ids=CHANGES.keys())
def test_killed_after_any_write_of_a_change(clean: Operator, to: Change) -> None:
    expected, _ = made(clean, to.then, to.archive)
    for after in range(1, MOST_WRITES):
        settled(clean, to.first)
        change(clean, to.then, to.archive)
        died = die(clean, after)
        clean.settle(NAME)
        assert differences(expected, holdings(clean.cloud.client)) == [], f"killed after write {after}"
        if not died:
            break
    assert to.writes <= after < MOST_WRITES


def test_killed_after_any_write_of_a_deletion(clean: Operator, empty: Holdings) -> None:
    for after in range(1, MOST_WRITES):
        settled(clean, SPEC)
        clean.delete(NAME)
        died = die(clean, after)
        clean.settle(NAME)
        assert differences(empty, holdings(clean.cloud.client)) == [], f"killed after write {after}"
        if not died:
            break
    assert 10 <= after < MOST_WRITES


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("restarts", [False, True], ids=["lives-on", "restarts"])
def test_the_answer_to_any_write_of_a_creation_is_lost(clean: Operator, reset: str, restarts: bool) -> None:
    """`after`: AWS carried it out. `before`: it did not. The operator cannot tell."""
    expected, operations = made(clean)
    for rule in faults(operations, reset=reset):
        clean.cloud.fault(rule)
        change(clean, SPEC)
        clean.pass_(NAME)
        if restarts:
            clean.restart()
            clean.platform_up()
        clean.settle(NAME)
        clean.cloud.fault()
        found = differences(expected, holdings(clean.cloud.client))
        assert found == [], f"{rule.operation} {rule.skip}"
        gone(clean)


@pytest.mark.parametrize("to", CHANGES.values(), ids=CHANGES.keys())
def test_the_answer_to_any_write_of_a_change_is_lost(clean: Operator, to: Change) -> None:
    expected, _ = made(clean, to.then, to.archive)
    settled(clean, to.first)
    since = clean.cloud.last_call
    settled(clean, to.then, to.archive)
    for rule in faults(carried_out(clean, since), reset="after"):
        settled(clean, to.first)
        clean.cloud.fault(rule)
        found = differences(expected, settled(clean, to.then, to.archive))
        clean.cloud.fault()
        assert found == [], f"{rule.operation} {rule.skip}"


@pytest.mark.parametrize("reset", ["before", "after"])
def test_the_answer_to_any_write_of_a_deletion_is_lost(clean: Operator, empty: Holdings, reset: str) -> None:
    settled(clean, SPEC)
    since = clean.cloud.last_call
    gone(clean)
    for rule in faults(carried_out(clean, since), reset=reset):
        settled(clean, SPEC)
        clean.cloud.fault(rule)
        gone(clean)
        clean.cloud.fault()
        assert differences(empty, holdings(clean.cloud.client)) == [], f"{rule.operation} {rule.skip}"


@pytest.mark.parametrize("to", CHANGES.values(), ids=CHANGES.keys())
def test_all_reads_lag(clean: Operator, empty: Holdings, to: Change) -> None:
    expected, _ = made(clean, to.then, to.archive)
    clean.cloud.fault(Rule(stale_seconds=DOUBT * 0.8))
    settled(clean, to.first)
    change(clean, to.then, to.archive)
    time.sleep(DOUBT)
    clean.resync(NAME)
    clean.settle(NAME)
    assert differences(expected, holdings(clean.cloud.client)) == []
    gone(clean)
    clean.cloud.fault()
    assert differences(empty, holdings(clean.cloud.client)) == []


# What AWS undoes


def updates(operator: Operator, since: int) -> int:
    """How many times AWS was asked for a rollout and began it."""
    return carried_out(operator, since).count("UpdateEndpoint")


def kill_at(operator: Operator, operation: str) -> None:
    """Kills the operator right after its next write of this name."""
    for after in range(1, MOST_WRITES):
        since = operator.cloud.last_call
        assert die(operator, 1), f"{after} writes and no {operation}"
        if operation in carried_out(operator, since):
            return
    raise AssertionError(f"no {operation}")


def test_killed_between_the_note_and_the_rollout(clean: Operator) -> None:
    """The note says that it is tried, and nothing was."""
    settled(clean, SPEC)
    change(clean, SPEC, "two")
    since = clean.cloud.last_call
    kill_at(clean, "AddTags")
    assert updates(clean, since) == 0
    clean.settle(NAME)
    assert updates(clean, since) == 1
    assert TRYING not in tags(clean)


def test_killed_as_a_rollout_begins_that_aws_undoes(clean: Operator) -> None:
    settled(clean, SPEC)
    change(clean, BROKEN)
    since = clean.cloud.last_call
    kill_at(clean, "UpdateEndpoint")
    outcome = clean.broken(NAME)
    [step] = outcome.plan.of(Verb.BROKEN)
    assert (step.kind, step.reason) == ("Endpoint", "RolloutFailed"), told(outcome)
    assert "rolled back" in step.message
    for _ in range(3):
        clean.restart()
        clean.platform_up()
        clean.resync(NAME, deep=True)
        clean.broken(NAME)
    assert updates(clean, since) == 1


def test_killed_after_any_write_of_a_rollout_that_aws_undoes(clean: Operator) -> None:
    for after in range(1, MOST_WRITES):
        settled(clean, SPEC)
        change(clean, BROKEN)
        since = clean.cloud.last_call
        died = die_once_broken(clean, after)
        clean.broken(NAME)
        clean.resync(NAME, deep=True)
        assert updates(clean, since) == 1, f"killed after write {after}"
        gone(clean)
        if not died:
            break
    assert 4 <= after < MOST_WRITES


def die_once_broken(operator: Operator, after: int) -> bool:
    operator.scope.writes_left = after
    try:
        operator.broken(NAME)
    except Died:
        return True
    finally:
        operator.restart()
        operator.platform_up()
    return False


def tags(operator: Operator) -> dict[str, str]:
    """The endpoint's own, as AWS has them."""
    sagemaker = operator.cloud.client("sagemaker")
    [endpoint] = sagemaker.list_endpoints()["Endpoints"]
    found = sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}
