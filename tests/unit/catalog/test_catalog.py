"""models_config → ModelPOC: what is read, converted, refused, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
import yaml
from hypothesis import given, settings
from tests.strategies import pocs
from typer.testing import CliRunner, Result

from modelpoc import catalog
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.catalog.files import read_text
from modelpoc.cli.render import render as command

pytestmark = pytest.mark.unit

OLDER = """\
app:
  container:
    image: PLACEHOLDER
    run_time:
      env:
        - name: S3_BUCKET
          value: models
        - {name: S3_KEY, value: experience-linker/model.tar.gz}
        - {name: ROOT_PATH, value: poc-deployment/experience-linker}
        - {name: WORKERS, value: 010}
        - {name: VERBOSE, value: yes}
      secrets:
        - name: TOKEN
          value: arn:aws:ssm:eu-west-1:123456789012:parameter/token
  port_mapping:
    port: 8080
routing:
  priority: 110
"""


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    return tmp_path / "models_config"


def _write(configs: Path, text: str, name: str = "experience-linker") -> Path:
    folder = configs / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return folder


def _run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_directory_becomes_a_poc_of_its_name(configs: Path) -> None:
    _write(configs, "ecs: {image: x, port: 80}\n", "first")
    _write(configs, "ecs: {image: y}\nttl: 3d\n", "second")
    (configs / "README.md").write_text("no POC")
    (configs / ".hidden").mkdir()
    read = catalog.load(configs, "team-a")
    assert read.findings == ()
    assert [(name, poc.metadata.namespace) for name, poc in read.pocs.items()] == [
        ("first", "team-a"),
        ("second", "team-a"),
    ]
    assert read.pocs["second"].spec.ttl == "3d"


def test_the_older_form_is_converted(configs: Path) -> None:
    entry = catalog.load_one(_write(configs, OLDER))
    assert entry.findings == ()
    assert entry.poc is not None
    assert entry.poc.spec.to_dict() == {
        "ecs": {
            "image": "PLACEHOLDER",
            "port": 8080,
            "env": [
                {"name": "S3_BUCKET", "value": "models"},
                {"name": "S3_KEY", "value": "experience-linker/model.tar.gz"},
                {"name": "ROOT_PATH", "value": "poc-deployment/experience-linker"},
                {"name": "WORKERS", "value": "010"},
                {"name": "VERBOSE", "value": "yes"},
            ],
            "secrets": [
                {"name": "TOKEN", "ssmParameterArn": "arn:aws:ssm:eu-west-1:123456789012:parameter/token"}
            ],
        },
        "route": {"priority": 110},
    }


def test_priority_may_stand_below_app(configs: Path) -> None:
    entry = catalog.load_one(_write(configs, "app: {container: {image: x}, routing: {priority: 7}}\n"))
    assert entry.poc is not None
    assert entry.poc.spec.route.priority == 7


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "write the POC's spec here"),
        ("- ecs\n", 1, "write the POC's spec here"),
        ("ecs:\n  image: x\n  cpuu: 256\n", 3, 'did you mean "cpu"?'),
        ("ecs:\n  image: x\nrout:\n  path: /x\n", 3, 'did you mean "route"?'),
        ("ecs:\n  image: x\n  healthcheck: {}\n", 3, 'did you mean "healthCheck"?'),
        ("ecs:\n  image: x\n  image: y\n", 3, "stands twice, first in line 2: keep one"),
        ("ecs:\n  image: x\n  env:\n    - name: A\n      value: 1\n", 5, "in quotes"),
        ("ecs:\n  image: x\n  env:\n    - {name: A, value: no}\n", 4, "in quotes"),
        ("ecs:\n  image: x\n  memory: 3000\n", 3, "use 512, 1024 or 2048"),
        ("ecs:\n  cpu: 256\n", 1, "Required value: write image"),
        ("ttl: 3d\n", 1, "exactly one of ecs and sagemaker"),
        ("apiVersion: modelpoc.dev/v1alpha1\nspec: {}\n", 1, "write what stands below spec"),
        ("ecs:\n\timage: x\n", 2, "use spaces"),
        ("ecs: {image: x\n", 1, "not valid YAML"),
        ("ecs:\n  image: a: b\n", 2, "put the text in quotes"),
        ("ecs: {image: x}\n---\necs: {image: y}\n", 2, "more than one document"),
        ("ecs: {image: !secret x}\n", 1, "write plain text"),
        ("ecs: &a {image: x, env: [*a]}\n", 1, "anchors"),
        ("ecs:\n  image: x\n  port: 0x" + "f" * 5000, 3, "cannot hold"),
        ("ecs: {image: x}\ntags: {<<: {a: b}}\n", 2, "write the fields out"),
        ("ecs: {image: x}\ntags: {1: b}\n", 2, "put 1 in quotes"),
        ("ecs: {image: x}\nexamples: [{name: a, body: .inf}]\n", 2, "no number that JSON knows"),
        ("ecs: {image: x}\nexpiresAt: 2027-01-31\n", 2, "as in 2027-01-31T18:00:00Z"),
        ("ecs: {image: \x00x}\n", 1, "control character"),
        ("[" * 2000, 1, "nested too deeply"),
        ("# " + "x" * 300_000, 1, "larger than 256 KiB"),
    ],
)  # fmt: skip
def test_refused_with_line_and_cure(configs: Path, text: str, line: int, says: str) -> None:
    entry = catalog.load_one(_write(configs, text))
    assert entry.poc is None
    assert any(f.line == line and says in str(f) for f in entry.findings), list(map(str, entry.findings))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("    image: PLACEHOLDER", "    imagee: x", 3, 'did you mean "image"?'),
        ("    image: PLACEHOLDER", "    image: a b", 3, "repository:tag"),
        ("    port: 8080", "    port: 80800", 16, "less than or equal to 65535"),
        ("    port: 8080", "    port: '8080'", 16, "without quotes"),
        ("  priority: 110", "  priority: 0", 18, "greater than or equal to 1"),
        ("parameter/token", "secret/token", 14, "whole ARN of a parameter"),
        ("name: TOKEN", "name: S3_BUCKET", 12, "keep it in one of them"),
        ("name: S3_KEY", "name: S3-KEY", 8, "letters, digits and '_'"),
        ("run_time:", "runtime:", 4, 'did you mean "run_time"?'),
        ("routing:", "ecs: {}\nrouting:", 17, 'unknown field "ecs"'),
        ("  port_mapping:", "  routing: {priority: 1}\n  port_mapping:", 18, "keep one"),
    ],
)  # fmt: skip
def test_the_older_form_is_refused_in_its_own_terms(
    configs: Path, old: str, new: str, line: int, says: str
) -> None:
    entry = catalog.load_one(_write(configs, OLDER.replace(old, new, 1)))
    assert entry.poc is None
    assert any(f.line == line and says in str(f) for f in entry.findings), list(map(str, entry.findings))


def test_a_directory_that_cannot_name_a_poc(configs: Path) -> None:
    entry = catalog.load_one(_write(configs, "ecs: {image: x}\n", "Experience_Linker"))
    assert entry.poc is None
    assert 'the directory "Experience_Linker" names the POC' in str(entry.findings[0])


def test_no_more_of_a_file_is_read_than_counts(tmp_path: Path) -> None:
    """A model's file may be a link to something without end."""
    (tmp_path / "Dockerfile").symlink_to("/dev/zero")
    finding = read_text(tmp_path / "Dockerfile", "dockerfile", "").finding
    assert finding is not None
    assert "is larger than" in finding.message


def test_a_directory_without_configuration(configs: Path) -> None:
    (configs / "empty").mkdir(parents=True)
    read = catalog.load(configs)
    assert ["is missing" in str(finding) for finding in read.findings] == [True]


def test_one_broken_configuration_does_not_hide_the_others(configs: Path) -> None:
    _write(configs, "ecs: {imagee: x}\n", "broken")
    _write(configs, "ecs: {image: x}\n", "sound")
    read = catalog.load(configs)
    assert list(read.pocs) == ["sound"]
    assert {finding.file.parent.name for finding in read.findings} == {"broken"}


@settings(max_examples=25)
@given(pocs())
def test_what_is_rendered_reads_back_the_same(poc: ModelPOC) -> None:
    text = catalog.dump([catalog.render(poc)], "yaml")
    assert text == catalog.dump([catalog.render(poc)], "yaml")
    assert ModelPOC.model_validate(yaml.safe_load(text)) == poc.model_copy(update={"status": poc.status})
    assert json.loads(catalog.dump([catalog.render(poc)], "json")) == yaml.safe_load(text)


def test_render_prints_manifests(configs: Path) -> None:
    _write(configs, "ecs: {image: x}\n", "one")
    _write(configs, "ecs: {image: y}\n", "two")
    done = _run(configs, "--namespace", "team-a")
    assert done.exit_code == 0
    assert [m["metadata"] for m in yaml.safe_load_all(done.stdout)] == [
        {"name": "one", "namespace": "team-a"},
        {"name": "two", "namespace": "team-a"},
    ]
    single = json.loads(_run(configs, "two", "-o", "json").stdout)
    assert (single["kind"], single["spec"]) == ("ModelPOC", {"ecs": {"image": "y"}})
    assert json.loads(_run(configs, "-o", "json").stdout)["kind"] == "List"


def test_render_tells_findings_on_stderr_and_prints_nothing(configs: Path) -> None:
    _write(configs, "ecs: {imagee: x}\n", "broken")
    _write(configs, "ecs: {image: x}\n", "sound")
    done = _run(configs)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert 'broken/config.yaml:1:7: ecs.imagee: unknown field "imagee"' in done.stderr


def test_render_of_no_directory(tmp_path: Path) -> None:
    done = _run(tmp_path / "nowhere")
    assert done.exit_code == 1
    assert "is no directory" in done.stderr
