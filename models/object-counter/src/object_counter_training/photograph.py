"""The photograph, its labels, and the places it is split into."""

import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import numpy as np
from PIL import Image
from skimage import data


@dataclass(frozen=True)
class Coin:
    """A circle that encloses one coin, in pixels of the photograph."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Place:
    """A rectangle of the photograph, in pixels; right and bottom lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, coin: Coin) -> bool:
        """Whether the whole coin lies in it."""
        return (
            self.left <= coin.x - coin.radius
            and coin.x + coin.radius <= self.right
            and self.top <= coin.y - coin.radius
            and coin.y + coin.radius <= self.bottom
        )


# The upper two rows of coins teach, the lower two examine: no coin lies on the line between.
TRAINING = Place(0, 0, 384, 150)
HELD_OUT = Place(0, 150, 384, 303)
# For choosing settings without a look at the held-out half: one part of the upper half against the other.
FITTING = Place(0, 0, 182, 150)
VALIDATION = Place(182, 0, 384, 150)


class Photograph:
    """The picture and its coins."""

    @cached_property
    def picture(self) -> Image.Image:
        """Grey, 384 wide and 303 high; carried in scikit-image's wheel."""
        return Image.fromarray(np.asarray(data.coins(), dtype=np.uint8))

    @cached_property
    def coins(self) -> tuple[Coin, ...]:
        """All 24, row by row."""
        labels = json.loads(resources.files(__package__).joinpath("coins.json").read_text())
        return tuple(Coin(*values) for values in labels["coins"])

    def coins_of(self, place: Place) -> tuple[Coin, ...]:
        """Those that lie wholly in the place."""
        return tuple(coin for coin in self.coins if place.holds(coin))
