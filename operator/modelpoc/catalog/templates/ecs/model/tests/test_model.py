"""What the model knows, and that weights.json is what train.py makes."""

from pathlib import Path

import numpy as np
import pytest

from model import Model
from train import read, trained

WEIGHTS = Path(__file__).parents[1] / "weights.json"


def test_it_knows_most_of_the_penguins_that_it_has_not_seen() -> None:
    assert trained()[1] > 0.95


def test_the_weights_are_what_training_gives() -> None:
    rows, _ = read()
    kept, fresh = Model.load(WEIGHTS), trained()[0]
    assert kept.species == fresh.species
    assert kept.probabilities(rows) == pytest.approx(fresh.probabilities(rows), abs=0.01)


def test_probabilities_are_whole_however_odd_the_penguin() -> None:
    odds = Model.load(WEIGHTS).probabilities(np.array([[1.0, 1.0, 1.0, 1.0], [9e4, 9e4, 9e4, 9e4]]))
    assert odds.sum(axis=1) == pytest.approx([1, 1])
