"""Whatever breaks off at whatever point: the next operator finds its way, without a double or an orphan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from tests.local.aws_listing import Holdings, differences, holdings
from tests.local.engine_world import Died, EngineCloud, Operator, writes

from localcloud.aws.faults import Rule
from modelpoc.aws.secret import SecretValue

pytestmark = pytest.mark.local

KEY = ("key", "token")
SPEC = {
    "ecs": {
        "image": "local/echo:1",
        "secrets": [{"name": "TOKEN", "secretKeyRef": {"name": KEY[0], "key": KEY[1]}}],
        "scaling": {
            "min": 1,
            "max": 3,
            "target": {"cpuPercent": 60},
            "schedule": [{"name": "am", "min": 1, "cron": "0 8 ? * MON-FRI *"}],
        },
    },
    "route": {"throttle": {"rate": 5, "burst": 10}},
}
CHANGED = {**SPEC, "ecs": {**SPEC["ecs"], "image": "local/echo:2", "scaling": {"min": 2, "max": 2}}}
NAME = "echo"
MOST_WRITES = 40


@pytest.fixture(scope="module")
def running(engine_cloud: EngineCloud) -> Iterator[Operator]:
    """Of a platform that gives each POC a role of its own."""
    made = Operator(engine_cloud, engine_cloud.platform(own_roles=True))
    made.platform_up()
    yield made
    made.close()


@pytest.fixture(scope="module")
def empty(running: Operator) -> Holdings:
    return holdings(running.cloud.client)


@pytest.fixture
def clean(operator: Operator, empty: Holdings) -> Iterator[Operator]:
    operator.kube_secrets[KEY] = SecretValue(b"hush")
    yield operator
    gone(operator)
    assert differences(empty, holdings(operator.cloud.client)) == []


def gone(operator: Operator) -> None:
    if NAME in operator.pocs:
        operator.delete(NAME)
        operator.settle(NAME)
        del operator.pocs[NAME]


def made(operator: Operator) -> tuple[Holdings, list[str]]:
    """An undisturbed creation: what AWS holds then, and the writes it took, in order."""
    since = operator.cloud.last_call
    operator.apply(NAME, **SPEC)
    operator.settle(NAME)
    found = holdings(operator.cloud.client)
    operations = [c.operation for c in writes(operator.cloud.calls(since))]
    gone(operator)
    return found, operations


def die(operator: Operator, after: int) -> bool:
    """Runs until the operator is killed after so many writes; False when all was done before."""
    operator.scope.writes_left = after
    try:
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
        clean.apply(NAME, **SPEC)
        died = die(clean, after)
        clean.settle(NAME)
        assert differences(expected, holdings(clean.cloud.client)) == [], f"killed after write {after}"
        gone(clean)
        if not died:
            break
    assert 10 <= after < MOST_WRITES


def test_killed_after_any_write_of_a_change(clean: Operator) -> None:
    clean.apply(NAME, **CHANGED)
    clean.settle(NAME)
    expected = holdings(clean.cloud.client)
    for after in range(1, MOST_WRITES):
        clean.apply(NAME, **SPEC)
        clean.settle(NAME)
        clean.apply(NAME, **CHANGED)
        died = die(clean, after)
        clean.settle(NAME)
        assert differences(expected, holdings(clean.cloud.client)) == [], f"killed after write {after}"
        if not died:
            break
    assert 4 <= after < MOST_WRITES


def test_killed_after_any_write_of_a_deletion(clean: Operator, empty: Holdings) -> None:
    for after in range(1, MOST_WRITES):
        clean.apply(NAME, **SPEC)
        clean.settle(NAME)
        clean.delete(NAME)
        died = die(clean, after)
        clean.settle(NAME)
        assert differences(empty, holdings(clean.cloud.client)) == [], f"killed after write {after}"
        if not died:
            break
    assert 8 <= after < MOST_WRITES


def faults(operations: list[str], **how: object) -> Iterator[Rule]:
    """One for each of these calls, in order: it strikes that call, once."""
    before: Counter[str] = Counter()
    for operation in operations:
        yield Rule(operation=operation, skip=before[operation], count=1, **how)  # type: ignore[arg-type]
        before[operation] += 1


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("restarts", [False, True], ids=["lives-on", "restarts"])
def test_the_answer_to_any_write_of_a_creation_is_lost(clean: Operator, reset: str, restarts: bool) -> None:
    """`after`: AWS carried it out. `before`: it did not. The operator cannot tell."""
    expected, operations = made(clean)
    for rule in faults(operations, reset=reset):
        clean.cloud.fault(rule)
        clean.apply(NAME, **SPEC)
        clean.pass_(NAME)
        if restarts:
            clean.restart()
            clean.platform_up()
        clean.settle(NAME)
        clean.cloud.fault()
        found = differences(expected, holdings(clean.cloud.client))
        assert found == [], f"{rule.operation} {rule.skip}"
        gone(clean)


@pytest.mark.parametrize("reset", ["before", "after"])
def test_the_answer_to_any_write_of_a_deletion_is_lost(clean: Operator, empty: Holdings, reset: str) -> None:
    made(clean)
    clean.apply(NAME, **SPEC)
    clean.settle(NAME)
    since = clean.cloud.last_call
    gone(clean)
    operations = [c.operation for c in writes(clean.cloud.calls(since)) if c.outcome == "OK"]
    for rule in faults(operations, reset=reset):
        clean.apply(NAME, **SPEC)
        clean.settle(NAME)
        clean.cloud.fault(rule)
        gone(clean)
        clean.cloud.fault()
        assert differences(empty, holdings(clean.cloud.client)) == [], f"{rule.operation} {rule.skip}"


def test_aws_answers_any_write_of_a_creation_with_a_fault(clean: Operator) -> None:
    expected, operations = made(clean)
    for rule in faults(operations, error="InternalFailure", status=500):
        clean.cloud.fault(rule)
        clean.apply(NAME, **SPEC)
        clean.settle(NAME)
        clean.cloud.fault()
        assert differences(expected, holdings(clean.cloud.client)) == [], f"{rule.operation} {rule.skip}"
        gone(clean)


def test_aws_throttles_any_call_of_a_creation(clean: Operator) -> None:
    expected, operations = made(clean)
    for rule in faults(operations, error="throttle"):
        clean.cloud.fault(rule)
        clean.apply(NAME, **SPEC)
        clean.settle(NAME)
        clean.cloud.fault()
        assert differences(expected, holdings(clean.cloud.client)) == [], f"{rule.operation} {rule.skip}"
        gone(clean)
