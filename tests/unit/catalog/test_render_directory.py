"""`modelpoc render --output-dir`: one file for each POC and a list of them, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from tests.unit.catalog.good_repository import good, lay
from typer.testing import CliRunner, Result

from modelpoc.cli.render import render

pytestmark = pytest.mark.unit
HEAD = "# Written by `modelpoc render`; do not edit.\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = lay(tmp_path / "repository", good())
    monkeypatch.chdir(root)
    return root


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(render)
    return CliRunner().invoke(app, ["--output-dir", "out", *(str(word) for word in words)])


def texts(directory: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in sorted(directory.iterdir())}


def listed(directory: Path) -> Any:
    return yaml.safe_load((directory / "kustomization.yaml").read_text())["resources"]


def test_it_holds_every_poc_and_a_sorted_list_of_them(repository: Path) -> None:
    done = run("--namespace", "team-a")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "wrote out/counter.yaml",
        "wrote out/kustomization.yaml",
        "wrote out/linker.yaml",
        "wrote out/older.yaml",
    ]
    files = texts(repository / "out")
    assert all(text.startswith(HEAD) for text in files.values())
    assert files["kustomization.yaml"] == HEAD + (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        "- counter.yaml\n- linker.yaml\n- older.yaml\n"
    )
    meta = [yaml.safe_load(files[name])["metadata"] for name in listed(repository / "out")]
    assert meta == [{"name": name, "namespace": "team-a"} for name in ("counter", "linker", "older")]


def test_a_second_time_writes_nothing(repository: Path) -> None:
    run()
    times = [path.stat().st_mtime_ns for path in (repository / "out").iterdir()]
    assert run().stdout == "out is current\n"
    assert [path.stat().st_mtime_ns for path in (repository / "out").iterdir()] == times


def test_what_left_goes_and_what_others_wrote_stays(repository: Path) -> None:
    run()
    own = repository / "out/own.yaml"
    own.write_text("kind: ConfigMap\n")
    (repository / "models_config/older/config.yaml").unlink()
    (repository / "models_config/older").rmdir()
    assert run().stdout.splitlines() == ["wrote out/kustomization.yaml", "removed out/older.yaml"]
    assert listed(repository / "out") == ["counter.yaml", "linker.yaml"]
    assert own.read_text() == "kind: ConfigMap\n"


@pytest.mark.parametrize("name", ["linker.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_a_file_of_somebody_else_is_never_replaced(repository: Path, name: str) -> None:
    out = repository / "out"
    out.mkdir()
    (out / name).write_text("mine: true\n")
    done = run()
    assert done.exit_code == 1
    assert f"out/{name}: not written by `modelpoc render`" in done.stderr
    assert texts(out) == {name: "mine: true\n"}


def test_a_link_is_somebody_elses_too(repository: Path) -> None:
    target = repository / "target"
    target.write_text(HEAD)
    (repository / "out").mkdir()
    (repository / "out/linker.yaml").symlink_to(target)
    assert run().exit_code == 1
    assert target.read_text() == HEAD


def test_a_finding_and_nothing_is_written(repository: Path) -> None:
    run()
    before = texts(repository / "out")
    (repository / "models_config/linker/config.yaml").write_text("ecs: {}\n")
    done = run()
    assert done.exit_code == 1
    assert "linker/config.yaml:1:1" in done.stderr
    assert texts(repository / "out") == before


def test_a_poc_called_like_the_list_has_a_file_of_its_own(repository: Path) -> None:
    config = repository / "models_config/kustomization/config.yaml"
    config.parent.mkdir()
    config.write_text("ecs: {image: x}\n")
    assert run().exit_code == 0
    assert "kustomization_.yaml" in listed(repository / "out")


def test_one_name_or_json_does_not_go_with_a_directory(repository: Path) -> None:
    for words in (["models_config", "linker"], ["-o", "json"]):
        assert run(*words).exit_code == 1
    assert not (repository / "out").exists()
