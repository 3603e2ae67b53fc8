"""Candidates for a half-typed line, as kubectl asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelpoc.cli.kubectl_completion import completed

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of configs, and no cluster."""
    for name in ("counter", "echo", "echo-two"):
        (tmp_path / "models_config" / name).mkdir(parents=True)
        (tmp_path / "models_config" / name / "config.yaml").write_text("ecs: {}\n")
    (tmp_path / "models_config" / "half").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def _words(*words: str) -> list[str]:
    return completed(words).splitlines()


def test_commands_are_offered_with_what_they_do() -> None:
    found = dict(line.split("\t") for line in _words("")[:-1])
    assert {"apply", "destroy", "status", "logs", "predict"} <= found.keys()
    assert all(found.values())


def test_a_command_is_completed() -> None:
    assert [line.partition("\t")[0] for line in _words("stat")] == ["status", ":4"]


def test_names_of_configs_are_offered() -> None:
    assert _words("apply", "ec") == ["echo", "echo-two", ":4"]


def test_a_name_that_stands_there_already_is_not_offered_again() -> None:
    assert _words("apply", "echo", "") == ["counter", "echo-two", ":4"]


def test_another_folder_is_heeded(checkout: Path) -> None:
    (checkout / "models_config").rename(checkout / "elsewhere")
    assert _words("apply", "--config-dir", "elsewhere", "c") == ["counter", ":4"]


@pytest.mark.parametrize("command", ["status", "logs", "predict", "destroy"])
def test_without_a_cluster_names_come_from_the_folder(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _words(command, "co") == ["counter", ":4"]
    assert capfd.readouterr().err == "", "somebody is at the keyboard with half a line"


def test_options_are_offered() -> None:
    assert any(line.startswith("--timeout\t") for line in _words("apply", "--"))


def test_where_nothing_fits_the_shell_offers_files() -> None:
    assert _words("apply", "--config-dir", "") == [":0"]


def test_a_quote_in_the_line_is_no_trouble() -> None:
    assert _words("predict", "echo", "it's") == [":0"]
