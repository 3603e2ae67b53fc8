"""The labels say where the coins of the photograph are, and the places keep the halves apart."""

import math

import numpy as np
import pytest

from object_counter_training.photograph import (
    FITTING,
    HELD_OUT,
    TRAINING,
    VALIDATION,
    Coin,
    Photograph,
    Place,
)


def test_there_are_four_rows_of_six_coins_and_none_touches_another(photograph: Photograph) -> None:
    coins = photograph.coins
    assert len(coins) == 24
    for index, coin in enumerate(coins):
        for other in coins[:index]:
            assert math.hypot(coin.x - other.x, coin.y - other.y) > coin.radius + other.radius


@pytest.mark.parametrize("index", range(24))
def test_a_label_lies_on_a_coin(photograph: Photograph, index: int) -> None:
    # Whatever the light, a coin is brighter than the ground around it.
    grey = np.asarray(photograph.picture, dtype=float)
    coin = photograph.coins[index]
    away = distance(grey, coin) / coin.radius
    assert grey[away < 0.85].mean() > grey[(away > 1.1) & (away < 1.3)].mean() + 25


def test_a_label_encloses_all_that_is_bright_around_it(photograph: Photograph) -> None:
    grey = np.asarray(photograph.picture, dtype=float)
    for coin in photograph.coins:
        away = distance(grey, coin) / coin.radius
        around = grey[(away > 1.12) & (away < 1.25)]
        assert np.quantile(around, 0.9) < np.median(grey[away < 0.85])


def test_the_halves_do_not_overlap_and_no_coin_lies_on_the_line(photograph: Photograph) -> None:
    assert not overlap(TRAINING, HELD_OUT)
    assert len(photograph.coins_of(TRAINING)) == len(photograph.coins_of(HELD_OUT)) == 12


def test_settings_were_chosen_inside_the_training_half(photograph: Photograph) -> None:
    for place in (FITTING, VALIDATION):
        assert TRAINING.left <= place.left < place.right <= TRAINING.right
        assert TRAINING.top <= place.top < place.bottom <= TRAINING.bottom
    assert not overlap(FITTING, VALIDATION)
    assert len(photograph.coins_of(FITTING)) == len(photograph.coins_of(VALIDATION)) == 6


def overlap(one: Place, other: Place) -> bool:
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def distance(grey: np.ndarray, coin: Coin) -> np.ndarray:
    rows, columns = np.indices(grey.shape)
    return np.hypot(columns - coin.x, rows - coin.y)
