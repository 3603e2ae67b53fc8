"""What `modelpoc apply` has shipped, and what it leaves alone; how a model names its own tool."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud import ship
from localcloud.demo.commands import Kubectl
from localcloud.demo.errors import DemoFailed
from localcloud.demo.shipping import Shipping
from localcloud.demo.tool import Tool
from localcloud.lifecycle import LifecycleError
from localcloud.runtime import images
from localcloud.runtime.errors import BuildFailed
from localcloud.state import CloudFiles, write_private

pytestmark = pytest.mark.local
ROOT = Path(__file__).resolve().parents[2]
SERVER = "https://127.0.0.1:6443"
PLATFORM = {"spec": {"artifacts": {"bucket": "models"}}}


@dataclass
class Dock:
    """A cloud's files without the cloud: images are really built, calls to S3 and kubectl are noted."""

    files: CloudFiles
    models: Path
    there: dict[str, Any] | None = None
    """The POC's object, if the cluster has it."""
    new: bool = True
    """Whether S3 lacks the artifact."""
    said: list[str] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    uploaded: list[tuple[str, str]] = field(default_factory=list)

    def model(self, name: str) -> Path:
        folder = self.models / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Dockerfile").write_text('CMD ["python", "main.py"]\n')
        (folder / ".python-version").write_text(f"{sys.version_info[0]}.{sys.version_info[1]}\n")
        return folder

    def ship(self, name: str, runtime: str = "ecs", **part: Any) -> dict[str, Any]:
        shipped = ship.ship(
            name=name,
            models=self.models,
            manifest=manifest(name, runtime, **part),
            platform=PLATFORM,
            server=SERVER,
            tell=self.said.append,
        )
        assert shipped is not None
        return shipped


@pytest.fixture
def dock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dock:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files = CloudFiles.of("dock")
    dock = Dock(files, tmp_path / "models")
    files.root.mkdir(parents=True)
    write_private(files.document, {"endpointUrl": "http://127.0.0.1:1"})
    planes = {files: SimpleNamespace(server=SERVER)}
    monkeypatch.setattr(ship, "cluster_of", planes.get)

    async def artifact(_self: Shipping, name: str, bucket: str, _say: Callable[[str], None]) -> bool:
        dock.uploaded.append((name, bucket))
        return dock.new

    async def kubectl(_self: Kubectl, *words: str) -> str:
        dock.asked.append(words)
        return json.dumps(dock.there) if words[0] == "get" and dock.there else ""

    monkeypatch.setattr(Shipping, "artifact", artifact)
    monkeypatch.setattr(Kubectl, "__init__", lambda *_: None)
    monkeypatch.setattr(Kubectl, "__call__", kubectl)
    monkeypatch.setattr("localcloud.demo.readiness.FINDING_SECONDS", 0.0)
    return dock


def manifest(name: str, runtime: str = "ecs", **part: Any) -> dict[str, Any]:
    spec = {runtime: {"image": "PLACEHOLDER", "port": 80, **part}, "ttl": "3d"}
    return {"kind": "ModelPOC", "metadata": {"name": name, "namespace": "team"}, "spec": spec}


def test_it_is_found_as_an_entry_point() -> None:
    (entry,) = [entry for entry in entry_points(group="modelpoc.shippers") if entry.name == "local"]
    assert entry.load() is ship.ship


@pytest.mark.parametrize("runtime", ["ecs", "sagemaker"])
def test_the_image_is_built_where_the_config_waits_for_it(dock: Dock, runtime: str) -> None:
    dock.model("mine")
    before = manifest("mine", runtime)
    shipped = dock.ship("mine", runtime)
    built = shipped["spec"][runtime]["image"]
    assert images.resolve(built, dock.files.images).reference == built
    before["spec"][runtime]["image"] = built
    assert shipped == before
    assert f"mine: built {built}" in dock.said


def test_a_change_of_the_model_is_another_image(dock: Dock) -> None:
    model = dock.model("mine")
    first = dock.ship("mine")["spec"]["ecs"]["image"]
    assert dock.ship("mine")["spec"]["ecs"]["image"] == first
    (model / "main.py").write_text("print(2)")
    assert dock.ship("mine")["spec"]["ecs"]["image"] != first


def test_a_name_of_the_local_store_is_built_afresh(dock: Dock) -> None:
    dock.model("shared")
    shipped = dock.ship("mine", image="local/shared:v2")["spec"]["ecs"]["image"]
    assert shipped.startswith("local/shared@sha256:")
    assert images.resolve("local/shared:v2", dock.files.images).reference == shipped


@pytest.mark.parametrize(
    "image",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:v1",
        "local/placeholder:latest",
        f"local/mine@sha256:{'0' * 64}",
        "mine:latest",
    ],
)
def test_an_image_of_elsewhere_stays(dock: Dock, image: str) -> None:
    dock.model("mine")
    assert dock.ship("mine", image=image) == manifest("mine", image=image)


def test_without_sources_the_image_stays_and_that_is_told(dock: Dock) -> None:
    assert dock.ship("absent") == manifest("absent")
    assert any("there is no" in line and "models/absent" in line for line in dock.said)
    assert dock.uploaded == []


@pytest.mark.parametrize("own", [{"modelDataUrl": "s3://b/k"}, {"endpointConfigName": "theirs"}])
def test_an_archive_of_elsewhere_stays(dock: Dock, own: dict[str, str]) -> None:
    dock.model("mine")
    dock.ship("mine", "sagemaker", **own)
    assert dock.uploaded == []


def test_an_artifact_goes_to_the_platforms_bucket(dock: Dock) -> None:
    dock.model("mine")
    dock.ship("mine", "sagemaker")
    assert dock.uploaded == [("mine", "models")]


def test_only_a_new_artifact_of_the_same_image_has_the_operator_look(dock: Dock) -> None:
    dock.model("mine")
    dock.ship("mine", "sagemaker")
    assert [words[0] for words in dock.asked] == ["get"], "there is no object yet"

    dock.there = manifest("mine", "sagemaker", image="local/mine@sha256:another")
    dock.ship("mine", "sagemaker")
    assert [words[0] for words in dock.asked[1:]] == ["get"], "the image tells it"

    dock.there = dock.ship("mine", "sagemaker")
    dock.asked.clear()
    dock.ship("mine", "sagemaker")
    assert [words[0] for words in dock.asked] == ["get", "annotate"]
    assert all("team" in words for words in dock.asked)

    dock.new = False
    dock.asked.clear()
    dock.ship("mine", "sagemaker")
    assert dock.asked == []


def test_another_cluster_is_none_of_its_clouds(dock: Dock) -> None:
    words: dict[str, Any] = {"platform": PLATFORM, "tell": dock.said.append, "models": dock.models}
    asked = ship.ship(name="mine", manifest=manifest("mine"), server="https://10.0.0.1:6443", **words)
    assert asked is None
    assert ship.cloud_of(f"{SERVER}/") == dock.files


def test_a_cloud_without_its_aws_says_what_to_do(dock: Dock) -> None:
    dock.files.document.unlink()
    with pytest.raises(LifecycleError, match="modelpoc local up"):
        dock.ship("mine")


def test_no_cloud_at_all_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert ship.cloud_of(SERVER) is None


def test_a_model_that_makes_no_image_says_why(dock: Dock) -> None:
    (dock.model("mine") / "Dockerfile").unlink()
    with pytest.raises(BuildFailed, match="a Dockerfile is needed"):
        dock.ship("mine")


# tools


@pytest.mark.parametrize("model", ["experience-linker", "object-counter"])
def test_the_models_of_this_repository_name_their_tools(model: str) -> None:
    tool = Tool.of(ROOT / "models" / model)
    assert tool is not None
    assert (ROOT / "models" / model / "src" / tool.module.replace(".", "/")).with_suffix(".py").is_file()


def test_a_model_may_have_no_tool(tmp_path: Path) -> None:
    assert Tool.of(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    assert Tool.of(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool", "pyproject.toml"),
        ("[tool.modelpoc]\nartifact = 1", "name the tool"),
        ("[tool.modelpoc.artifact]\ngroups = []", "name the tool"),
        ('[tool.modelpoc.artifact]\nmodule = "a"\ngroup = []', "group is not known: use module, groups"),
        ('[tool.modelpoc.artifact]\nmodule = "a"\nreports = "yes"', "reports must be a bool"),
    ],
)
def test_a_tool_that_is_named_badly_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(BuildFailed, match=says):
        Tool.of(tmp_path)


async def test_a_tool_runs_in_its_models_folder_and_leaves_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `python -m` does by hand: it finds modules and files beside it, wherever this is called from."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model = tmp_path / "models" / "mine"
    model.mkdir(parents=True)
    (model / "data.txt").write_text("learned")
    (model / "helper.py").write_text("from pathlib import Path\nTEXT = Path('data.txt').read_text()\n")
    (model / "tool.py").write_text(
        "import sys, pathlib, helper\nout = pathlib.Path(sys.argv[3])\nout.mkdir()\n"
        "(out / 'weights').write_text(helper.TEXT)\nprint('accuracy 1')\n"
    )
    shipping, said = Shipping(CloudFiles("none", tmp_path), tmp_path / "models"), list[str]()
    tool = Tool("tool", reports=True)
    made = await shipping.made("mine", tool, [sys.executable, "-m", "tool"], said.append)
    assert (made / "weights").read_text() == "learned"
    assert said[-1] == "accuracy 1"
    assert sorted(path.name for path in model.iterdir()) == ["data.txt", "helper.py", "tool.py"]


async def test_data_that_the_image_leaves_out_makes_another_artifact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model = tmp_path / "mine"
    model.mkdir()
    (model / ".dockerignore").write_text("data.txt\n")
    copy = "pathlib.Path(sys.argv[3]).mkdir()\nshutil.copy('data.txt', sys.argv[3])\n"
    (model / "tool.py").write_text(f"import sys, shutil, pathlib\n{copy}")
    shipping, program = Shipping(CloudFiles("none", tmp_path), tmp_path), [sys.executable, "-m", "tool"]
    for text in ("one", "two", "one"):
        (model / "data.txt").write_text(text)
        made = await shipping.made("mine", Tool("tool"), program, lambda _: None)
        assert (made / "data.txt").read_text() == text


async def test_a_tool_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model = tmp_path / "mine"
    model.mkdir()
    (model / "tool.py").write_text("raise SystemExit('no data')\n")
    shipping = Shipping(CloudFiles("none", tmp_path), tmp_path)
    with pytest.raises(DemoFailed, match="no data"):
        await shipping.made("mine", Tool("tool"), [sys.executable, "-m", "tool"], lambda _: None)
