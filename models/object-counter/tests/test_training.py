"""The network really learns: its gradients are right, and it counts what it has not seen."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Built

from object_counter.network import Array, Network
from object_counter_training.archive import packed, weights
from object_counter_training.learning import Course, fresh, gradient, taught
from object_counter_training.photograph import HELD_OUT, TRAINING, Photograph
from object_counter_training.report import Measured
from object_counter_training.samples import Samples, teaching
from object_counter_training.training import examined

COURSE = Course(rounds=1)


def test_held_out_accuracy_is_far_above_the_guess(built: Built) -> None:
    measured = built.trained.measured
    assert measured.windows == 500
    assert measured.baseline == pytest.approx(0.2)
    assert measured.accuracy >= 0.9
    recalls = measured.confusion.diagonal() / measured.confusion.sum(axis=1)
    assert recalls.min() >= 0.8


def test_the_report_shows_accuracy_baseline_and_confusion(built: Built) -> None:
    text = built.trained.measured.text()
    assert f"accuracy               {built.trained.measured.accuracy:.3f}" in text
    assert "majority-class guess   0.200" in text
    assert len(text.splitlines()) == 3 + 1 + 6


def test_the_archive_carries_what_was_measured(built: Built, model_dir: Path) -> None:
    told = json.loads((model_dir / "measured.json").read_text())
    assert told == built.trained.measured.summary()
    stored = Network.load(model_dir / "model.npz")
    assert examined(Photograph(), stored, HELD_OUT).accuracy == built.trained.measured.accuracy


def test_an_untaught_network_only_guesses(photograph: Photograph) -> None:
    untaught = Network(fresh(np.random.default_rng(1)))
    assert examined(photograph, untaught, HELD_OUT).accuracy < 0.5


def test_the_readme_tells_the_figures_as_measured(built: Built) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert f"{built.trained.measured.accuracy:.3f}" in readme


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(few: Samples) -> None:
    def archive(seed: int) -> bytes:
        network = taught(few, COURSE, np.random.default_rng(seed), lambda _: None)
        return packed(network, Measured.of(network, few))

    assert archive(1) == archive(1)
    assert archive(1) != archive(2)


def test_gradients_are_what_small_steps_show(few: Samples) -> None:
    begun = fresh(np.random.default_rng(4))
    network = Network({name: off_the_kinks(name, value) for name, value in begun.items()})
    batch = Samples(few.pictures[:6].astype(np.float64), few.classes[:6], few.cells[:6])
    _, found = gradient(network, batch, COURSE)
    rng = np.random.default_rng(7)
    for name, value in network.weights.items():
        for index in rng.choice(value.size, min(4, value.size), replace=False):
            assert found[name].flat[index] == pytest.approx(
                slope(network, batch, name, index), rel=0.02, abs=2e-4
            ), name


def off_the_kinks(name: str, value: Array) -> Any:
    """In double precision; with biases, as rectifiers of blank ground would stand at exactly 0 without."""
    bias = np.random.default_rng(len(name)).normal(0, 0.05, value.shape) if name.startswith("bias") else 0
    return value.astype(np.float64) + bias


def slope(network: Network, batch: Samples, name: str, index: int) -> float:
    losses = []
    for step in (1e-5, -1e-5):
        network.weights[name].flat[index] += step
        losses.append(gradient(network, batch, COURSE)[0])
        network.weights[name].flat[index] -= step
    return (losses[0] - losses[1]) / 2e-5


def test_weights_are_stored_without_pickle_and_checked_when_loaded(tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    whole = fresh(np.random.default_rng(1))
    file.write_bytes(weights(Network(whole)))
    assert Network.load(file).weights.keys() == whole.keys()
    file.write_bytes(weights(Network({**whole, "kernel": whole["kernel"][1:]})))
    with pytest.raises(ValueError, match="kernel has the shape"):
        Network.load(file)
    file.write_bytes(weights(Network({"kernel": whole["kernel"]})))
    with pytest.raises(KeyError):
        Network.load(file)
    np.savez(file, kernel=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        Network.load(file)


@pytest.fixture(scope="module")
def few(photograph: Photograph) -> Samples:
    """Enough to take some steps with."""
    return teaching(photograph, TRAINING, 128, np.random.default_rng(9))
