"""Decisions of the service scheduler, without a clock and without tasks."""

from __future__ import annotations

from collections import Counter

import pytest

from localcloud.aws.backend import AwsError
from localcloud.aws.ecs.fargate import check_size
from localcloud.aws.ecs.placement import choose
from localcloud.aws.ecs.rollout import Bounds, Seen, Step, backoff, step, threshold

pytestmark = pytest.mark.unit


def old(number: int, healthy: bool = True) -> Seen:
    return Seen(f"old{number}", False, healthy)


def new(number: int, healthy: bool = True) -> Seen:
    return Seen(f"new{number}", True, healthy)


def test_a_new_task_comes_before_the_old_one_goes() -> None:
    bounds = Bounds.of(1, 100, 200)
    assert step([old(1)], bounds, True) == Step(1, ())
    assert step([old(1), new(1, healthy=False)], bounds, True) == Step(0, ())
    assert step([old(1), new(1)], bounds, True) == Step(0, ("old1",))
    assert step([new(1)], bounds, True) == Step(0, ())


def test_without_room_an_old_task_makes_some_but_never_below_the_minimum() -> None:
    bounds = Bounds.of(4, 50, 100)
    assert step([old(i) for i in range(4)], bounds, True) == Step(0, ("old0", "old1"))
    assert step([old(2), old(3)], bounds, True) == Step(2, ())
    assert step([old(2), old(3), new(0, False), new(1, False)], bounds, True) == Step(0, ())
    assert step([old(2), old(3), new(0), new(1)], bounds, True) == Step(0, ("old2", "old3"))


def test_old_tasks_that_serve_no_one_go_at_once() -> None:
    assert step([old(1, healthy=False)], Bounds.of(1, 100, 200), True) == Step(1, ("old1",))


def test_scaling_in_takes_the_youngest_of_those_that_serve_least() -> None:
    tasks = [new(1), new(2), new(3, healthy=False), new(4)]
    assert set(step(tasks, Bounds.of(2, 100, 200), True).stop) == {"new3", "new4"}


def test_nothing_starts_while_it_may_not() -> None:
    assert step([old(1)], Bounds.of(1, 100, 200), False) == Step(0, ())
    assert step([], Bounds.of(0, 100, 200), True) == Step(0, ())


@pytest.mark.parametrize(
    ("desired", "least"), [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (1000, 200)]
)
def test_the_breaker_counts_half_of_desired_between_3_and_200(desired: int, least: int) -> None:
    assert threshold(desired, {"enable": True}) == least


def test_the_breaker_can_be_set() -> None:
    assert threshold(9, {"thresholdConfiguration": {"type": "COUNT", "value": 1}}) == 1
    assert threshold(10, {"thresholdConfiguration": {"type": "UNBOUNDED_PERCENT", "value": 10}}) == 1


def test_the_back_off_grows_to_27_minutes() -> None:
    waits = [backoff(n) for n in range(12)]
    assert waits == sorted(waits)
    assert waits[1] == 0
    assert waits[-1] == 27 * 60


@pytest.mark.parametrize(
    ("cpu", "memory", "shown"),
    [
        ("256", "512", ("256", "512")),
        (".5 vCPU", "1 GB", ("512", "1024")),
        ("16384", "122880", ("16384", "122880")),
    ],
)
def test_fargate_sizes_that_exist(cpu: str, memory: str, shown: tuple[str, str]) -> None:
    assert check_size(cpu, memory) == shown


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", "4096"), ("512", "1536"), ("300", "512"), ("8192", "17408")]
)
def test_fargate_sizes_that_do_not(cpu: str, memory: str) -> None:
    with pytest.raises(AwsError, match="No Fargate configuration exists for given values"):
        check_size(cpu, memory)


def test_a_strategy_fills_its_base_and_then_goes_by_weight() -> None:
    strategy = [
        {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    used: Counter[str | None] = Counter()
    for _ in range(9):
        used[choose(strategy, used)] += 1
    assert used["FARGATE"] in (2, 3)
    assert used["FARGATE"] + used["FARGATE_SPOT"] == 9
    assert choose([{"capacityProvider": "FARGATE_SPOT"}], Counter()) == "FARGATE_SPOT"
