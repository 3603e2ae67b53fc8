"""A change is rolled out while requests go on, and none of them fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.e2e.load import Load, load
from tests.world import ECHO, Status, World, poc

from localcloud.runtime import images

pytestmark = pytest.mark.e2e

REQUESTS = 500


@pytest.fixture
def changed_echo(world: World, tmp_path: Path) -> str:
    """A second snapshot of the echo model: its source says another word."""
    source = tmp_path / "echo"
    shutil.copytree(ECHO, source)
    main = source / "main.py"
    main.write_text(main.read_text().replace('"revision": setting("REVISION")', '"revision": "changed"'))
    return images.build("echo", source, world.files.images, tag="changed").reference


def _env(value: str) -> list[dict[str, str]]:
    return [{"name": "REVISION", "value": value}]


def _serves(world: World, name: str, loaded: Load, before: Status, answer: str) -> Status:
    """Ready with another revision, and that revision answers; at least REQUESTS were sent by then."""
    status = world.until(
        name,
        lambda s: s.get("reason") == "Ready" and s["revision"] != before["revision"],
        seconds=90,
    )
    sent = loaded.sent
    loaded.until_sent(max(REQUESTS, sent + 50))
    assert loaded.failed == {}
    assert loaded.revisions[answer] >= 50
    assert world.predict(name).json()["revision"] == answer
    return status


def test_a_change_of_env_fails_no_request(world: World) -> None:
    world.apply(poc("env", ecs={"env": _env("one")}))
    before = world.ready("env")
    with load(before["predictUrl"]) as loaded:
        loaded.until_sent(50)
        world.patch("env", {"ecs": {"env": _env("two")}})
        after = _serves(world, "env", loaded, before, "two")
    assert set(loaded.revisions) == {"one", "two"}
    assert after["url"] == before["url"]
    assert "failedRevision" not in after


def test_a_change_of_image_fails_no_request(world: World, changed_echo: str) -> None:
    first = world.build_echo()
    assert first != changed_echo
    world.apply(poc("image", ecs={"image": first, "env": _env("one")}))
    before = world.ready("image")
    with load(before["predictUrl"]) as loaded:
        loaded.until_sent(50)
        world.patch("image", {"ecs": {"image": changed_echo}})
        _serves(world, "image", loaded, before, "changed")
    assert set(loaded.revisions) == {"one", "changed"}


def test_changes_in_quick_succession_end_at_the_last(world: World) -> None:
    world.apply(poc("quick", ecs={"env": _env("0")}))
    before = world.ready("quick")
    with load(before["predictUrl"]) as loaded:
        for value in "1234":
            world.patch("quick", {"ecs": {"env": _env(value)}})
            loaded.until_sent(loaded.sent + 60)
        _serves(world, "quick", loaded, before, "4")


def test_a_change_of_port_fails_no_request(world: World) -> None:
    world.apply(poc("port", ecs={"env": _env("one"), "port": 8080}))
    before = world.ready("port")
    with load(before["predictUrl"]) as loaded:
        loaded.until_sent(50)
        world.patch("port", {"ecs": {"env": _env("two"), "port": 9090}})
        _serves(world, "port", loaded, before, "two")


def test_only_one_predecessor_is_kept(world: World) -> None:
    world.apply(poc("kept", ecs={"env": _env("0")}))
    before = world.ready("kept")
    for value in "123":
        world.patch("kept", {"ecs": {"env": _env(value)}})
        before = world.until(
            "kept", lambda s, old=before: s.get("reason") == "Ready" and s["revision"] != old["revision"]
        )
    family = before["revision"].rpartition(":")[0]
    ecs = world.client("ecs")
    active = ecs.list_task_definitions(familyPrefix=family, status="ACTIVE")["taskDefinitionArns"]
    assert active[-1].endswith(before["revision"])
    assert len(active) <= 2
