"""What `modelpoc new` lays down is whole, fits the rules of a repository, and comes wholly or not at all."""

from __future__ import annotations

import filecmp
import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelpoc.catalog import load_one, scaffold
from modelpoc.catalog.finding import Severity
from modelpoc.catalog.naming import objection
from modelpoc.catalog.repository import Repository, check
from modelpoc.catalog.scaffold import TEMPLATES, CannotScaffold, Runtime, Scaffold

pytestmark = pytest.mark.unit
RUNTIMES = list(Runtime)


class Place:
    """A folder to work in, as empty as a fresh clone."""

    def __init__(self, root: Path) -> None:
        self.root, self.models, self.configs = root, root / "models", root / "models_config"

    def new(self, name: str, runtime: Runtime = Runtime.ECS) -> Scaffold:
        return scaffold.scaffold(name, runtime, self.models, self.configs)

    def everything(self) -> dict[str, str]:
        """All that is there, and what it holds."""
        return {
            str(path.relative_to(self.root)): path.read_text() if path.is_file() else ""
            for path in sorted(self.root.rglob("*"))
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_is_laid_down_fits_the_rules_of_a_repository(place: Place, runtime: Runtime) -> None:
    made = place.new("first-poc", runtime)
    assert {str(file.relative_to(place.root)) for file in made.files} == {
        name for name, text in place.everything().items() if text
    }
    checked = check(Repository(place.models, place.configs), datetime(2026, 11, 22, tzinfo=UTC))
    assert checked.names == ("first-poc",)
    assert [str(finding) for finding in checked.findings if finding.severity is not Severity.NOTICE] == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_configuration_is_short_and_waits_for_its_image(place: Place, runtime: Runtime) -> None:
    made = place.new("first-poc", runtime)
    assert len((made.config / "config.yaml").read_text().splitlines()) < 12
    poc = load_one(made.config).poc
    assert poc is not None
    assert poc.spec.runtime == runtime.value
    assert (poc.spec.ecs or poc.spec.sagemaker).image == "PLACEHOLDER"  # type: ignore[union-attr]
    assert poc.spec.examples


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", ["a", "zz-top", "2nd", "a--b", "x" * 63])
def test_it_carries_its_own_name_everywhere(place: Place, name: str, runtime: Runtime) -> None:
    made = place.new(name, runtime)
    assert not [file for file in made.files if "my-model" in file.read_text()]
    assert tomllib.loads((made.model / "pyproject.toml").read_text())["project"]["name"] == name
    assert (made.model / "README.md").read_text().startswith(f"# {name}\n")
    packages = tomllib.loads((made.model / "uv.lock").read_text())["package"]
    names = [package["name"] for package in packages]
    assert names == sorted(names), "uv would write it anew"
    assert [p["name"] for p in packages if "virtual" in p["source"]] == [name.replace("--", "-")]


def test_under_the_templates_own_name_nothing_changes(place: Place) -> None:
    made = place.new("my-model")
    for file in made.files[:-1]:
        assert filecmp.cmp(file, TEMPLATES / "ecs" / "model" / file.relative_to(made.model), shallow=False)


def test_a_poc_moves_to_the_other_runtime_with_the_same_model() -> None:
    ecs, sagemaker = TEMPLATES / "ecs" / "model", TEMPLATES / "sagemaker" / "model"
    assert filecmp.cmp(ecs / "model.py", sagemaker / "code" / "model.py", shallow=False)
    assert filecmp.cmp(ecs / "data" / "penguins.csv", sagemaker / "data" / "penguins.csv", shallow=False)


@pytest.mark.parametrize(
    "name", ["my_model", "My-Model", "-a", "a-", "a.b", "a b", "", "ü", "x" * 64, "../a"]
)
def test_a_bad_name_is_refused_as_validate_does(place: Place, name: str) -> None:
    with pytest.raises(CannotScaffold) as refused:
        place.new(name)
    assert str(refused.value) == objection(name) != ""
    assert place.everything() == {}


@pytest.mark.parametrize(("name", "runtime"), [("numpy", Runtime.ECS), ("boto3", Runtime.SAGEMAKER)])
def test_a_package_that_the_model_needs_is_no_name_for_it(place: Place, name: str, runtime: Runtime) -> None:
    with pytest.raises(CannotScaffold, match=f'call it "{name}-poc"'):
        place.new(name, runtime)
    assert place.everything() == {}
    place.new(f"{name}-poc", runtime)


def test_a_poc_of_the_other_runtime_keeps_its_name(place: Place) -> None:
    place.new("mine", Runtime.ECS)
    before = place.everything()
    with pytest.raises(CannotScaffold, match="is there already"):
        place.new("mine", Runtime.SAGEMAKER)
    assert place.everything() == before


def _folder(path: Path) -> None:
    path.mkdir(parents=True)


def _file(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("work of a week")


def _dangling(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("elsewhere")


@pytest.mark.parametrize("side", ["models", "models_config"])
@pytest.mark.parametrize("made", [_folder, _file, _dangling])
def test_nothing_that_is_there_is_touched(place: Place, side: str, made: Callable[[Path], None]) -> None:
    there = place.root / side / "mine"
    made(there)
    before = place.everything()
    with pytest.raises(CannotScaffold, match=f"{side}/mine is there already"):
        place.new("mine")
    assert place.everything() == before


def test_of_what_is_made_meanwhile_nothing_is_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone else makes the second folder after the first has been moved to its place."""
    theirs = place.configs / "mine" / "config.yaml"
    rename = Path.rename

    def meanwhile(self: Path, target: Path) -> Path:
        moved = rename(self, target)
        if target == place.models / "mine":
            theirs.parent.mkdir()
            theirs.write_text("theirs")
        return moved

    monkeypatch.setattr(Path, "rename", meanwhile)
    with pytest.raises(CannotScaffold, match="was made meanwhile"):
        place.new("mine")
    assert [name for name, text in place.everything().items() if text] == ["models_config/mine/config.yaml"]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_broken_off_at_any_step_it_leaves_nothing(
    place: Place, runtime: Runtime, fault: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time one step later, before and after what the step does, until it comes through."""
    steps = 0
    while True:
        with monkeypatch.context() as patch:
            breaking = _Breaking(patch, steps, fault)
            try:
                place.new("mine", runtime)
            except type(fault):
                assert place.everything() == {}, f"after {steps} steps"
        if not breaking.broke:
            break
        steps += 1
    assert steps > 2 * 15
    assert len([text for text in place.everything().values() if text]) >= 15


class _Breaking:
    """Raises `fault` at the n-th time that something is about to be written, or has just been."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, fault: BaseException) -> None:
        self._left, self._fault, self.broke = at, fault, False
        for name in ("mkdir", "write_text", "rename"):
            patch.setattr(Path, name, self._wrapped(getattr(Path, name)))

    def _wrapped(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._step()
            done = write(*args, **kwargs)
            self._step()
            return done

        return wrapped

    def _step(self) -> None:
        if not self.broke and self._left == 0:
            self.broke = True
            raise self._fault
        self._left -= 1


def test_what_tools_leave_in_a_template_stays_there(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = tmp_path / "templates"
    shutil.copytree(TEMPLATES, used)
    for left in (".venv/bin/python", "__pycache__/app.pyc", "tests/__pycache__/test.pyc", ".pytest_cache/x"):
        (used / "ecs" / "model" / left).parent.mkdir(parents=True, exist_ok=True)
        (used / "ecs" / "model" / left).write_bytes(b"\xff")
    monkeypatch.setattr(scaffold, "TEMPLATES", used)
    made = place.new("mine")
    assert not [file for file in made.files if "cache" in str(file) or ".venv" in file.parts]


def test_two_halves_in_one_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotScaffold, match="two folders"):
        scaffold.scaffold("mine", Runtime.ECS, tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_not_there_are_made(tmp_path: Path) -> None:
    made = scaffold.scaffold("mine", Runtime.ECS, tmp_path / "a" / "b", tmp_path / "c" / "d")
    assert made.files[-1] == tmp_path / "c" / "d" / "mine" / "config.yaml"
    assert all(file.is_file() for file in made.files)
