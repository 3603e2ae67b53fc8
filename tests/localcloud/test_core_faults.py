"""Faults on request meet the calls they are meant for, and only those."""

from __future__ import annotations

import time
import urllib.error
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.localcloud.edge_world import eventually

pytestmark = pytest.mark.local


def groups(cloud: Any, prefix: str) -> list[str]:
    found = cloud.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group["logGroupName"] for group in found]


def put(cloud: Any, *rules: dict[str, Any]) -> None:
    cloud.local("faults", "PUT", list(rules))


def test_a_lost_answer_means_that_the_call_was_carried_out(cloud: Any) -> None:
    put(cloud, {"operation": "CreateLogGroup", "reset": "after", "count": 1})
    with pytest.raises(BotoCoreError):
        cloud.client("logs").create_log_group(logGroupName="lost")
    assert groups(cloud, "lost") == ["lost"]
    (lost,) = cloud.local("calls?operation=CreateLogGroup")["calls"]
    assert (lost["outcome"], lost["carriedOut"]) == ("ConnectionReset", True)


def test_a_retry_after_a_lost_answer_finds_it_done(cloud: Any) -> None:
    put(cloud, {"operation": "CreateLogGroup", "reset": "after", "count": 1})
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        cloud.client("logs", attempts=2).create_log_group(logGroupName="lost-twice")


def test_a_reset_before_means_that_nothing_happened(cloud: Any) -> None:
    put(cloud, {"operation": "CreateLogGroup", "reset": "before", "count": 1})
    with pytest.raises(BotoCoreError):
        cloud.client("logs").create_log_group(logGroupName="never")
    assert groups(cloud, "never") == []
    cloud.client("logs").create_log_group(logGroupName="never")
    assert groups(cloud, "never") == ["never"]


def test_an_error_strikes_so_often_and_no_more(cloud: Any) -> None:
    put(cloud, {"service": "sts", "error": "ServiceUnavailable", "status": 503, "count": 2, "skip": 1})
    outcomes = []
    for _ in range(5):
        try:
            cloud.client("sts").get_caller_identity()
            outcomes.append("OK")
        except ClientError as error:
            outcomes.append(str(error.response["ResponseMetadata"]["HTTPStatusCode"]))
    assert outcomes == ["OK", "503", "503", "OK", "OK"]


def test_only_the_named_principal_is_met(cloud: Any) -> None:
    put(cloud, {"principal": "*modelpoc-operator*", "error": "InternalError", "status": 500})
    cloud.client("sts").get_caller_identity()
    with pytest.raises(ClientError, match="InternalError"):
        cloud.client("sts", cloud.aws.operator).get_caller_identity()


def test_the_clouds_own_calls_are_spared(cloud: Any) -> None:
    put(cloud, {"error": "InternalError", "status": 500})
    assert "logGroups" in cloud.aws.client("logs").describe_log_groups()


def test_latency_is_added(cloud: Any) -> None:
    client = cloud.client("sts")
    client.get_caller_identity()
    put(cloud, {"latencyMs": 150})
    begun = time.monotonic()
    client.get_caller_identity()
    assert time.monotonic() - begun >= 0.15


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("logs", "describe_log_groups", "ThrottlingException"),
        ("apigatewayv2", "get_apis", "TooManyRequestsException"),
        ("elbv2", "describe_load_balancers", "Throttling"),
    ],
)
def test_throttles_in_each_services_words(cloud: Any, service: str, operation: str, code: str) -> None:
    put(cloud, {"service": service, "error": "throttle"})
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service), operation)()
    assert refused.value.response["Error"]["Code"] == code


def test_published_rates_apply_when_asked_for(cloud: Any) -> None:
    put(cloud, {"publishedRates": True})
    logs = cloud.client("logs")
    for _ in range(10):
        logs.describe_log_groups()
    with pytest.raises(ClientError, match="ThrottlingException"):
        asked(logs, times=1_000)  # a busy machine asks little faster than ten times a second


def asked(logs: Any, times: int) -> None:
    for _ in range(times):
        logs.describe_log_groups()


def test_stale_reads_show_what_was(cloud: Any) -> None:
    assert groups(cloud, "stale") == []
    cloud.client("logs").create_log_group(logGroupName="stale")
    put(cloud, {"service": "logs", "staleSeconds": 3.0})
    assert groups(cloud, "stale") == []
    eventually(lambda: groups(cloud, "stale") == ["stale"])


def test_a_frozen_clock_holds_what_waits(cloud: Any) -> None:
    put(cloud, {"freezeClock": True})
    waiting = cloud.aws.spawn

    async def begin() -> Any:
        return waiting(cloud.aws.clock.sleep(0.2), "waiting")

    task = cloud.run(begin())
    time.sleep(0.1)
    assert not task.done()
    cloud.local("faults", "DELETE")
    eventually(task.done)


def test_rules_can_be_read_and_removed(cloud: Any) -> None:
    put(cloud, {"service": "ecs", "latencyMs": 5})
    (rule,) = cloud.local("faults")
    assert (rule["service"], rule["latencyMs"], rule["operation"]) == ("ecs", 5, "*")
    cloud.local("faults", "DELETE")
    assert cloud.local("faults") == []


@pytest.mark.parametrize("rule", [{"colour": "red"}, {"reset": "sometimes"}, "no object"])
def test_a_rule_that_means_nothing_is_refused(cloud: Any, rule: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.local("faults", "PUT", [rule])
    assert refused.value.code == 400
    assert cloud.local("faults") == []
