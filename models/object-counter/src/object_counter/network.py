"""A small convolutional network in plain numpy: from a 48 × 48 picture to the odds of each count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

# Classes in the order of the network's outputs.
COUNTS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Convolution:
    """Kernel side, step and channels out; as much zero around the picture as half a kernel covers."""

    side: int
    step: int
    channels: int


LAYERS = (
    Convolution(5, 2, 12),
    Convolution(3, 2, 24),
    Convolution(3, 2, 32),
    Convolution(3, 1, 32),
    Convolution(3, 1, 32),
)
# The picture's cells, a side; each says how much of an object has its centre there.
CELLS = 6


class Network:
    """Convolutions, each followed by a rectifier, then one number a cell: their sum is the count.

    `weights` holds `kernel<i>` (side · side · channels in, channels out) and `bias<i>` of the layers,
    `kernel` and `bias` of the cells, and `sharpness`: the logarithm of how fast the odds fall beside the
    count.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.weights = dict(weights)

    @classmethod
    def load(cls, file: Path) -> "Network":
        """From an .npz without pickled content; ValueError or KeyError when it is not one of ours."""
        with np.load(file, allow_pickle=False) as stored:
            weights = {name: stored[name].astype(np.float32) for name in stored.files}
        _check(weights)
        return cls(weights)

    def probabilities(self, pictures: Array) -> Array:
        """(n, 5), each row adding up to 1; pictures are (n, 48, 48).

        Each is counted upright, turned by quarters, and mirrored: the mean of the eight counts is steadier.
        """
        mirrored = (pictures, pictures[:, :, ::-1])
        views = [np.rot90(way, quarter, axes=(1, 2)) for way in mirrored for quarter in range(4)]
        counts: Array = np.mean([self.counted(view) for view in views], axis=0)
        return softmax(self.scores(counts))

    def counted(self, pictures: Array) -> Array:
        """(n): the objects in each picture as it stands, as fractions may be."""
        values = pictures[..., None]
        for index, layer in enumerate(LAYERS):
            values = self.convolved(index, columns(values, layer))
        counts: Array = self.cells(values).sum(axis=(1, 2))
        return counts

    def convolved(self, index: int, patches: Array) -> Array:
        """The rectified answer of one layer to its patches."""
        answer: Array = np.maximum(patches @ self.weights[f"kernel{index}"] + self.weights[f"bias{index}"], 0)
        return answer

    def cells(self, values: Array) -> Array:
        """(n, 6, 6): the objects that have their centre in each cell."""
        found: Array = (values @ self.weights["kernel"] + self.weights["bias"])[..., 0]
        return found

    def scores(self, counts: Array) -> Array:
        """(n, 5): the farther a class is from the count, the less."""
        away = counts[:, None] - np.array(COUNTS, dtype=np.float32)
        score: Array = -np.exp(self.weights["sharpness"]) * away * away
        return score


def columns(values: Array, layer: Convolution) -> Array:
    """(n, rows, columns, side · side · channels): the patch under the kernel at each place."""
    pad = layer.side // 2
    padded = np.pad(values, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    views: Any = np.lib.stride_tricks.sliding_window_view(padded, (layer.side, layer.side), axis=(1, 2))
    taken = views[:, :: layer.step, :: layer.step].transpose(0, 1, 2, 4, 5, 3)
    patches: Array = np.ascontiguousarray(taken).reshape(*taken.shape[:3], -1)
    return patches


def softmax(scores: Array) -> Array:
    """Each row's exponentials, scaled to add up to 1."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    answer: Array = powers / powers.sum(axis=1, keepdims=True)
    return answer


def shapes(layers: Sequence[Convolution] = LAYERS) -> dict[str, tuple[int, ...]]:
    """Of each weight, by name."""
    found: dict[str, tuple[int, ...]] = {}
    channels = 1
    for index, layer in enumerate(layers):
        found[f"kernel{index}"] = (layer.side * layer.side * channels, layer.channels)
        found[f"bias{index}"] = (layer.channels,)
        channels = layer.channels
    return {**found, "kernel": (channels, 1), "bias": (1,), "sharpness": (1,)}


def _check(weights: Mapping[str, Array]) -> None:
    for name, shape in shapes().items():
        if weights[name].shape != shape:
            raise ValueError(f"{name} has the shape {weights[name].shape}, not {shape}")
