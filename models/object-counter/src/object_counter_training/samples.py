"""What is learned from and what is examined with: pictures as the network sees them, and their classes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from object_counter.network import CELLS, COUNTS, Array
from object_counter.pictures import fit
from object_counter_training.photograph import Photograph, Place
from object_counter_training.scenes import Scene, Scenery
from object_counter_training.windows import Window, random_windows

Classes = npt.NDArray[np.int64]
# Of what the network learns from, so much is laid out anew; the rest are windows of the photograph.
LAID_OUT = 0.6


@dataclass(frozen=True)
class Samples:
    """(n, 48, 48) pictures, the index of each one's class, and (n, 6, 6) where its objects are."""

    pictures: Array
    classes: Classes
    cells: Array

    def __len__(self) -> int:
        return len(self.classes)


def teaching(photograph: Photograph, place: Place, number: int, rng: np.random.Generator) -> Samples:
    """Windows of the place and scenes made of it."""
    scenery = Scenery(photograph, place)
    windows = scenery.windows(rng)
    laid_out = rng.random(number) < LAID_OUT
    return stacked(scenery.layout(rng) if laid else next(windows) for laid in laid_out)


def examining(photograph: Photograph, place: Place, each: int, rng: np.random.Generator) -> list[Window]:
    """Plain windows of the photograph, upright and untouched: `each` of every class, no two alike."""
    coins = photograph.coins_of(place)
    found: dict[int, list[Window]] = {number: [] for number in COUNTS}
    for window, held in random_windows(place, coins, rng, turned=False):
        if held in found and len(found[held]) < each and window not in found[held]:
            found[held].append(window)
            if all(len(windows) == each for windows in found.values()):
                break
    return [window for number in COUNTS for window in found[number]]


def seen_by_network(photograph: Photograph, place: Place, windows: Sequence[Window]) -> Samples:
    """The windows' pictures and classes."""
    coins = photograph.coins_of(place)
    return stacked([(window.cut(photograph.picture), window.whole(coins)) for window in windows])


def stacked(scenes: Iterable[Scene]) -> Samples:
    """Pictures with known centres, as the network sees them."""
    pictures, classes, cells = [], [], []
    for picture, centres in scenes:
        pictures.append(fit(picture))
        classes.append(COUNTS.index(len(centres)))
        cells.append(_cells(picture.size, centres))
    return Samples(np.stack(pictures), np.array(classes), np.stack(cells))


def _cells(size: tuple[int, int], centres: Sequence[tuple[float, float]]) -> Array:
    """Each object shared out among the four cells around its centre; they add up to the count."""
    cells = np.zeros((CELLS + 2, CELLS + 2), dtype=np.float32)
    scale, side = CELLS / max(size), max(size)
    for x, y in centres:
        across = min(max((x + (side - size[0]) / 2) * scale, 0), CELLS) + 0.5
        down = min(max((y + (side - size[1]) / 2) * scale, 0), CELLS) + 0.5
        left, top = int(across), int(down)
        right, below = across - left, down - top
        cells[top : top + 2, left : left + 2] += np.outer((1 - below, below), (1 - right, right))
    cells[1], cells[-2] = cells[1] + cells[0], cells[-2] + cells[-1]
    cells[:, 1], cells[:, -2] = cells[:, 1] + cells[:, 0], cells[:, -2] + cells[:, -1]
    return cells[1:-1, 1:-1]
