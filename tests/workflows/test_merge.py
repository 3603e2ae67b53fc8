"""What a merge leads to, against the local AWS, a real API server and the operator."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.workflows.cloud import docker_calls, equipped, hook, script
from tests.workflows.origin import Origin, model
from tests.workflows.repository import Event, Repository, git
from tests.workflows.runner import ROOT, Run
from tests.workflows.web import Web
from tests.world import World

pytestmark = pytest.mark.e2e

Runs = Callable[..., Run]
RECORDED = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/modelpoc/[a-z-]+@sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    allow = {"images": ["local/*", "*.dkr.ecr.*.amazonaws.com/modelpoc/*"], "secretArns": ["arn:aws:*"]}
    world = World.up("workflows", platform={"allow": allow})
    yield world
    world.down()


@pytest.fixture(scope="module")
def organisation(repository: Repository, world: World, tools: Path, aws_cli: Path) -> Repository:
    return equipped(repository, world, tools, aws_cli)


@pytest.fixture
def run(organisation: Repository, tmp_path: Path, web: Web) -> Runs:
    web.slack.clear()
    many = iter(range(100))

    def run(file: str, event: Event) -> Run:
        return Run(organisation, event, tmp_path / str(next(many))).of(file)

    return run


@pytest.fixture(scope="module")
def merge(origin: Origin) -> Event:
    """A model that says what it was told, and the stand-in until its image is there."""
    files = model("parrot")
    for file in ("Dockerfile", "main.py", "pyproject.toml", "uv.lock"):
        files[f"models/parrot/{file}"] = (ROOT / "tests/models/echo" / file).read_text()
    del files["models/parrot/app.py"]
    return origin.merged("A parrot", files)


@dataclass(frozen=True)
class Merged:
    """How the merge was deployed, and what Slack was told."""

    run: Run
    told: list[str]


@pytest.fixture(scope="module")
def merged(
    organisation: Repository, merge: Event, web: Web, tmp_path_factory: pytest.TempPathFactory
) -> Merged:
    """What all tests here go on from; each begins with it when it runs alone."""
    web.slack.clear()
    done = Run(organisation, merge, tmp_path_factory.mktemp("merged")).of("deploy.yaml")
    return Merged(done, list(web.slack))


def image_of(origin: Origin, name: str) -> str:
    found = re.search(r"image: (\S+)", origin.read(f"models_config/{name}/config.yaml"))
    assert found
    return found[1]


def record(origin: Origin, organisation: Repository, folder: Path, sha: str, **env: str) -> tuple[int, str]:
    """The step that records the parrot's image, in a checkout of that commit: exit code and log."""
    git(folder, "clone", "--quiet", f"file://{origin.bare}", "checkout")
    git(folder / "checkout", "checkout", "--quiet", "--detach", sha)
    words = {"IMAGES": '[{"name": "parrot"}]', "BRANCH": "main", "TOKEN": "ghs_1", **env}
    done = script(organisation, folder / "checkout", "record.sh", **words)
    return done.returncode, done.stdout


def test_a_merge_is_built_recorded_and_answers(
    origin: Origin, merge: Event, merged: Merged, world: World
) -> None:
    assert merged.run.result == "success", merged.run.log
    ecr = world.client("ecr")
    [repository] = ecr.describe_repositories(repositoryNames=["modelpoc/parrot"])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    [image] = ecr.describe_images(repositoryName="modelpoc/parrot")["imageDetails"]
    assert image["imageTags"] == [merge.sha]
    assert RECORDED.fullmatch(image_of(origin, "parrot"))
    assert image_of(origin, "parrot").endswith(f"/modelpoc/parrot@{image['imageDigest']}")
    assert "# This comment stays." in origin.read("models_config/parrot/config.yaml")
    assert origin.log("%s|%an")[0] == "Record images of parrot [skip actions]|github-actions[bot]"
    assert world.get("parrot")["spec"]["ecs"]["image"] == image_of(origin, "parrot")
    assert world.predict("parrot", "hello").status == 200
    assert merged.told[0].startswith(':white_check_mark: *deploy* succeeded: POCs ["parrot"]')


def test_the_recorded_commit_starts_no_other_build(
    origin: Origin, merge: Event, merged: Merged, run: Runs
) -> None:
    """Even where it is pushed with a token whose pushes start workflows."""
    done = run("deploy.yaml", Event("push", origin.follow(), payload={"before": merge.sha}))
    assert done.result == "success", done.log
    assert set(done.jobs["changes"].outputs.values()) == {"[]"}
    assert [done.jobs[name].result for name in ("publish", "deploy", "remove")] == ["skipped"] * 3


def test_by_hand_the_newest_code_is_made_to_serve_and_built_once(
    origin: Origin, organisation: Repository, merged: Merged, run: Runs, web: Web
) -> None:
    head, built = git(origin.bare, "rev-parse", "main"), len(docker_calls(organisation, "build"))
    event = Event("workflow_dispatch", origin.follow(), inputs={"name": "parrot"})
    done = run("deploy-task-definition.yaml", event)
    assert done.result == "success", done.log
    assert git(origin.bare, "rev-parse", "main") == head
    assert len(docker_calls(organisation, "build")) == built
    assert web.slack[0].startswith(":white_check_mark: *deploy task definition* succeeded: deploy parrot")


def test_by_hand_resources_go_and_come_back(
    origin: Origin, merged: Merged, world: World, run: Runs, web: Web
) -> None:
    sha = origin.follow()

    def manage(action: str) -> Run:
        inputs = {"action": action, "name": "parrot"}
        return run("manage-resources.yaml", Event("workflow_dispatch", sha, inputs=inputs))

    done = manage("destroy")
    assert done.result == "success", done.log
    assert world.get("parrot")["status"]["reason"] == "Suspended"
    done = manage("apply")
    assert done.result == "success", done.log
    assert world.predict("parrot", "hello").status == 200
    assert [text.partition(" (")[0] for text in web.slack] == [
        f":white_check_mark: *manage resources* succeeded: {action} parrot" for action in ("destroy", "apply")
    ]


def test_where_sync_deploys_its_commit_is_waited_for(
    origin: Origin, organisation: Repository, merged: Merged, world: World, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", f"file://{origin.bare}", "checkout")
    words = (organisation, tmp_path / "checkout", "resources.sh", "deploy", "parrot")
    world.kubectl("annotate", "modelpoc", "parrot", "modelpoc.dev/commit=older", "--overwrite")
    late = script(*words, DEPLOY="sync", SYNC_TIMEOUT="-1")
    assert late.returncode == 1
    assert "does `modelpoc sync` run there?" in late.stdout
    commit = git(origin.bare, "log", "-1", "--format=%H", "main", "--", "models_config/parrot")
    world.kubectl("annotate", "modelpoc", "parrot", f"modelpoc.dev/commit={commit}", "--overwrite")
    done = script(*words, DEPLOY="sync", SYNC_TIMEOUT="90")
    assert done.returncode == 0, done.stdout


def test_a_merge_meanwhile_is_kept(
    origin: Origin, organisation: Repository, merged: Merged, tmp_path: Path
) -> None:
    """The branch moves between the commit of the digests and its push."""
    recorded = image_of(origin, "parrot")
    back = {"models_config/parrot/config.yaml": model("parrot")["models_config/parrot/config.yaml"]}
    sha = origin.merged("Back to the stand-in", back).sha
    other = origin.commit("Meanwhile", {"models_config/other.txt": "-\n"})
    git(origin.bare, "update-ref", "refs/heads/main", sha)
    move = f"touch moved; unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main {other}"
    hook(origin.bare, f"[ -e moved ] || {{ {move}; }}")
    try:
        code, log = record(origin, organisation, tmp_path, sha)
    finally:
        (origin.bare / "hooks/pre-receive").unlink()
    assert code == 0, log
    assert "moved on while the digests were committed (try 1 of" in log
    expected = ["Record images of parrot [skip actions]", "Meanwhile", "Back to the stand-in"]
    assert origin.log()[:3] == expected
    assert image_of(origin, "parrot") == recorded


def test_an_older_merge_that_ends_late_takes_nothing_back(
    origin: Origin, organisation: Repository, merge: Event, merged: Merged, tmp_path: Path
) -> None:
    newer = {"models/parrot/more.py": "MORE = 1\n"} | {
        "models_config/parrot/config.yaml": "ecs:\n  image: the/newer:one\n"
    }
    origin.merged("Newer", newer)
    code, log = record(origin, organisation, tmp_path, merge.sha)
    assert code == 0, log
    assert "parrot has a newer commit on the branch" in log
    assert image_of(origin, "parrot") == "the/newer:one"


def test_a_branch_that_takes_no_push_is_told(
    origin: Origin, organisation: Repository, merge: Event, merged: Merged, tmp_path: Path
) -> None:
    git(origin.bare, "update-ref", "refs/heads/main", merge.sha)
    hook(origin.bare, "echo 'protected branch' >&2; exit 1")
    try:
        code, log = record(origin, organisation, tmp_path, merge.sha, RECORD_TRIES="1")
    finally:
        (origin.bare / "hooks/pre-receive").unlink()
    assert code == 1
    assert "may this workflow push there?" in log


def test_git_shows_the_token_to_github_alone(
    origin: Origin, organisation: Repository, merged: Merged, tmp_path: Path, web: Web
) -> None:
    git(tmp_path, "clone", "--quiet", f"file://{origin.bare}", "checkout")
    git(tmp_path / "checkout", "remote", "set-url", "origin", f"{web.url}/people/models.git")
    words = {"IMAGES": '[{"name": "parrot"}]', "BRANCH": "main", "TOKEN": "ghs_1"}
    for server in (web.url, "https://github.com"):
        script(organisation, tmp_path / "checkout", "record.sh", **words, GITHUB_SERVER_URL=server)
    shown = base64.b64encode(b"x-access-token:ghs_1").decode()
    assert web.git[:2] == [f"basic {shown}", ""]
    assert "ghs_1" not in (tmp_path / "checkout/.git/config").read_text()


def test_a_model_that_does_not_build_holds_up_no_other_and_what_leaves_is_removed(
    origin: Origin, organisation: Repository, merged: Merged, world: World, tmp_path: Path, web: Web
) -> None:
    web.slack.clear()
    files: dict[str, str | None] = dict(model("broken", dockerfile="FROM scratch\nRUN false\n"))
    files |= {"models_config/parrot/config.yaml": None}
    event = origin.merged("One comes, one goes", files)
    done = Run(organisation, event, tmp_path, left_out=frozenset({"deploy"})).of("deploy.yaml")
    assert done.jobs["publish/image (broken)"].result == "failure"
    assert done.jobs["publish/record"].result == "success", done.log
    assert "broken: there is no image of commit" in done.jobs["publish/record"].log
    assert image_of(origin, "broken") == "PLACEHOLDER"
    assert done.jobs["remove (parrot)"].result == "success", done.log
    assert "parrot" not in world.kubectl("get", "modelpocs", "-o", "name")
    assert web.slack[0].startswith(":x: *deploy* failed")
