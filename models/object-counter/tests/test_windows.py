"""How many coins a window holds, and that what is learned from and examined with never meets."""

import math
from functools import cached_property
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from object_counter_training.photograph import HELD_OUT, TRAINING, Coin, Photograph, Place
from object_counter_training.samples import examining, seen_by_network, teaching
from object_counter_training.windows import Window, count, random_windows

ONE = [Coin(50, 50, 20)]


class HalfNoise(Photograph):
    """The photograph with one half gone."""

    def __init__(self, gone: Place) -> None:
        self._gone = gone

    @cached_property
    def picture(self) -> Image.Image:
        grey = np.asarray(Photograph().picture).copy()
        gone = self._gone
        part = grey[gone.top : gone.bottom, gone.left : gone.right]
        part[:] = np.random.default_rng(0).integers(0, 256, part.shape)
        return Image.fromarray(grey)


@pytest.mark.parametrize(
    ("window", "held"),
    [
        (Window(50, 50, 60, 60), 1),
        (Window(50, 50, 60, 60, math.pi / 4), 1),
        (Window(50, 50, 40, 40), 1),  # touching all four edges
        (Window(84, 50, 100, 60), 1),  # its outermost twentieth is cut off
        (Window(100, 50, 100, 60), None),  # half of it
        (Window(94, 50, 100, 60), None),  # seven tenths
        (Window(114, 50, 100, 60), 0),  # a sliver
        (Window(200, 50, 60, 60), 0),
    ],
)
def test_a_coin_counts_when_nearly_all_of_it_is_seen(window: Window, held: int | None) -> None:
    assert count(window, ONE) == held


def test_windows_of_the_photograph_hold_what_eyes_see_there(photograph: Photograph) -> None:
    seen = {
        Window(44, 54, 60, 60): 1,
        Window(72, 55, 120, 60): 2,
        Window(73, 90, 120, 150): 4,
        Window(192, 45, 384, 90): 6,
        Window(192, 226, 384, 152): 12,
    }
    assert {window: count(window, photograph.coins) for window in seen} == seen


def test_centres_are_where_a_turned_cut_shows_them() -> None:
    dot = Image.new("L", (200, 200))
    dot.paste(255, (118, 68, 123, 73))
    window = Window(110, 80, 70, 50, 0.7)
    ((x, y),) = window.whole([Coin(120, 70, 3)])
    rows, columns = np.nonzero(np.asarray(window.cut(dot)) > 200)
    assert (columns.mean(), rows.mean()) == pytest.approx((x, y), abs=1)


def test_random_windows_stay_in_their_place(photograph: Photograph) -> None:
    rng = np.random.default_rng(0)
    for place, other in ((TRAINING, HELD_OUT), (HELD_OUT, TRAINING)):
        for turned in (True, False):
            drawn = islice(random_windows(place, photograph.coins_of(place), rng, turned), 200)
            for window, held in drawn:
                assert window.within(place)
                assert not window.within(other)
                assert held == count(window, photograph.coins)


def test_no_held_out_window_overlaps_the_training_half(photograph: Photograph) -> None:
    windows = examining(photograph, HELD_OUT, 8, np.random.default_rng(3))
    assert len(windows) == 40
    assert all(window.y - window.reach[1] >= TRAINING.bottom for window in windows)
    counts = [count(window, photograph.coins) for window in windows]
    assert all(counts.count(number) == 8 for number in (1, 2, 3, 4, 5))


def test_what_is_learned_from_does_not_change_with_the_held_out_half(photograph: Photograph) -> None:
    real = teaching(photograph, TRAINING, 150, np.random.default_rng(5))
    blinded = teaching(HalfNoise(HELD_OUT), TRAINING, 150, np.random.default_rng(5))
    assert np.array_equal(real.pictures, blinded.pictures)
    assert np.array_equal(real.classes, blinded.classes)


def test_what_is_examined_with_does_not_change_with_the_training_half(photograph: Photograph) -> None:
    windows = examining(photograph, HELD_OUT, 5, np.random.default_rng(3))
    real = seen_by_network(photograph, HELD_OUT, windows)
    blinded = seen_by_network(HalfNoise(TRAINING), HELD_OUT, windows)
    assert np.array_equal(real.pictures, blinded.pictures)


def test_a_blinded_half_is_noticed_by_its_own_windows(photograph: Photograph) -> None:
    real = teaching(photograph, TRAINING, 10, np.random.default_rng(5))
    blinded = teaching(HalfNoise(TRAINING), TRAINING, 10, np.random.default_rng(5))
    assert not np.array_equal(real.pictures, blinded.pictures)


def test_the_cells_of_a_sample_add_up_to_its_count(photograph: Photograph) -> None:
    samples = teaching(photograph, TRAINING, 200, np.random.default_rng(6))
    assert samples.cells.sum(axis=(1, 2)) == pytest.approx(samples.classes + 1, abs=1e-4)
    assert set(samples.classes) == {0, 1, 2, 3, 4}
