"""What a caller sees, out of the archive as SageMaker unpacks it."""

import json
import tarfile
from pathlib import Path

import pytest

import artifact
import inference
from model import Model

GENTOO = {"bill_length_mm": 47.5, "bill_depth_mm": 15.0, "flipper_length_mm": 217, "body_mass_g": 5200}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("artifact")
    artifact.build(directory)
    return directory


@pytest.fixture(scope="module")
def model(built: Path) -> Model:
    with tarfile.open(built / artifact.ARCHIVE) as tar:
        tar.extractall(built / "model", filter="data")
    return inference.model_fn(str(built / "model"))


def test_a_penguin_is_told(model: Model) -> None:
    asked = inference.input_fn(json.dumps(GENTOO), "application/json")
    answer = json.loads(inference.output_fn(inference.predict_fn(asked, model), "application/json"))
    assert answer["species"] == "Gentoo"
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", json.dumps(GENTOO | {"body_mass_g": -1}), json.dumps(GENTOO | {"body_mass_g": "1"})],
)
def test_what_is_no_penguin_is_refused(body: str) -> None:
    with pytest.raises(inference.Refused) as refused:
        inference.input_fn(body, "application/json")
    assert refused.value.status_code == 400


def test_the_archive_holds_all_that_inference_imports(built: Path, model: Model) -> None:
    assert {file.name for file in (built / "model" / "code").iterdir()} == {"inference.py", "model.py"}


def test_the_archive_is_the_same_each_time(built: Path, tmp_path: Path) -> None:
    artifact.build(tmp_path)
    assert (tmp_path / artifact.ARCHIVE).read_bytes() == (built / artifact.ARCHIVE).read_bytes()
