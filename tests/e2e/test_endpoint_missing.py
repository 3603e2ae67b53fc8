"""What an endpoint cannot be made of is told in words, and what comes later is found."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.endpoints import (
    RESYNCS,
    collected,
    condition,
    endpoint_name,
    maintain,
    rolled_to,
    said,
    written,
)
from tests.e2e.load import load
from tests.world import QUICK, World, endpoint_poc, wait_for

pytestmark = pytest.mark.e2e

CANARY: dict[str, Any] = {"type": "Canary", "instances": 1, "waitSeconds": 100}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    up = World.up(
        "t-ep-missing",
        operator=(*QUICK, "--stalled-retry", "4"),
        platform={
            "allow": {"images": ["local/*"], "instanceTypes": ["ml.m5.*"]},
        },
    )
    yield up
    up.down()


def test_an_archive_that_comes_later_is_found(world: World) -> None:
    since = world.last_call()
    world.apply(endpoint_poc("late"))
    status = world.stalled("late", "ArtifactNotFound")
    assert "late/model.tar.gz" in condition(status, "Stalled")["message"]
    assert "upload it" in condition(status, "Stalled")["message"]
    assert said(status)["Deployed"] == "False"
    assert written(world, since) == [], "begun although it cannot be had"
    world.upload_archive("late", revision="one")
    assert world.ready("late")["artifactVersion"]
    assert world.predict("late").json()["revision"] == "one"


def test_an_archive_that_is_deleted_stops_nothing_that_serves(world: World) -> None:
    world.upload_archive("lost", revision="one")
    world.apply(endpoint_poc("lost"))
    before = world.ready("lost")
    s3, key = world.client("s3"), "lost/model.tar.gz"
    kept = s3.get_object(Bucket=world.prepared.bucket, Key=key)["Body"].read()
    since = world.last_call()
    s3.delete_object(Bucket=world.prepared.bucket, Key=key)
    status = world.stalled("lost", "ArtifactNotFound")
    assert status["revision"] == before["revision"]
    assert said(status)["Routed"] == "True"
    assert world.predict("lost").json()["revision"] == "one"
    time.sleep(RESYNCS)
    assert written(world, since) == []
    world.upload(key, kept)
    assert world.ready("lost")["revision"] == before["revision"]


def test_a_missing_image_is_told_and_found_once_it_is_there(world: World) -> None:
    world.upload_archive("image", revision="one")
    world.apply(endpoint_poc("image", sagemaker={"image": "local/nowhere:latest"}))
    status = world.stalled("image", "InvalidSpec")
    message = condition(status, "Stalled")["message"]
    assert "local/nowhere:latest" in message
    assert "not found" in message
    world.patch("image", {"sagemaker": {"image": "local/sm-echo:latest"}})
    world.ready("image")


@pytest.mark.parametrize(
    ("name", "sagemaker", "reason", "word"),
    [
        ("huge", {"instance": {"type": "ml.p5.48xlarge", "count": 2}}, "SizeNotAllowed", "ml.p5.48xlarge"),
        ("alien", {"image": "elsewhere/model:1"}, "ImageNotAllowed", "elsewhere/model:1"),
    ],
)
def test_what_the_platform_does_not_allow_is_told(
    world: World, name: str, sagemaker: dict[str, Any], reason: str, word: str
) -> None:
    world.upload_archive(name, revision="one")
    world.apply(endpoint_poc(name, sagemaker=sagemaker))
    status = world.stalled(name, reason)
    assert word in condition(status, "Ready")["message"]
    assert aws_listing.owned_by(world.client, name) == []


def test_an_archive_that_is_none_fails_in_words(world: World) -> None:
    world.upload("torn/model.tar.gz", b"not a tar")
    world.apply(endpoint_poc("torn"))
    status = world.stalled("torn", "EndpointFailed", 90)
    assert "torn/model.tar.gz" in condition(status, "Ready")["message"]


def test_maintenance_is_waited_out(world: World) -> None:
    world.upload_archive("kept", revision="one")
    world.apply(endpoint_poc("kept"))
    before = world.ready("kept")
    endpoint, since = endpoint_name(before), world.last_call()
    versions: set[str] = set()

    def look() -> bool:
        poc = world.get("kept")
        versions.add(condition(poc["status"], "Ready")["status"])
        return False

    maintain(world, endpoint, True)
    with load(before["predictUrl"], 1) as loaded:
        wait_for(look, RESYNCS)
        assert versions == {"True"}
        assert written(world, since) == []
        world.upload_archive("kept", revision="two")
        wait_for(look, RESYNCS)
        assert not [o for o in written(world, since) if "Endpoint" in o and "Config" not in o]
        assert world.get("kept")["status"]["revision"] == before["revision"]
        maintain(world, endpoint, False)
        rolled_to(world, "kept", before)
    assert loaded.failed == {}
    assert world.predict("kept").json()["revision"] == "two"


def put_alarm(world: World, name: str) -> None:
    """An alarm on a metric that is none of SageMaker's."""
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Mine",
        MetricName="Queue",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )


def own_alarms(world: World, name: str) -> int:
    return sum(f.kind == "Alarm" for f in aws_listing.owned_by(world.client, name))


def test_alarms_go_with_the_canary(world: World) -> None:
    """Those that the operator made, once all goes over at once; and only then."""
    world.upload_archive("alarms", revision="one")
    world.apply(endpoint_poc("alarms", sagemaker={"rollout": CANARY}))
    before = world.ready("alarms")
    assert own_alarms(world, "alarms") == 2
    world.patch("alarms", {"sagemaker": {"rollout": None}})
    assert wait_for(lambda: own_alarms(world, "alarms") == 0, 60)
    after = world.ready("alarms")
    assert after["revision"] == before["revision"]
    world.patch("alarms", {"sagemaker": {"rollout": CANARY}})
    world.ready("alarms")
    assert own_alarms(world, "alarms") == 2


def test_alarms_that_the_user_names_undo_a_rollout(world: World) -> None:
    cloudwatch, name = world.client("cloudwatch"), "queue-is-long"
    put_alarm(world, name)
    by_hand = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    world.upload_archive("named", revision="one")
    world.apply(endpoint_poc("named", sagemaker={"rollout": {**CANARY, "alarms": [name]}}))
    before = world.ready("named")
    assert own_alarms(world, "named") == 0
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="long")
    world.upload_archive("named", revision="two")
    status = world.stalled("named", "RolloutFailed", 90)
    assert name in condition(status, "Stalled")["message"]
    assert world.predict("named").json()["revision"] == "one"
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="short")
    world.annotate("named", f"modelpoc.dev/reconcile-at={time.time()}")
    rolled_to(world, "named", before)
    assert world.predict("named").json()["revision"] == "two"
    collected(world, "named")
    world.delete("named")
    after = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert [(a["AlarmArn"], a["Threshold"]) for a in after] == [
        (a["AlarmArn"], a["Threshold"]) for a in by_hand
    ]


def test_a_named_alarm_that_is_missing_is_told_and_found_once_it_is_there(world: World) -> None:
    """A first fleet has no traffic to shift: the alarm is asked for at the first rollout."""
    world.upload_archive("nameless", revision="one")
    world.apply(endpoint_poc("nameless", sagemaker={"rollout": {**CANARY, "alarms": ["nowhere"]}}))
    before = world.ready("nameless")
    world.upload_archive("nameless", revision="two")
    status = world.stalled("nameless", "InvalidSpec", 60)
    message = condition(status, "Stalled")["message"]
    assert ("nowhere" in message, "rollout.alarms" in message) == (True, True)
    assert status["revision"] == before["revision"]
    assert said(status)["Routed"] == "True"
    assert world.predict("nameless").json()["revision"] == "one"
    put_alarm(world, "nowhere")
    rolled_to(world, "nameless", before)
    assert world.predict("nameless").json()["revision"] == "two"
