"""`modelpoc validate --platform`: a repository is held against what its platform allows and carries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from tests.unit.catalog.good_repository import COUNTER, good, lay
from typer.testing import CliRunner, Result

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import parse_platform
from modelpoc.catalog import load
from modelpoc.catalog.platforms import live
from modelpoc.cli.against import Surroundings, against_findings
from modelpoc.cli.validate import validate

pytestmark = pytest.mark.unit

PLATFORM = """\
# Another object first.
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: modelpoc.dev/v1alpha1
kind: ModelPlatform
metadata:
  name: default
spec:
  accountId: "123456789012"
  region: eu-west-1
  artifacts: {bucket: models}
  network: {vpcId: vpc-1, subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1]}
  ecs: {executionRoleArn: "arn:aws:iam::123456789012:role/execution"}
  sagemaker: {executionRoleArn: "arn:aws:iam::123456789012:role/sagemaker"}
  lambda: {roleArn: "arn:aws:iam::123456789012:role/function"}
  routing:
    basePath: models
  allow:
    images: ["local/*"]
    secretArns: ["*"]
    pocsPerPlatform: 3
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = lay(tmp_path / "repository", {**good(), "platform.yaml": PLATFORM})
    monkeypatch.chdir(root)
    return root


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(validate)
    return CliRunner().invoke(app, ["--platform", "platform.yaml", "-o", "json", *words])


def found(*words: str) -> list[tuple[str, str]]:
    """Place and words of each finding."""
    answer = json.loads(run(*words).stdout)
    return [(f"{f['file']}:{f['line']}", f["message"]) for f in answer["findings"]]


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_repository_that_its_platform_carries(repository: Path) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("pocsPerPlatform: 3", "pocsPerPlatform: 2", "platform.yaml:23", "carries 2 POCs, and these are 3"),
        ("pocsPerPlatform: 3", "pocsPerNamespace: 1", "platform.yaml:23", "default may have 1 POCs"),
        ('["local/*"]', '["ecr/*"]', "models_config/linker/config.yaml:2", "fits none of the platform's"),
        ('["local/*"]', '["ecr/*"]', "models_config/older/config.yaml:4", "fits none of the platform's"),
        ('["*"]', "[]", "models_config/older/config.yaml:10", "allow.secretArns"),
        ("pocsPerPlatform: 3", "maxMemory: 511", "platform.yaml:23", "greater than or equal to 512"),
        ("  region", "  regionn", "platform.yaml:12", 'did you mean "region"'),
        ("kind: ModelPlatform", "kind: Other", "platform.yaml:1", "holds no ModelPlatform"),
        ("  name: default", "  name: other", "models_config/linker/config.yaml:1", "none of those"),
        ("spec:\n", "spec: {\n", "platform.yaml:12", "YAML"),
    ],
)
def test_what_speaks_against_it_is_told_where_it_is_written(
    repository: Path, old: str, new: str, place: str, says: str
) -> None:
    change(repository / "platform.yaml", old, new)
    assert [p for p, words in found() if p == place and says in words] == [place], found()
    assert run().exit_code == 1


def test_default_paths_begin_as_the_platform_says(repository: Path) -> None:
    change(repository / "models_config/linker/config.yaml", "  priority", "  path: /models/older\n  priority")
    assert found() == [
        (
            "models_config/linker/config.yaml:9",
            "/models/older belongs to older already: choose another, or leave it out",
        )
    ]


def test_a_placeholder_may_wait_for_its_image_although_none_stands_in(repository: Path) -> None:
    change(repository / "models_config/linker/config.yaml", "local/linker:1", "PLACEHOLDER")
    change(repository / "models_config/counter/config.yaml", "local/counter:1", "PLACEHOLDER")
    assert run().exit_code == 0
    assert [place for place, _ in found()] == [
        *["models_config/counter/config.yaml:2"] * 2,
        *["models_config/linker/config.yaml:2"] * 2,
    ]


def test_a_load_balancer_carries_a_hundred_and_an_api_a_hundred_and_fifty(repository: Path) -> None:
    change(repository / "platform.yaml", "    pocsPerPlatform: 3\n", "")
    for number in range(148):
        folder = repository / f"models_config/poc-{number}"
        folder.mkdir()
        (folder / "config.yaml").write_text("ecs: {image: local/x}\n" if number < 99 else COUNTER)
    told = [(place, words) for place, words in found() if "have room" in words]
    more = "add one to routing"
    assert told == [
        ("platform.yaml:18", f"150 POCs have room, and these are 151: {more}.apis"),
        ("platform.yaml:18", f"100 POCs on ECS have room, and these are 101: {more}.loadBalancers"),
    ]


def test_a_file_that_is_not_there(repository: Path) -> None:
    (repository / "platform.yaml").unlink()
    done = run()
    assert done.exit_code == 1
    assert "error: platform.yaml is no file" in done.stderr


def test_what_other_pocs_of_the_cluster_hold_is_taken(repository: Path) -> None:
    documents: list[Any] = list(yaml.safe_load_all(PLATFORM))
    platform = parse_platform(documents[1])
    entries = load(Path("models_config")).entries

    def holder(name: str, namespace: str, **route: Any) -> ModelPOC:
        spec = {"ecs": {"image": "x"}, "route": route}
        return ModelPOC.model_validate({"metadata": {"name": name, "namespace": namespace}, "spec": spec})

    others = (
        holder("linker", "default", priority=20),
        holder("far", "elsewhere", path="/models/counter"),
        holder("near", "elsewhere", priority=10),
    )
    around = Surroundings({"default": live(platform, Path("models_config"))}, pocs=others)
    told = {(f"{f.file}:{f.line}", f.message) for f in against_findings(around, entries, "default")}
    assert told == {
        (
            "models_config/counter/config.yaml:1",
            "/models/counter belongs to elsewhere/far in the cluster already: choose another",
        ),
        (
            "models_config/linker/config.yaml:9",
            "10 belongs to elsewhere/near in the cluster already: choose another",
        ),
    } | {(p, m) for p, m in told if m.startswith("platform default carries 3 POCs, and these are 5")}
    assert len(told) == 3
