"""What the model knows."""

import numpy as np
import pytest

from train import trained


def test_it_knows_most_of_the_penguins_that_it_has_not_seen() -> None:
    assert trained()[1] > 0.95


def test_probabilities_are_whole_however_odd_the_penguin() -> None:
    odds = trained()[0].probabilities(np.array([[1.0, 1.0, 1.0, 1.0], [9e4, 9e4, 9e4, 9e4]]))
    assert odds.sum(axis=1) == pytest.approx([1, 1])
