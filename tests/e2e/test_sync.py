"""From a merge to a prediction: an operator that follows a branch, on a whole cloud."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.repositories import Repository, config, file
from tests.world import QUICK, World, wait_for

from localcloud import rights
from modelpoc.sync.source import Source

pytestmark = pytest.mark.e2e

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelpoc" / "sync"


def echo(says: str = "latest", more: str = "") -> str:
    """A small ECS POC that is quick to come up."""
    check = "  healthCheck: {intervalSeconds: 5, timeoutSeconds: 2, gracePeriodSeconds: 60}\n"
    return config(f"local/echo:{says}", f"  cpu: 256\n  memory: 512\n{check}{more}")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    made = Repository(tmp_path_factory.mktemp("git"))
    made.push({"models_config/README.md": "One folder for each POC.\n", file("cups"): echo()})
    yield made
    for path in CACHE.glob(f"{Source.of(made.url).key}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(scope="module")
def world(repository: Repository) -> Iterator[World]:
    words = ("--sync-repo", repository.url, "--sync-interval", "0.5s")
    up = World.up("t-sync", operator=(*QUICK, *words), syncs=True)
    yield up
    up.down()


def appears(world: World, name: str, seconds: float = 30) -> None:
    assert wait_for(lambda: there(world, name), seconds), log(world)


def there(world: World, name: str) -> bool:
    return bool(world.kubectl("get", "modelpoc", name, "--ignore-not-found", "-o", "name").strip())


def commit(world: World, name: str) -> str:
    found: str = world.get(name)["metadata"]["annotations"]["modelpoc.dev/commit"]
    return found


def log(world: World) -> str:
    return world.files.log("operator").read_text()


def test_a_merge_reaches_ready_and_its_revert_takes_it_away(world: World, repository: Repository) -> None:
    appears(world, "cups")
    world.ready("cups", 90)
    before = world.get("cups")["metadata"]["resourceVersion"]
    change, merge = repository.merge("add-plates", {file("plates"): echo()})
    appears(world, "plates")
    world.ready("plates", 90)
    assert world.predict("plates").status == 200
    assert commit(world, "plates") == change != merge
    rows = {r.split()[0]: r.split()[-1] for r in world.kubectl("get", "modelpocs", "-o", "wide").splitlines()}
    assert (rows["NAME"], rows["plates"]) == ("COMMIT", change)
    assert aws_listing.owned_by(world.client, "plates")
    repository.git("revert", "--no-edit", "-m", "1", merge)
    repository.push({})
    assert wait_for(lambda: not there(world, "plates"), 90), log(world)
    assert wait_for(lambda: aws_listing.owned_by(world.client, "plates") == [], 60, 0.5)
    assert world.get("cups")["metadata"]["resourceVersion"] == before


def test_a_broken_configuration_in_a_push_leaves_every_poc_untouched(
    world: World, repository: Repository
) -> None:
    repository.push({file("forks"): echo()})
    appears(world, "forks")
    world.ready("forks", 90)
    world.ready("cups", 90)
    before = {name: world.get(name)["metadata"]["generation"] for name in ("cups", "forks")}
    calls = world.last_call()
    broken = {
        file("forks"): "ecs:\n  image: local/echo:latest\n  memry: 512\n",
        file("cups"): echo(more="  port: 9\n"),
    }
    repository.push({**broken, file("spoons"): echo()})
    assert wait_for(lambda: "SyncBroken" in events(world, "forks"), 60), log(world)
    time.sleep(2)
    assert {name: world.get(name)["metadata"]["generation"] for name in before} == before
    assert not there(world, "spoons")
    assert all(world.predict(name).status == 200 for name in before)
    assert [
        c for c in world.operator_calls(calls) if c["operation"].startswith(("Create", "Update", "Delete"))
    ] == []
    told = f'{file("forks")}:3:3: ecs.memry: unknown field "memry": did you mean "memory"?'
    assert told in events(world, "forks")["SyncBroken"]
    assert log(world).count(told.replace('"', '\\"')) == 1
    assert world.metric("modelpoc_sync_broken") == 1
    mended = repository.push({file("forks"): echo(), file("cups"): echo()})
    appears(world, "spoons")
    world.ready("spoons", 90)
    assert wait_for(lambda: commit(world, "forks") == mended, 60)
    assert world.metric("modelpoc_sync_broken") == 0


def events(world: World, name: str) -> dict[str, str]:
    """Messages of a POC's events, by reason."""
    found = json.loads(world.kubectl("get", "events", "-o", "json"))["items"]
    return {e["reason"]: e["message"] for e in found if e["involvedObject"]["name"] == name}


def test_the_command_waits_for_ready(world: World, tmp_path: Path) -> None:
    other = Repository(tmp_path, "others")
    other.push({file("bowls"): echo()})
    done = modelpoc(world, tmp_path, "sync", "--repo", other.url, "--once", "--wait", "90s")
    assert done.returncode == 0, done.stderr
    assert "done: bowls Ready" in done.stdout
    other.push({file("bowls"): echo("no-such-tag")})
    failed = modelpoc(world, tmp_path, "sync", "--repo", other.url, "--once", "--wait", "90s")
    assert failed.returncode == 1
    assert "CannotPullContainerError" in failed.stderr


def modelpoc(world: World, cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "modelpoc"
    environ: dict[str, Any] = {
        **os.environ,
        "KUBECONFIG": str(rights.kubeconfig(world.plane, rights.SYNC)),
        "XDG_CACHE_HOME": str(cache),
    }
    return subprocess.run(
        [program, *words], env=environ, capture_output=True, text=True, timeout=120, check=False
    )
