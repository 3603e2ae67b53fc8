"""The operator's image is built and pushed once for a commit, and named by its digest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from tests.workflows.runner import ROOT

pytestmark = pytest.mark.unit

DIGEST = f"sha256:{'ab' * 32}"
# What the registry and the engine answer; `pushed` is there when the image is.
AWS = """#!/bin/sh
echo "aws $*" >> "$CALLS/calls"
case "$*" in
  *get-caller-identity*) echo 111122223333 ;;
  *get-login-password*) echo word ;;
  *describe-images*)
    [ -e "$CALLS/pushed" ] || { echo ImageNotFoundException >&2; exit 254; }
    echo "$DIGEST" ;;
esac
"""
DOCKER = """#!/bin/sh
echo "docker $*" >> "$CALLS/calls"
case "$1" in
  login) cat > /dev/null ;;
  push) [ -e "$CALLS/refuse" ] || touch "$CALLS/pushed" ;;
  run) case "$*" in *sbom.json*) cat "$CALLS/sbom" ;; *) echo "modelpoc 0.1.0" ;; esac ;;
esac
"""


@dataclass(frozen=True)
class Place:
    """A repository with the operator in it, and programs in place of the registry's and the engine's."""

    folder: Path
    environment: dict[str, str] = field(repr=False)

    def publish(self) -> subprocess.CompletedProcess[str]:
        script = self.folder / ".github" / "scripts" / "operator-image.sh"
        return subprocess.run(
            [script], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def commit(self, path: str, text: str) -> str:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)
        self.git("add", "--all")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", path)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def calls(self, program: str) -> list[str]:
        calls = Path(self.environment["CALLS"]) / "calls"
        return [line for line in calls.read_text().splitlines() if line.startswith(program)]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder, calls = tmp_path / "repository", tmp_path / "calls"
    shutil.copytree(ROOT / ".github" / "scripts", folder / ".github" / "scripts")
    calls.mkdir()
    (calls / "sbom").write_text(json.dumps({"components": [{"name": "kopf"}]}))
    for name, text in (("aws", AWS), ("docker", DOCKER)):
        (calls / name).write_text(text)
        (calls / name).chmod(0o755)
    environment = {
        "PATH": f"{calls}:{os.environ['PATH']}",
        "CALLS": str(calls),
        "DIGEST": DIGEST,
        "AWS_REGION": "eu-west-1",
        "GITHUB_REPOSITORY": "team/modelpoc",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    place = Place(folder, environment)
    place.git("init", "--quiet")
    place.commit("pyproject.toml", '[project]\nname = "modelpoc"\nversion = "1.2.3"\n')
    return place


def test_it_says_where_it_comes_from_and_is_named_by_its_digest(place: Place, tmp_path: Path) -> None:
    commit = place.commit("operator/Dockerfile", "FROM scratch\n")
    place.commit("docs/page.md", "another change")
    done = place.publish()
    assert done.returncode == 0, done.stderr
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/modelpoc-operator"
    [build] = [call for call in place.calls("docker") if call.startswith("docker build")]
    assert f"--tag {image}:{commit}" in build
    for told in (
        "VERSION=1.2.3",
        f"REVISION={commit}",
        "CREATED=20",
        "SOURCE=https://github.com/team/modelpoc",
    ):
        assert f"--build-arg {told}" in build
    assert f"docker push {image}:{commit}" in place.calls("docker")
    assert (tmp_path / "summary").read_text() == f"modelpoc 1.2.3: {image}@{DIGEST}\n"


def test_a_commit_that_is_there_is_not_built_again(place: Place) -> None:
    (Path(place.environment["CALLS"]) / "pushed").touch()
    done = place.publish()
    assert done.returncode == 0, done.stderr
    assert DIGEST in done.stdout
    assert not (Path(place.environment["CALLS"]) / "calls").read_text().count("docker")


def test_an_image_that_lists_none_of_its_parts_is_not_pushed(place: Place) -> None:
    (Path(place.environment["CALLS"]) / "sbom").write_text('{"components": []}')
    assert place.publish().returncode != 0
    assert not any("push" in call for call in place.calls("docker"))


def test_an_image_that_does_not_arrive_is_an_error(place: Place) -> None:
    (Path(place.environment["CALLS"]) / "refuse").touch()
    done = place.publish()
    assert done.returncode == 1
    assert "::error::" in done.stdout
    assert "was not pushed" in done.stdout


def test_a_change_of_anything_that_the_image_is_made_of_starts_it() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "operator-image.yaml").read_text())
    paths = {path.removesuffix("/**") for path in workflow[True]["push"]["paths"]}
    script = (ROOT / ".github" / "scripts" / "operator-image.sh").read_text()
    [sources] = [line for line in script.splitlines() if line.startswith("sources=(")]
    assert paths == set(sources.removeprefix("sources=(").removesuffix(")").split())
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {path.split("/")[0] for path in given} <= paths
