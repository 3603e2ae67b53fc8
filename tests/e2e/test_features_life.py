"""A POC's life: stand-in, what containers are told, artifact, time to live, suspension."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.e2e.features import (
    env,
    environment,
    held,
    looked_again,
    rolled,
    service,
)
from tests.world import World, poc, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("life")
    try:
        yield world
    finally:
        world.down()


# the stand-in


def test_a_stand_in_answers_until_the_real_image_is_set(world: World) -> None:
    world.apply(poc("stand-in", ecs={"image": "PLACEHOLDER"}))
    status = world.reason("stand-in", "Placeholder")
    conditions = {c["type"]: c for c in status["conditions"]}
    assert conditions["Ready"]["status"] == "False"
    assert conditions["Reconciling"]["status"] == conditions["Stalled"]["status"] == "False"
    assert conditions["Routed"]["status"] == "True"
    assert "set ecs.image" in conditions["Ready"]["message"]
    assert world.ask(f"{status['url']}/health").status == 200

    world.patch("stand-in", {"ecs": {"image": "local/echo:latest"}})
    world.ready("stand-in")
    assert world.predict("stand-in", "real").json()["output"] == "real"
    world.delete("stand-in")


# what containers are told


def test_containers_are_told_where_they_are_unless_the_user_says_otherwise(world: World) -> None:
    world.apply(
        poc("told"), poc("tells", ecs={"env": env(ROOT_PATH="mine", S3_PREFIX="other/", PORT="9000")})
    )
    world.until("told", lambda s: bool(s.get("revision")))
    assert environment(world, "told") == {
        "PORT": "8080",
        "ROOT_PATH": "poc-deployment/told",
        "S3_BUCKET": "models",
        "S3_PREFIX": "told/",
    }
    assert wait_for(lambda: bool(world.get("tells").get("status", {}).get("resources")), 60)
    assert wait_for(lambda: any("/tells" in arn or "tells-" in arn for arn in held(world, "tells")), 60)
    assert wait_for(lambda: _has_service(world, "tells"), 60)
    assert environment(world, "tells") == {
        "PORT": "9000",
        "ROOT_PATH": "mine",
        "S3_BUCKET": "models",
        "S3_PREFIX": "other/",
    }
    world.delete("told")
    world.delete("tells")


def _has_service(world: World, name: str) -> bool:
    return any(":service/" in arn for arn in held(world, name))


# the artifact


def test_a_new_artifact_rolls_the_service_when_asked_to(world: World) -> None:
    s3 = world.client("s3")
    s3.put_object(Bucket="models", Key="watches/model.bin", Body=b"one")
    s3.put_object(Bucket="models", Key="ignores/model.bin", Body=b"one")
    world.apply(poc("watches", rollOnArtifactChange=True), poc("ignores"))
    before, still = world.ready("watches")["revision"], world.ready("ignores")["revision"]

    s3.put_object(Bucket="models", Key="watches/model.bin", Body=b"two")
    s3.put_object(Bucket="models", Key="ignores/model.bin", Body=b"two")
    after = rolled(world, "watches", before)["revision"]
    s3.put_object(Bucket="models", Key="watches/vocabulary.txt", Body=b"new file")
    rolled(world, "watches", after)
    assert world.get("ignores")["status"]["revision"] == still

    world.patch("watches", {"rollOnArtifactChange": False})
    off = str(world.ready("watches")["revision"])
    s3.put_object(Bucket="models", Key="watches/model.bin", Body=b"three")
    looked_again(world)
    assert world.ready("watches")["revision"] == off
    world.delete("watches")
    world.delete("ignores")


# time to live


def condition(status: dict[str, Any], kind: str) -> dict[str, Any] | None:
    return next((c for c in status["conditions"] if c["type"] == kind), None)


def age(world: World, name: str, seconds: int) -> None:
    """Lets a POC look as if it had been created or resumed so long ago: a minute is the shortest ttl."""
    then = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="seconds")
    body = json.dumps({"status": {"resumedAt": then}})
    world.kubectl("patch", "modelpoc", name, "--subresource=status", "--type=merge", "-p", body)


def test_a_poc_expires_and_comes_back_with_more_time(world: World) -> None:
    world.apply(poc("short", ttl="1m"))
    status = world.ready("short")
    life = instant(status["expiresAt"]) - instant(status["resumedAt"])
    assert life == timedelta(minutes=1)
    age(world, "short", 60)
    status = world.reason("short", "Expired")
    assert condition(status, "Ready") is None
    assert instant(status["expiresAt"]) <= datetime.now(UTC)
    assert "raise ttl" in (condition(status, "Reconciling") or {})["message"]
    assert {kind_of(a) for a in held(world, "short")} == {"log-group"}

    world.patch("short", {"ttl": "1h"})
    status = world.ready("short")
    assert instant(status["expiresAt"]) - instant(status["resumedAt"]) == timedelta(hours=1)
    assert world.predict("short").status == 200

    age(world, "short", 3600)
    first = world.reason("short", "Expired")["expiresAt"]
    world.patch("short", {"suspend": True})
    assert not world.reason("short", "Suspended").get("expiresAt")
    world.patch("short", {"suspend": False})
    status = world.until("short", lambda s: bool(s.get("expiresAt")))
    assert instant(status["expiresAt"]) > instant(first) + timedelta(minutes=59)
    world.ready("short")
    world.delete("short")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def kind_of(arn: str) -> str:
    return "log-group" if ":log-group:" in arn else arn


def test_a_date_of_expiry_holds_whatever_happens_before(world: World) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=15)).isoformat(timespec="seconds")
    world.apply(poc("dated", expiresAt=soon))
    status = world.until("dated", lambda s: bool(s.get("expiresAt")))
    assert instant(status["expiresAt"]) == instant(soon)
    world.reason("dated", "Expired")
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    world.patch("dated", {"expiresAt": later})
    world.ready("dated")
    world.delete("dated")


def test_a_suspended_poc_keeps_its_logs_alone_and_resumes(world: World) -> None:
    world.apply(poc("sleeps"))
    url = world.ready("sleeps")["predictUrl"]
    world.patch("sleeps", {"suspend": True})
    status = world.reason("sleeps", "Suspended")
    assert condition(status, "Ready") is None
    assert {kind_of(a) for a in held(world, "sleeps")} == {"log-group"}
    assert world.ask(url, {"input": 1}).status == 404
    world.patch("sleeps", {"suspend": False})
    world.ready("sleeps")
    assert world.ask(url, {"input": 1}).status == 200
    assert service(world, "sleeps")["status"] == "ACTIVE"
    world.delete("sleeps")
    assert not held(world, "sleeps")
