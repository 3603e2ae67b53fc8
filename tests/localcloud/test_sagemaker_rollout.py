"""Updates of endpoints: fleets side by side, traffic in steps, and back again when something is wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.load import Load
from tests.localcloud.sagemaker_world import World

pytestmark = pytest.mark.local
SCALE = 150.0


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


def load(world: World, name: str, data: Any = None) -> Load:
    """On an endpoint; the answers are revisions."""
    return Load(lambda: str(world.ask(name, data)["revision"]))


def policy(kind: str, size: Any = None, wait: int = 60, alarms: tuple[str, ...] = (), **more: Any) -> Any:
    """A DeploymentConfig."""
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **({member: size} if member else {})}
    found: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}
    if alarms:
        found["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return found


HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}


def update(world: World, name: str, config: str, **more: Any) -> None:
    world.sm.update_endpoint(EndpointName=name, EndpointConfigName=config, **more)


def alarm(world: World, name: str, endpoint: str, metric: str = "Invocation5XXErrors", **more: Any) -> str:
    given = {
        "Statistic": "Sum",
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        **more,
    }
    if "ExtendedStatistic" in given:
        del given["Statistic"]
    dimensions = {"EndpointName": endpoint, "VariantName": "model"}
    world.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Period=60,
        EvaluationPeriods=1,
        **given,
    )
    return name


def pending_status(world: World, name: str) -> str:
    """What the new fleet's only variant is about."""
    [variant] = world.describe(name)["PendingDeploymentSummary"]["ProductionVariants"]
    [status] = variant["VariantStatus"]
    return str(status["Status"])


def state(world: World, name: str) -> str:
    [found] = world.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


def test_a_switch_loses_no_request_and_shows_where_it_goes(world: World) -> None:
    world.config("plain-old")
    world.config("plain-new")
    world.endpoint("plain", "plain-old")
    before = world.describe("plain")
    with load(world, "plain", {"input": 1, "sleep": 0.05}) as asked:
        update(world, "plain", "plain-new")
        shown = world.describe("plain")
        assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("Updating", "plain-old")
        assert shown["PendingDeploymentSummary"]["EndpointConfigName"] == "plain-new"
        assert pending_status(world, "plain") == "Creating"
        assert shown["LastModifiedTime"] > before["LastModifiedTime"]
        done = world.settled("plain")
        reached = len(asked.answers)
        world.until(lambda: len(asked.answers), lambda n: n > reached + 10)
    assert asked.failures == []
    assert done["EndpointConfigName"] == "plain-new"
    assert "PendingDeploymentSummary" not in done
    assert "FailureReason" not in done
    assert (asked.answers[0], asked.answers[-1]) == ("plain-old", "plain-new")
    switched = asked.answers.index("plain-new")
    assert "plain-old" not in asked.answers[switched + 6 :], "the old fleet answered after the switch"


def test_a_canary_gets_its_share_and_then_all(world: World) -> None:
    world.config("canary-old", count=4)
    world.config("canary-new", count=4)
    world.endpoint("canary", "canary-old")
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    with load(world, "canary") as asked:
        update(world, "canary", "canary-new", DeploymentConfig=policy("CANARY", size, wait=300))
        look = world.until(
            lambda: world.cloud.local("sagemaker/endpoints/canary"), lambda e: e["newShare"] == 0.25
        )
        assert pending_status(world, "canary") == "Baking"
        assert [len(look["containers"]), len(look["newContainers"])] == [1, 1]
        start = len(asked.answers)
        world.until(lambda: len(asked.answers), lambda n: n > start + 60)
        if world.cloud.local("sagemaker/endpoints/canary")["newShare"] == 0.25:
            seen = Counter(asked.answers[start : start + 60])
            assert 8 <= seen["canary-new"] <= 22
        world.settled("canary")
        assert world.ask("canary")["revision"] == "canary-new"
    assert asked.failures == []
    assert len(asked.answers) >= 100


def test_linear_goes_by_equal_steps(world: World) -> None:
    world.config("linear-old", count=3)
    world.config("linear-new", count=3)
    world.endpoint("linear", "linear-old")
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    update(world, "linear", "linear-new", DeploymentConfig=policy("LINEAR", size, wait=120))
    shares: list[float] = []

    def look() -> str:
        seen = world.cloud.local("sagemaker/endpoints/linear")
        if not shares or shares[-1] != seen["newShare"]:
            shares.append(seen["newShare"])
        return str(seen["status"])

    world.until(look, lambda status: status == "InService")
    assert shares == [0.0, pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0, 0.0]


def test_a_new_fleet_that_cannot_load_is_rolled_back(world: World) -> None:
    world.config("bad-old")
    world.config("bad-new", load_error="weights are missing")
    world.endpoint("bad", "bad-old")
    with load(world, "bad") as asked:
        update(world, "bad", "bad-new")
        world.settled("bad", "RollingBack")
        assert pending_status(world, "bad") == "Deleting"
        done = world.settled("bad")
    assert asked.failures == []
    assert set(asked.answers) == {"bad-old"}
    assert done["EndpointConfigName"] == "bad-old"
    assert "did not pass the ping health check" in done["FailureReason"]
    assert any("weights are missing" in line for line in world.lines("bad"))
    update(world, "bad", "bad-old")
    assert "FailureReason" not in world.describe("bad"), "a new update begins with a clean slate"
    world.settled("bad")


def test_an_alarm_on_errors_rolls_a_canary_back(world: World) -> None:
    world.config("errors-old")
    world.config("errors-new", fail="no such class")
    world.endpoint("errors", "errors-old")
    name = alarm(world, "errors-5xx", "errors")
    with load(world, "errors") as asked:
        update(world, "errors", "errors-new", DeploymentConfig=policy("CANARY", HALF, 600, (name,)))
        world.settled("errors", "RollingBack")
        assert state(world, name) == "ALARM"
        done = world.settled("errors")
        start = len(asked.failures)
        reached = len(asked.answers)
        world.until(lambda: len(asked.answers), lambda n: n > reached + 20)
        assert len(asked.failures) == start, "the new fleet answers after its rollback"
    assert asked.failures
    assert name in done["FailureReason"]
    assert done["EndpointConfigName"] == "errors-old"
    assert done["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": name}]


def test_an_alarm_on_slowness_rolls_back_too(world: World) -> None:
    world.config("slow-old")
    world.config("slow-new", sleep=0.4)
    world.endpoint("slow", "slow-old")
    name = alarm(
        world,
        "slow-latency",
        "slow",
        "ModelLatency",
        ExtendedStatistic="p90",
        Threshold=300_000,
        ComparisonOperator="GreaterThanThreshold",
    )
    with load(world, "slow") as asked:
        update(world, "slow", "slow-new", DeploymentConfig=policy("ALL_AT_ONCE", None, 1200, (name,)))
        done = world.settled("slow", "RollingBack")
        done = world.settled("slow")
    assert asked.failures == []
    assert done["EndpointConfigName"] == "slow-old"
    assert name in done["FailureReason"]


def test_an_alarm_set_by_hand_counts(world: World) -> None:
    world.config("hand-old")
    world.config("hand-new")
    world.endpoint("hand", "hand-old")
    name = alarm(world, "hand-5xx", "hand")
    update(world, "hand", "hand-new", DeploymentConfig=policy("CANARY", HALF, 1200, (name,)))
    world.until(lambda: world.cloud.local("sagemaker/endpoints/hand"), lambda e: e["newShare"] == 0.5)
    world.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    world.settled("hand", "RollingBack")
    assert world.settled("hand")["EndpointConfigName"] == "hand-old"


def test_alarms_come_back_to_ok_and_metrics_reach_cloudwatch(world: World) -> None:
    world.endpoint("metrics", world.config("metrics"))
    name = alarm(world, "metrics-5xx", "metrics")
    for _ in range(3):
        with pytest.raises(ClientError):
            world.ask("metrics", {"fail": "x"})
    world.ask("metrics")
    world.until(lambda: state(world, name), lambda s: s == "ALARM")
    time.sleep(1.2)
    world.ask("metrics")
    world.until(lambda: state(world, name), lambda s: s == "OK")
    listed = world.cloudwatch.list_metrics(
        Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": "metrics"}]
    )["Metrics"]
    assert {m["MetricName"] for m in listed} >= {"Invocations", "Invocation5XXErrors", "ModelLatency"}


def test_a_rollback_may_fail_and_be_mended_by_another_update(world: World) -> None:
    world.config("mixed-old")
    world.config("mixed-bad", load_error="x")
    world.config("mixed-good")
    world.endpoint("mixed", "mixed-old")
    update(world, "mixed", "mixed-bad")
    world.cloud.local("sagemaker/endpoints/mixed", "PUT", {"rollbackFails": True})
    world.settled("mixed", "UpdateRollbackFailed")
    assert world.ask("mixed")["revision"] == "mixed-old"
    update(world, "mixed", "mixed-good")
    assert world.settled("mixed")["EndpointConfigName"] == "mixed-good"


def test_a_cloud_that_stops_in_the_middle_leaves_no_container(start_cloud: Callable[..., Any]) -> None:
    ending = World(start_cloud(time_scale=SCALE))
    ending.config("ending-old")
    ending.config("ending-new")
    ending.endpoint("ending", "ending-old")
    update(ending, "ending", "ending-new", DeploymentConfig=policy("CANARY", HALF, 3000))
    ending.until(lambda: ending.cloud.local("sagemaker/endpoints/ending"), lambda e: e["newShare"] == 0.5)
    pids = {ending.ask("ending")["pid"] for _ in range(4)}
    assert len(pids) == 2
    ending.cloud.run(ending.cloud.aws.stop())
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert not list((ending.cloud.aws.config.state_dir / "endpoints").iterdir())


def test_a_deployment_that_takes_too_long_goes_back(world: World) -> None:
    world.config("late-old", count=4)
    world.config("late-new", count=4)
    world.endpoint("late", "late-old")
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    given = policy("LINEAR", size, 300, MaximumExecutionTimeoutInSeconds=600)
    update(world, "late", "late-new", DeploymentConfig=given)
    done = world.settled("late", "RollingBack")
    assert "MaximumExecutionTimeoutInSeconds" in done["FailureReason"]
    assert world.settled("late")["EndpointConfigName"] == "late-old"
