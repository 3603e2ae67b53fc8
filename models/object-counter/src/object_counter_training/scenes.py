"""Scenes made of a place's own coins and ground: coins taken away, and coins laid out anew.

The photograph shows its coins in rows. Were that all there is to learn from, the width of a window
would tell the count; so in training coins are painted over, and cut out and laid elsewhere.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from object_counter_training.photograph import Coin, Photograph, Place
from object_counter_training.windows import SEEN, UNSEEN, Window, random_windows

# A picture, and the centres of the coins that count, in its pixels.
Scene = tuple[Image.Image, list[tuple[float, float]]]

_EDGE = 3  # pixels of shadow around a coin
_GAP = 3  # pixels between two coins at least
_TRIES = 20


@dataclass(frozen=True)
class Cutting:
    """A coin with its edge, and how much of each pixel is coin."""

    picture: Image.Image
    mask: Image.Image
    radius: float


class Scenery:
    """One place of the photograph: its coins, its ground with the coins painted over, its cuttings."""

    def __init__(self, photograph: Photograph, place: Place) -> None:
        self.place = place
        self.coins = photograph.coins_of(place)
        self.picture = photograph.picture
        self.ground = _ground(photograph, place)
        self._cuttings = [_cutting(self.picture, coin) for coin in self.coins]

    def windows(self, rng: np.random.Generator) -> Iterator[Scene]:
        """Windows of the photograph, turned, some coins painted over so that 1 to 5 are left; without end."""
        for window, held in random_windows(self.place, self.coins, rng):
            if held:
                left = int(rng.integers(1, min(held, 5) + 1))
                seen = window.seen(self.coins)
                whole = [coin for coin, part in zip(self.coins, seen, strict=True) if part >= SEEN]
                order = [whole[i] for i in rng.permutation(held)]
                yield window.cut(self._without(order[left:])), window.whole(order[:left])

    def layout(self, rng: np.random.Generator) -> Scene:
        """1 to 5 cuttings on a piece of ground, apart from each other, perhaps slivers at the edge."""
        wanted = int(rng.integers(1, 6))
        while True:
            width, height = self._size(wanted, rng)
            scene = self._piece(width, height, rng)
            lying = self._laid(scene, wanted, rng)
            if len(lying) >= wanted:
                return scene, [(coin.x, coin.y) for coin in lying[:wanted]]

    def _without(self, coins: Sequence[Coin]) -> Image.Image:
        if not coins:
            return self.picture
        mask = Image.new("L", self.picture.size)
        for coin in coins:
            ImageDraw.Draw(mask).ellipse(_box(coin, _EDGE), fill=255)
        return Image.composite(self.ground, self.picture, mask.filter(ImageFilter.GaussianBlur(1)))

    def _size(self, wanted: int, rng: np.random.Generator) -> tuple[int, int]:
        side = math.sqrt(wanted) * rng.uniform(48, 95) + 8
        slim = math.exp(rng.uniform(-0.5, 0.5))
        return round(side * slim), round(side / slim)

    def _piece(self, width: int, height: int, rng: np.random.Generator) -> Image.Image:
        tall = self.place.bottom - self.place.top
        wide = self.place.right - self.place.left
        scale = min(1.0, tall / height, wide / width)
        w, h = round(width * scale), round(height * scale)
        left = self.place.left + int(rng.integers(0, wide - w + 1))
        top = self.place.top + int(rng.integers(0, tall - h + 1))
        piece = self.ground.crop((left, top, left + w, top + h))
        return piece.resize((width, height), Image.Resampling.BILINEAR)

    def _laid(self, scene: Image.Image, wanted: int, rng: np.random.Generator) -> list[Coin]:
        frame = Window(scene.width / 2, scene.height / 2, scene.width, scene.height)
        zoom = rng.uniform(0.75, 1.25)
        lying: list[Coin] = []
        slivers = int(rng.integers(0, 3))
        for number in range(wanted + slivers):
            cutting = self._cuttings[int(rng.integers(len(self._cuttings)))]
            ratio = zoom * rng.uniform(0.85, 1.15)
            coin = _free_spot(frame, lying, cutting.radius * ratio, number < wanted, rng)
            if coin:
                lying.append(coin)
                _paste(scene, cutting, coin, ratio, rng)
            elif number < wanted:
                break
        return lying


def _free_spot(
    frame: Window, lying: Sequence[Coin], radius: float, whole: bool, rng: np.random.Generator
) -> Coin | None:
    """Where a coin, or a sliver of one, touches no other; None when none of some tries was free."""
    reach = -0.8 * radius if whole else radius
    across, down = frame.width + reach, frame.height + reach
    if across <= -reach or down <= -reach:
        return None
    x, y = rng.uniform(-reach, across, _TRIES), rng.uniform(-reach, down, _TRIES)
    free = np.ones(_TRIES, dtype=bool)
    for other in lying:
        free &= np.hypot(x - other.x, y - other.y) >= radius + other.radius + _GAP
    spots = [Coin(float(x[i]), float(y[i]), radius) for i in np.flatnonzero(free)]
    for spot, seen in zip(spots, frame.seen(spots), strict=True):
        if seen >= 0.93 if whole else 0 < seen < UNSEEN:
            return spot
    return None


def _paste(scene: Image.Image, cutting: Cutting, coin: Coin, ratio: float, rng: np.random.Generator) -> None:
    side = max(3, round(cutting.picture.width * ratio))
    angle = rng.uniform(0, 360)
    picture, mask = (
        image.rotate(angle, Image.Resampling.BILINEAR).resize((side, side), Image.Resampling.BILINEAR)
        for image in (cutting.picture, cutting.mask)
    )
    scene.paste(picture, (round(coin.x - side / 2), round(coin.y - side / 2)), mask)


def _cutting(picture: Image.Image, coin: Coin) -> Cutting:
    half = math.ceil(coin.radius) + _EDGE
    box = (round(coin.x) - half, round(coin.y) - half, round(coin.x) + half, round(coin.y) + half)
    mask = Image.new("L", (2 * half, 2 * half))
    ImageDraw.Draw(mask).ellipse((2, 2, 2 * half - 3, 2 * half - 3), fill=255)
    return Cutting(picture.crop(box), mask.filter(ImageFilter.GaussianBlur(1)), coin.radius)


def _ground(photograph: Photograph, place: Place) -> Image.Image:
    """The photograph with each coin of the place replaced by the mean of the ground around it, and grain."""
    grey = np.asarray(photograph.picture, dtype=np.float32)
    bare = np.zeros(grey.shape, dtype=np.float32)
    bare[place.top : place.bottom, place.left : place.right] = 1
    across, down = np.meshgrid(np.arange(grey.shape[1]), np.arange(grey.shape[0]))
    for coin in photograph.coins_of(place):
        bare[np.hypot(across - coin.x, down - coin.y) <= coin.radius + _EDGE] = 0
    level = _blurred(grey * bare) / np.maximum(_blurred(bare), 1e-3)
    grain = np.random.default_rng(0).normal(0, 3, grey.shape)
    return Image.fromarray(np.clip(np.where(bare > 0, grey, level + grain), 0, 255).astype(np.uint8))


def _blurred(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Smoothed over some 12 pixels, in float: a Gaussian, along one axis and then the other."""
    kernel = np.exp(-0.5 * (np.arange(-36, 37) / 12.0) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        values = np.apply_along_axis(np.convolve, axis, values, kernel, "same")
    return values


def _box(coin: Coin, edge: float) -> tuple[float, float, float, float]:
    reach = coin.radius + edge
    return coin.x - reach, coin.y - reach, coin.x + reach, coin.y + reach
