"""`modelpoc new` as people and scripts meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from modelpoc.cli.new import new

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Not a repository: just a folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, code: int = 0) -> Result:
    app = Typer()
    app.command()(new)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return result


def test_it_says_what_to_do_next(here: Path) -> None:
    shown = run("mine", "--runtime", "sagemaker").stdout
    assert "wrote models/mine (14 files) and models_config/mine/config.yaml" in shown
    steps = [line.strip() for line in shown.splitlines() if line.startswith("  ")]
    assert steps == [
        "(cd models/mine && uv run pytest)",
        "modelpoc validate",
        "modelpoc apply mine",
        "modelpoc predict mine",
    ]


def test_a_script_gets_the_files(here: Path) -> None:
    told = json.loads(run("mine", "--runtime", "ecs", "-o", "json").stdout)
    assert (told["name"], told["runtime"]) == ("mine", "ecs")
    written = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    assert set(told["files"]) == written
    assert len(told["next"]) == 4


def test_next_steps_know_other_folders(here: Path) -> None:
    shown = run("mine", "--runtime", "ecs", "--models-dir", "my models", "--config-dir", "configs").stdout
    assert "modelpoc apply mine --config-dir configs --models-dir 'my models'" in shown
    assert "cd 'my models/mine'" in shown


def test_a_refusal_goes_to_stderr(here: Path) -> None:
    refused = run("my_model", "--runtime", "ecs", code=1)
    assert refused.stdout == ""
    assert refused.stderr == (
        "error: \"my_model\" cannot name a POC: '-' separates words, not '_': call it \"my-model\"\n"
    )
    assert list(here.iterdir()) == []


def test_a_runtime_that_there_is_not_is_a_mistake_of_use(here: Path) -> None:
    assert "ecs" in run("mine", "--runtime", "lambda", code=2).stderr
    assert run("mine", code=2).stdout == ""


def test_a_file_where_a_folder_should_be_is_told(here: Path) -> None:
    (here / "models").write_text("not a folder")
    assert "models" in run("mine", "--runtime", "ecs", code=1).stderr
    assert [path.name for path in here.iterdir()] == ["models"]
