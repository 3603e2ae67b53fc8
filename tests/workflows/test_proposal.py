"""A pull request where AWS and a cluster are: secrets and artifacts are looked for, the plan is commented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.workflows.cloud import docker_calls, equipped, script
from tests.workflows.origin import Origin, model
from tests.workflows.repository import Repository, git
from tests.workflows.runner import Run
from tests.workflows.web import Web
from tests.world import World

pytestmark = pytest.mark.e2e

MARK = "<!-- modelpoc plan -->"
LEFT_OUT = frozenset({"validate", "test", "build", "build-private"})
SECRETIVE = """ecs:
  image: local/echo:latest
  port: 8080
  secrets:
    - name: TOKEN
      ssmParameterArn: {arn}
"""
ENDPOINT = """sagemaker:
  image: local/sm-echo:latest
  instance: {type: ml.m5.large, count: 1}
  proxy: {handler: handler.py}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("proposal")
    yield world
    world.down()


@pytest.fixture(scope="module")
def organisation(repository: Repository, world: World, tools: Path, aws_cli: Path) -> Repository:
    return equipped(repository, world, tools, aws_cli)


def test_the_plan_is_one_comment_kept_up_to_date(
    origin: Origin, organisation: Repository, tmp_path: Path, web: Web
) -> None:
    theirs = web.comment(f"{MARK}\nnot a bot's")
    for number in range(120):
        web.comment(f"talk {number}")
    proposal = origin.proposed(1, model("planned", image="local/echo:latest"))
    done = Run(organisation, proposal, tmp_path / "1", left_out=LEFT_OUT).of("pull-request.yaml")
    assert done.result == "success", done.log
    [mine] = [comment for comment in web.comments.values() if comment["user"]["type"] == "Bot"]
    assert mine["body"].startswith(f"{MARK}\n### What merging this changes in AWS\n")
    assert "#### `planned`: " in mine["body"]
    assert "create TargetGroup" in mine["body"]
    unchanged = origin.proposed(
        1, {**model("planned", image="local/echo:latest"), "models/planned/more.py": ""}
    )
    done = Run(organisation, unchanged, tmp_path / "2", left_out=LEFT_OUT | {"prerequisites"}).of(
        "pull-request.yaml"
    )
    assert done.result == "success", done.log
    assert web.writes == [
        "POST /repos/people/models/issues/1/comments",
        f"PATCH /repos/people/models/issues/comments/{mine['id']}",
    ]
    assert web.comments[theirs]["body"].endswith("not a bot's")


def test_a_secret_that_is_missing_is_shown_at_its_line(
    origin: Origin, organisation: Repository, world: World, tmp_path: Path
) -> None:
    about = world.files.about_aws() or {}
    arn = f"arn:aws:ssm:{about['region']}:{about['account']}:parameter/secretive/token"
    files = model("secretive") | {"models_config/secretive/config.yaml": SECRETIVE.format(arn=arn)}
    proposal = origin.proposed(2, files)
    left_out = LEFT_OUT | {"plan"}
    done = Run(organisation, proposal, tmp_path / "1", left_out=left_out).of("pull-request.yaml")
    assert done.jobs["prerequisites"].result == "failure", done.log
    assert "::error file=models_config/secretive/config.yaml,line=6" in done.jobs["prerequisites"].log
    assert f"{arn} does not exist" in done.jobs["prerequisites"].log
    world.client("ssm").put_parameter(Name="/secretive/token", Value="s", Type="SecureString")
    done = Run(organisation, proposal, tmp_path / "2", left_out=left_out).of("pull-request.yaml")
    assert done.result == "success", done.log


def test_a_base_in_a_registry_of_aws_is_logged_in_to(
    origin: Origin, organisation: Repository, tmp_path: Path
) -> None:
    base = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
    proposal = origin.proposed(3, model("based", dockerfile=f"FROM {base}/pytorch-inference:2.6.0\n"))
    left_out = (LEFT_OUT | {"plan", "prerequisites"}) - {"build-private"}
    done = Run(organisation, proposal, tmp_path, left_out=left_out).of("pull-request.yaml")
    assert done.jobs["build-private (based)"].result == "success", done.log
    assert docker_calls(organisation, "login")[-1][-1] == base


def test_artifacts_of_an_endpoint_are_looked_for(
    origin: Origin, organisation: Repository, world: World, tmp_path: Path
) -> None:
    files = model("endpoint") | {"models_config/endpoint/config.yaml": ENDPOINT}
    folder = _checkout(origin, origin.merged("An endpoint", files).sha, tmp_path)
    bucket = {"ARTIFACTS_BUCKET": world.prepared.bucket}
    missing = script(organisation, folder, "artifacts.sh", "endpoint", **bucket)
    assert missing.returncode == 1
    said = "::error file=models_config/endpoint/config.yaml::s3://models/endpoint/{} is missing"
    assert [file for file in ("model.tar.gz", "handler.py") if said.format(file) in missing.stdout] == [
        "model.tar.gz",
        "handler.py",
    ]
    for file in ("model.tar.gz", "handler.py"):
        world.upload(f"endpoint/{file}", b"-")
    there = script(organisation, folder, "artifacts.sh", POCS='["endpoint"]', **bucket)
    assert there.returncode == 0, there.stdout


def test_the_cluster_is_found_by_its_name(
    origin: Origin, organisation: Repository, world: World, tmp_path: Path
) -> None:
    world.client("eks").create_cluster(
        name="poc",
        roleArn=world.prepared.task_role,
        resourcesVpcConfig={"subnetIds": list(world.prepared.subnets)},
    )
    folder = _checkout(origin, origin.follow(), tmp_path)
    env = {"RUNNER_TEMP": str(tmp_path), "GITHUB_ENV": str(tmp_path / "env")}
    found = script(organisation, folder, "cluster.sh", EKS_CLUSTER="poc", **env)
    assert found.returncode == 0, found.stdout
    assert (tmp_path / "env").read_text() == f"KUBECONFIG={tmp_path}/kubeconfig\n"
    assert "get-token" in (tmp_path / "kubeconfig").read_text()
    unknown = script(organisation, folder, "cluster.sh", KUBECONFIG="", **env)
    assert unknown.returncode == 1
    assert "set the repository variable EKS_CLUSTER" in unknown.stdout


def _checkout(origin: Origin, sha: str, folder: Path) -> Path:
    git(folder, "clone", "--quiet", f"file://{origin.bare}", "checkout")
    git(folder / "checkout", "checkout", "--quiet", sha)
    return folder / "checkout"
