"""From an empty clone to a prediction, as a data scientist's first ten minutes go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.world import ROOT, ask

from localcloud import status
from localcloud.runtime import environment
from localcloud.state import CloudFiles
from modelpoc.catalog import scaffold

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
MODELPOC = Path(sys.executable).with_name("modelpoc")
RUNTIMES = ("ecs", "sagemaker")
LONGEST_SECONDS, LONGEST_CONFIG = 180, 12


class Clone:
    """A folder with an empty `models_config`, and a cloud that `modelpoc local up` brought up."""

    def __init__(self, root: Path, state: Path) -> None:
        self.root, self.cloud = root, f"first-{uuid.uuid4().hex[:6]}"
        self.files = CloudFiles(self.cloud, state / "modelpoc" / "clouds" / self.cloud)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "KUBECONFIG"))}
        self.environ = {**kept, "XDG_STATE_HOME": str(state), "PYTHONDONTWRITEBYTECODE": "1"}

    def up(self) -> None:
        self("local", "up", "--name", self.cloud, "--time-scale", "100")
        told = self("local", "status", "--name", self.cloud, "-o", "json").stdout
        self.environ |= json.loads(told)["environment"]

    def down(self) -> None:
        self("local", "down", "--name", self.cloud, code=None)

    def __call__(
        self, *words: str, code: int | None = 0, within: str = "."
    ) -> subprocess.CompletedProcess[str]:
        return self.run(str(MODELPOC), *words, code=code, within=within)

    def run(self, *command: str, code: int | None = 0, within: str = ".") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=self.root / within,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert code is None or done.returncode == code, f"{command}: {done.stdout}{done.stderr}"
        return done

    def object(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._got(name).stdout)
        return found

    def _got(self, name: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        kubectl = str(status.document(self.files)["kubectl"])
        return self.run(kubectl, "get", "modelpoc", name, "-o", "json", code=code)

    def applied(self, runtime: str) -> str:
        """The name of the POC of this runtime: of the test before; alone, of its own."""
        name = f"first-{runtime}"
        if not (self.root / "models" / name).exists():
            self("new", name, "--runtime", runtime)
        if self._got(name, code=None).returncode != 0:
            self("apply", name)
        return name

    def species(self, name: str) -> str:
        return str(json.loads(self("predict", name).stdout)["species"])

    def archive(self, name: str) -> Any:
        return status.client(self.files, "s3").head_object(Bucket="models", Key=f"{name}/model.tar.gz")

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert old in text
        (self.root / file).write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    root = tmp_path_factory.mktemp("clone")
    (root / "models_config").mkdir()
    clone = Clone(root, tmp_path_factory.mktemp("state"))
    try:
        clone.up()
        yield clone
    finally:
        clone.down()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_from_an_empty_clone_to_an_answer_within_three_minutes(clone: Clone, runtime: str) -> None:
    name, began = f"first-{runtime}", time.monotonic()
    clone("new", name, "--runtime", runtime)
    tested = clone.run(environment.find_uv(), "run", "--quiet", "pytest", "-q", within=f"models/{name}")
    assert " passed" in tested.stdout
    assert clone("validate").stdout.startswith(("models_config", "1 POC: nothing", "2 POCs:"))
    applied = clone("apply", name)
    answer = json.loads(clone("predict", name).stdout)
    lasted = time.monotonic() - began
    print(f"from nothing to an answer of {runtime}: {lasted:.0f} s")

    assert lasted < LONGEST_SECONDS
    assert (
        len((clone.root / "models_config" / name / "config.yaml").read_text().splitlines()) < LONGEST_CONFIG
    )
    assert "is Ready" in applied.stdout
    assert f"built local/{name}@sha256:" in applied.stderr
    assert answer["species"] == "Gentoo"
    there = clone.object(name)
    assert there["spec"][runtime]["image"].startswith(f"local/{name}@sha256:")
    assert there["status"]["url"].endswith(f"/poc-deployment/{name}")
    assert ask(there["status"]["docsUrl"]).status == 200


def test_its_docs_call_it_where_the_world_sees_it(clone: Clone) -> None:
    """Behind two proxies, of which one takes the path away and none tells the host."""
    url = clone.object(clone.applied("ecs"))["status"]["url"]
    described = ask(f"{url}/openapi.json").json()
    assert described["servers"] == [{"url": "/poc-deployment/first-ecs"}]
    assert ask(f"{url}/docs/swagger-ui-bundle.js").status == 200


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_applied_again_nothing_is_built_or_changed(clone: Clone, runtime: str) -> None:
    name = clone.applied(runtime)
    before = clone.object(name)
    uploaded = clone.archive(name)["LastModified"] if runtime == "sagemaker" else None
    told = clone("apply", name).stderr
    assert "training" not in told
    after = clone.object(name)
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert after["metadata"].get("annotations") == before["metadata"].get("annotations")
    if uploaded:
        assert clone.archive(name)["LastModified"] == uploaded


@pytest.mark.parametrize(("runtime", "file"), [("ecs", "weights.json"), ("sagemaker", "data/penguins.csv")])
def test_a_change_of_the_model_is_there_once_apply_returns(clone: Clone, runtime: str, file: str) -> None:
    name = clone.applied(runtime)
    clone.edit(f"models/{name}/{file}", "Gentoo", "Emperor")
    clone("apply", name)
    assert clone.species(name) == "Emperor"


def test_an_archive_that_was_broken_by_hand_is_put_right(clone: Clone) -> None:
    """The image is the same, so the manifest is: apply has the operator look."""
    clone.applied("sagemaker")
    status.client(clone.files, "s3").put_object(
        Bucket="models", Key="first-sagemaker/model.tar.gz", Body=b"no archive"
    )
    assert "asking the operator to look" in clone("apply", "first-sagemaker").stderr
    assert clone.archive("first-sagemaker")["ContentLength"] > len(b"no archive")
    assert clone.species("first-sagemaker") in ("Gentoo", "Emperor")


def test_a_model_that_cannot_be_trained_says_why_and_changes_nothing(clone: Clone) -> None:
    before = clone.object(clone.applied("sagemaker"))["metadata"]["generation"]
    clone.edit(
        "models/first-sagemaker/train.py", "def trained()", "raise SystemExit('no data')\n\n\ndef trained()"
    )
    failed = clone("apply", "first-sagemaker", code=1)
    assert failed.stdout == ""
    assert "error: first-sagemaker could not be built" in failed.stderr
    assert "no data" in failed.stderr
    assert clone.object("first-sagemaker")["metadata"]["generation"] == before


def test_names_are_held_apart(clone: Clone) -> None:
    clone.applied("ecs")
    before = {path.name for path in (clone.root / "models").iterdir()}
    taken = clone("new", "first-ecs", "--runtime", "sagemaker", code=1)
    assert "models/first-ecs is there already" in taken.stderr
    refused = clone("new", "my_model", "--runtime", "ecs", code=1)
    assert 'call it "my-model"' in refused.stderr
    assert {path.name for path in (clone.root / "models").iterdir()} == before


def test_it_needs_no_repository(clone: Clone, tmp_path: Path) -> None:
    """An empty folder that Git knows nothing of; what is laid down fits the rules of one all the same."""
    alone = str(tmp_path)
    clone("new", "alone", "--runtime", "ecs", within=alone)
    clone("validate", within=alone)
    assert "name: alone" in clone("render", within=alone).stdout


def test_the_templates_come_with_the_wheel(tmp_path: Path) -> None:
    command = [environment.find_uv(), "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, timeout=120)
    templates = Path("modelpoc/catalog/templates")
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if Path(name).is_relative_to(templates)}
    here = ROOT / "operator" / templates
    laid = {str(templates / path) for path in scaffold.files_of(here)}
    assert packed == laid
