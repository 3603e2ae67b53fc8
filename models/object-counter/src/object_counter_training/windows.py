"""Windows of the photograph and how many coins each holds.

A coin counts when at least 80 % of its circle lies in the window; one of which less than 20 % is
to be seen does not; a window that shows a part between of any coin is not used.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from object_counter_training.photograph import Coin, Place

SEEN = 0.8
UNSEEN = 0.2
SIDES = (50, 230)  # pixels, of a square as large as the window
_AT_ONCE = 256

Parts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A rectangle around (x, y), turned by `angle` (radians, clockwise as y points down)."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    @property
    def reach(self) -> tuple[float, float]:
        """How far its corners are from its centre, to the side and up or down."""
        cos, sin = abs(math.cos(self.angle)), abs(math.sin(self.angle))
        return (self.width * cos + self.height * sin) / 2, (self.width * sin + self.height * cos) / 2

    def within(self, place: Place) -> bool:
        """Whether no corner is outside the place."""
        across, down = self.reach
        return (
            place.left <= self.x - across
            and self.x + across <= place.right
            and place.top <= self.y - down
            and self.y + down <= place.bottom
        )

    def cut(self, picture: Image.Image) -> Image.Image:
        """What it shows, at the photograph's own scale."""
        size = (round(self.width), round(self.height))
        if not self.angle:
            left, top = round(self.x - self.width / 2), round(self.y - self.height / 2)
            return picture.crop((left, top, left + size[0], top + size[1]))
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        origin_x = self.x - (cos * self.width - sin * self.height) / 2
        origin_y = self.y - (sin * self.width + cos * self.height) / 2
        turn = (cos, -sin, origin_x, sin, cos, origin_y)
        return picture.transform(size, Image.Transform.AFFINE, turn, Image.Resampling.BILINEAR)

    def seen(self, coins: Sequence[Coin]) -> Parts:
        """The part of each coin's circle that it shows, 0 to 1."""
        parts: Parts = seen_parts([self], coins)[0]
        return parts

    def whole(self, coins: Sequence[Coin]) -> list[tuple[float, float]]:
        """Where in its picture the centres of those coins are that count."""
        return [
            self._within(coin) for coin, seen in zip(coins, self.seen(coins), strict=True) if seen >= SEEN
        ]

    def _within(self, coin: Coin) -> tuple[float, float]:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        x, y = coin.x - self.x, coin.y - self.y
        return x * cos + y * sin + self.width / 2, y * cos - x * sin + self.height / 2


def seen_parts(windows: Sequence[Window], coins: Sequence[Coin]) -> Parts:
    """(windows, coins): the part of each coin's circle that each window shows."""
    frames = np.array([(w.x, w.y, w.width / 2, w.height / 2, w.angle) for w in windows]).reshape(-1, 5, 1, 1)
    circles = np.array([(coin.x, coin.y, coin.radius) for coin in coins]).reshape(-1, 3, 1)
    x, y, half_width, half_height, angle = (frames[:, column] for column in range(5))
    right = circles[:, 0] + _DISC[:, 0] * circles[:, 2] - x
    below = circles[:, 1] + _DISC[:, 1] * circles[:, 2] - y
    cos, sin = np.cos(angle), np.sin(angle)
    across, down = right * cos + below * sin, below * cos - right * sin
    return np.asarray(((np.abs(across) <= half_width) & (np.abs(down) <= half_height)).mean(axis=2))


def count(window: Window, coins: Sequence[Coin]) -> int | None:
    """How many coins the window holds; None when it shows a doubtful part of one."""
    return counts([window], coins)[0]


def counts(windows: Sequence[Window], coins: Sequence[Coin]) -> list[int | None]:
    """Of each window, how many coins it holds; None when it shows a doubtful part of one."""
    seen = seen_parts(windows, coins)
    doubtful = np.any((seen >= UNSEEN) & (seen < SEEN), axis=1)
    held = np.sum(seen >= SEEN, axis=1)
    return [None if doubt else int(number) for doubt, number in zip(doubtful, held, strict=True)]


def random_windows(
    place: Place, coins: Sequence[Coin], rng: np.random.Generator, turned: bool = True
) -> Iterator[tuple[Window, int]]:
    """Windows of the place and how many coins they hold, without end and without the doubtful ones."""
    while True:
        drawn = [_drawn(place, rng, turned) for _ in range(_AT_ONCE)]
        windows = [window for window in drawn if window]
        for window, held in zip(windows, counts(windows, coins), strict=True):
            if held is not None:
                yield window, held


def _drawn(place: Place, rng: np.random.Generator, turned: bool) -> Window | None:
    """Somewhere in the place; None when what was drawn does not fit into it."""
    side, slim = rng.uniform(*SIDES), math.exp(rng.uniform(-0.5, 0.5))
    angle = rng.uniform(-math.pi, math.pi) if turned else 0.0
    width, height = round(side * slim), round(side / slim)
    across, down = Window(0, 0, width, height, angle).reach
    if 2 * across > place.right - place.left or 2 * down > place.bottom - place.top:
        return None
    x = rng.uniform(place.left + across, place.right - across)
    y = rng.uniform(place.top + down, place.bottom - down)
    if not turned:  # whole pixels
        x, y = math.floor(x - across) + across, math.floor(y - down) + down
    return Window(x, y, width, height, angle)


def _disc() -> Parts:
    """Points spread evenly over the unit circle's disc."""
    line = np.linspace(-1, 1, 15)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    inside: Parts = points[(points**2).sum(axis=1) <= 1]
    return inside


_DISC = _disc()
