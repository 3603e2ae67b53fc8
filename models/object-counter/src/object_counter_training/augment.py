"""Other light, other grain, other sides: the same pictures as another camera might have taken them."""

import numpy as np

from object_counter.network import Array
from object_counter_training.samples import Samples


def varied(samples: Samples, rng: np.random.Generator) -> Samples:
    """Each flipped and turned by quarters, lit, contrasted, blurred and grained at random."""
    turned, cells = _turned(samples.pictures, samples.cells, rng)
    lit = _blurred(turned, rng) * _each(rng, len(turned), 0.6, 1.5) + _light(turned, rng)
    swapped = lit * np.where(rng.random((len(lit), 1, 1)) < 0.1, -1, 1).astype(np.float32)
    grain = rng.standard_normal(swapped.shape, dtype=np.float32) * _each(rng, len(lit), 0.0, 0.15)
    return Samples((swapped + grain).astype(np.float32), samples.classes, cells)


def _turned(pictures: Array, cells: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    mirrored = rng.random(len(pictures)) < 0.5
    quarters = rng.integers(0, 4, len(pictures))
    turned = pictures.copy(), cells.copy()
    for values in turned:
        values[mirrored] = values[mirrored, :, ::-1]
        for quarter in (1, 2, 3):
            chosen = quarters == quarter
            values[chosen] = np.rot90(values[chosen], quarter, axes=(1, 2))
    return turned


def _blurred(pictures: Array, rng: np.random.Generator) -> Array:
    """Mixed with the mean of each pixel and its four neighbours."""
    around = sum(np.roll(pictures, step, axis) for step in (-1, 1) for axis in (1, 2))
    share = np.maximum(_each(rng, len(pictures), -1.0, 1.0), 0)
    mixed: Array = pictures * (1 - share) + (pictures + around) / 5 * share
    return mixed


def _light(pictures: Array, rng: np.random.Generator) -> Array:
    """A lamp from one side, and more or less of it."""
    slope = np.linspace(-1, 1, pictures.shape[1], dtype=np.float32)
    number = len(pictures)
    across = slope[None, None, :] * _each(rng, number, -0.5, 0.5)
    down = slope[None, :, None] * _each(rng, number, -0.5, 0.5)
    light: Array = across + down + _each(rng, number, -0.3, 0.3)
    return light


def _each(rng: np.random.Generator, number: int, low: float, high: float) -> Array:
    return rng.uniform(low, high, (number, 1, 1)).astype(np.float32)
