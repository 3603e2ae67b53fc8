"""Windows of the photograph and how many coins each holds.

A coin counts when at least 80 % of its circle lies in the window; one of which less than 20 % is
to be seen does not; a window that shows a part between of any coin is not used.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from object_counter_training.photograph import Coin, Place

SEEN = 0.8
UNSEEN = 0.2


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

    def seen(self, coins: Sequence[Coin]) -> npt.NDArray[np.float64]:
        """The part of each coin's circle that it shows, 0 to 1."""
        circles = np.array([(coin.x, coin.y, coin.radius) for coin in coins]).reshape(-1, 1, 3)
        away = circles[..., :2] - (self.x, self.y) + _DISC * circles[..., 2:]
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across = away[..., 0] * cos + away[..., 1] * sin
        down = away[..., 1] * cos - away[..., 0] * sin
        inside = (np.abs(across) <= self.width / 2) & (np.abs(down) <= self.height / 2)
        return np.asarray(inside.mean(axis=1))

    def whole(self, coins: Sequence[Coin]) -> list[tuple[float, float]]:
        """Where in its picture the centres of those coins are that count."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        found = []
        for coin, seen in zip(coins, self.seen(coins), strict=True):
            if seen >= SEEN:
                x, y = coin.x - self.x, coin.y - self.y
                found.append((x * cos + y * sin + self.width / 2, y * cos - x * sin + self.height / 2))
        return found


def count(window: Window, coins: Sequence[Coin]) -> int | None:
    """How many coins the window holds; None when it shows a doubtful part of one."""
    seen = window.seen(coins)
    if ((seen >= UNSEEN) & (seen < SEEN)).any():
        return None
    return int((seen >= SEEN).sum())


def random_window(
    place: Place, rng: np.random.Generator, sizes: tuple[float, float] = (50, 230), turned: bool = True
) -> Window | None:
    """Somewhere in the place; None when what was drawn does not fit into it."""
    side, slim = rng.uniform(*sizes), math.exp(rng.uniform(-0.5, 0.5))
    angle = rng.uniform(-math.pi, math.pi) if turned else 0.0
    width, height = round(side * slim), round(side / slim)
    across, down = Window(0, 0, width, height, angle).reach
    if 2 * across > place.right - place.left or 2 * down > place.bottom - place.top:
        return None
    x = rng.uniform(place.left + across, place.right - across)
    y = rng.uniform(place.top + down, place.bottom - down)
    if not turned:
        x, y = math.floor(x - across) + across, math.floor(y - down) + down
    return Window(x, y, width, height, angle)


def _disc() -> npt.NDArray[np.float64]:
    """Points spread evenly over the unit circle's disc."""
    line = np.linspace(-1, 1, 17)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return points[(points**2).sum(axis=1) <= 1]


_DISC = _disc()
