"""The page's pictures come from the held-out half, and the model counts them right."""

import base64
import json
import re
from pathlib import Path

import inference
import pytest
from conftest import ROOT

from object_counter_training.examples import Example, chosen, read
from object_counter_training.photograph import HELD_OUT, TRAINING, Photograph
from object_counter_training.windows import count

FOLDER = ROOT / "ui" / "examples"
EXAMPLES = read(FOLDER)
CONFIG = ROOT.parents[1] / "models_config" / "object-counter" / "config.yaml"


def test_there_are_examples_of_each_count() -> None:
    assert sorted(example.count for example in EXAMPLES) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert {file.name for file in FOLDER.glob("*.png")} == {example.file for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.file)
def test_an_example_is_a_held_out_window_of_so_many_coins(example: Example, photograph: Photograph) -> None:
    assert example.window.within(HELD_OUT)
    assert not example.window.within(TRAINING)
    assert count(example.window, photograph.coins) == example.count
    assert example.png(photograph) == (FOLDER / example.file).read_bytes()


def test_the_list_is_what_the_tool_makes(photograph: Photograph) -> None:
    assert chosen(photograph) == EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.file)
def test_the_model_counts_an_example_right(example: Example, model_dir: Path) -> None:
    model = inference.model_fn(str(model_dir))
    picture = (FOLDER / example.file).read_bytes()
    for body, kind in (
        (picture, "image/png"),
        (json.dumps({"image": base64.b64encode(picture).decode()}), "application/json"),
    ):
        answer = inference.output_fn(
            inference.predict_fn(inference.input_fn(body, kind), model), "application/json"
        )
        assert json.loads(answer)["count"] == example.count


def test_the_configurations_examples_are_counted_right(model_dir: Path) -> None:
    model = inference.model_fn(str(model_dir))
    told = dict(re.findall(r"- name: (\w+)-coins?\n.*?image: (\S+)", CONFIG.read_text(), re.DOTALL))
    counts = {
        name: inference.predict_fn(
            inference.input_fn(json.dumps({"image": image}), "application/json"), model
        )["count"]
        for name, image in told.items()
    }
    assert counts == {"three": 3, "one": 1}
