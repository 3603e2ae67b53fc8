"""What a merge leads to, against the local AWS, a real API server and the operator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.workflows.cloud import docker_calls, equipped, hook
from tests.workflows.origin import Origin, model
from tests.workflows.repository import Event, Repository, git
from tests.workflows.runner import Run
from tests.workflows.web import Web
from tests.world import World

pytestmark = pytest.mark.e2e

Runs = Callable[..., Run]
DEPLOYING = "deploy remove"
"""The jobs of `deploy.yaml` that need a cluster."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("workflows")
    yield world
    world.down()


@pytest.fixture(scope="module")
def organisation(repository: Repository, world: World, tools: Path, aws_cli: Path) -> Repository:
    return equipped(repository, world, tools, aws_cli)


@pytest.fixture
def run(organisation: Repository, tmp_path: Path, web: Web) -> Runs:
    web.slack.clear()
    many = iter(range(100))

    def run(file: str, event: Event, without: str = "") -> Run:
        folder = tmp_path / str(next(many))
        return Run(organisation, event, folder, left_out=frozenset(without.split())).of(file)

    return run


def image_of(origin: Origin, name: str) -> str:
    config = origin.read(f"models_config/{name}/config.yaml")
    found = re.search(r"image: (\S+)", config)
    assert found, config
    return found[1]


def test_a_merge_builds_pushes_and_records(
    origin: Origin, organisation: Repository, world: World, run: Runs, web: Web
) -> None:
    merge = origin.merged("A first model", model("alpha"))
    done = run("deploy.yaml", merge, DEPLOYING)
    assert done.result == "success", done.log
    ecr = world.client("ecr")
    [repository] = ecr.describe_repositories(repositoryNames=["modelpoc/alpha"])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    [image] = ecr.describe_images(repositoryName="modelpoc/alpha")["imageDetails"]
    assert image["imageTags"] == [merge.sha]
    assert (
        image_of(origin, "alpha")
        == f"{repository['repositoryUri'].split('/')[0]}/modelpoc/alpha@{image['imageDigest']}"
    )
    assert "# This comment stays." in origin.read("models_config/alpha/config.yaml")
    [subject, _] = origin.log()[:2]
    assert subject == "Record images of alpha [skip actions]"
    assert origin.log("%an")[0] == "github-actions[bot]"
    assert web.slack[0].startswith(':white_check_mark: *deploy* succeeded: POCs ["alpha"]')


def test_the_recorded_commit_starts_no_other_build(
    origin: Origin, organisation: Repository, run: Runs
) -> None:
    """Even where it is pushed with a token whose pushes start workflows."""
    before = git(origin.bare, "rev-parse", "main^")
    event = Event("push", origin.follow(), payload={"before": before})
    built = len(docker_calls(organisation, "build"))
    done = run("deploy.yaml", event)
    assert done.result == "success", done.log
    assert done.jobs["changes"].outputs["pocs"] == "[]"
    assert len(docker_calls(organisation, "build")) == built


def test_a_run_again_builds_and_commits_nothing_new(
    origin: Origin, organisation: Repository, run: Runs
) -> None:
    merge = origin.merged("Another model", model("again"))
    assert run("deploy.yaml", merge, DEPLOYING).result == "success"
    head, built = git(origin.bare, "rev-parse", "main"), len(docker_calls(organisation, "build"))
    done = run("deploy.yaml", merge, DEPLOYING)
    assert done.result == "success", done.log
    assert git(origin.bare, "rev-parse", "main") == head
    assert len(docker_calls(organisation, "build")) == built


def test_a_model_that_does_not_build_holds_up_no_other(origin: Origin, run: Runs, web: Web) -> None:
    files = {**model("broken", dockerfile="FROM scratch\nRUN false\n"), **model("fine")}
    done = run("deploy.yaml", origin.merged("Two models", files), DEPLOYING)
    assert done.jobs["publish/image (broken)"].result == "failure"
    assert done.jobs["publish/record"].result == "success", done.log
    assert "@sha256:" in image_of(origin, "fine")
    assert image_of(origin, "broken") == "PLACEHOLDER"
    assert web.slack[0].startswith(":x: *deploy* failed")


def test_a_merge_meanwhile_is_kept(origin: Origin, run: Runs) -> None:
    """The branch moves between the commit of the digests and its push."""
    merge = origin.merged("One model", model("one"))
    other = origin.commit("Meanwhile", model("meanwhile"))
    git(origin.bare, "update-ref", "refs/heads/main", merge.sha)
    move = f"touch moved; unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main {other}"
    hook(origin.bare, f"[ -e moved ] || {{ {move}; }}")
    try:
        done = run("deploy.yaml", merge, DEPLOYING)
    finally:
        (origin.bare / "hooks/pre-receive").unlink()
    assert done.result == "success", done.log
    assert "moved on while the digests were committed (try 1 of" in done.jobs["publish/record"].log
    assert origin.log()[:3] == ["Record images of one [skip actions]", "Meanwhile", "One model"]
    assert "@sha256:" in image_of(origin, "one")


def test_an_older_merge_that_ends_late_takes_nothing_back(origin: Origin, run: Runs) -> None:
    older = origin.merged("Older", model("late"))
    newer = origin.merged("Newer", {"models/late/app.py": "NAME = 'newer'\n"})
    assert run("deploy.yaml", newer, DEPLOYING).result == "success"
    recorded = image_of(origin, "late")
    done = run("deploy.yaml", older, DEPLOYING)
    assert done.result == "success", done.log
    assert "late has a newer commit on the branch" in done.jobs["publish/record"].log
    assert image_of(origin, "late") == recorded


def test_a_branch_that_takes_no_push_is_told(
    origin: Origin, organisation: Repository, tmp_path: Path
) -> None:
    merge = origin.merged("Protected", model("protected"))
    hook(origin.bare, "echo 'protected branch' >&2; exit 1")
    impatient = replace(organisation, env={**organisation.env, "RECORD_TRIES": "1"})
    try:
        done = Run(impatient, merge, tmp_path, left_out=frozenset(DEPLOYING.split())).of("deploy.yaml")
    finally:
        (origin.bare / "hooks/pre-receive").unlink()
    assert done.jobs["publish/record"].result == "failure"
    assert "may this workflow push there?" in done.jobs["publish/record"].log


def test_a_config_alone_is_deployed_and_what_leaves_is_removed(
    origin: Origin, world: World, run: Runs, web: Web
) -> None:
    merge = origin.merged("A POC", model("served", image="local/echo:latest"))
    done = run("deploy.yaml", merge, "publish remove")
    assert done.result == "success", done.log
    assert world.predict("served", "hello").status == 200
    gone = dict.fromkeys(model("served"))
    done = run("deploy.yaml", origin.merged("It goes", gone))
    assert done.result == "success", done.log
    assert done.jobs["remove (served)"].result == "success"
    assert "served" not in world.kubectl("get", "modelpocs", "-o", "name")
    assert [text.split()[2] for text in web.slack] == ["succeeded:"] * 2


def test_by_hand_resources_go_and_come_back(
    origin: Origin, organisation: Repository, world: World, run: Runs, web: Web
) -> None:
    sha = origin.merged("A POC by hand", model("hand", image="local/echo:latest")).sha

    def manage(action: str) -> Run:
        inputs = {"action": action, "name": "hand"}
        return run("manage-resources.yaml", Event("workflow_dispatch", sha, inputs=inputs))

    done = manage("apply")
    assert done.result == "success", done.log
    assert world.predict("hand", "hello").status == 200
    done = manage("destroy")
    assert done.result == "success", done.log
    assert world.get("hand")["status"]["reason"] == "Suspended"
    assert manage("apply").result == "success"
    assert world.predict("hand", "hello").status == 200
    assert [text.partition(" (")[0] for text in web.slack] == [
        f":white_check_mark: *manage resources* succeeded: {action} hand"
        for action in ("apply", "destroy", "apply")
    ]
