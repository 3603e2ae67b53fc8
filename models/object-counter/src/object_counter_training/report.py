"""How well the network does on windows it has never seen, beside what guessing would give."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from object_counter.network import COUNTS, Network
from object_counter_training.samples import Samples


@dataclass(frozen=True)
class Measured:
    """(5, 5): how many windows of each count (row) were told to hold each count (column)."""

    confusion: npt.NDArray[np.int64]

    @classmethod
    def of(cls, network: Network, samples: Samples) -> "Measured":
        """What the network makes of the samples."""
        told = network.probabilities(samples.pictures).argmax(axis=1)
        confusion = np.zeros((len(COUNTS), len(COUNTS)), dtype=np.int64)
        np.add.at(confusion, (samples.classes, told), 1)
        return cls(confusion)

    @property
    def windows(self) -> int:
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """The part that was told right."""
        return float(np.trace(self.confusion) / self.windows)

    @property
    def baseline(self) -> float:
        """What always naming the most frequent count would give."""
        return float(self.confusion.sum(axis=1).max() / self.windows)

    def summary(self) -> dict[str, Any]:
        """For the archive."""
        return {
            "windows": self.windows,
            "accuracy": round(self.accuracy, 4),
            "majorityClassBaseline": round(self.baseline, 4),
            "confusion": self.confusion.tolist(),
        }

    def text(self) -> str:
        """For people."""
        head = "        told " + "".join(f"{number:>5}" for number in COUNTS)
        rows = [
            f"{f'holds {number}':>12} " + "".join(f"{cell:>5}" for cell in row)
            for number, row in zip(COUNTS, self.confusion, strict=True)
        ]
        figures = (
            f"held-out windows       {self.windows}\n"
            f"accuracy               {self.accuracy:.3f}\n"
            f"majority-class guess   {self.baseline:.3f}"
        )
        return "\n".join([figures, "", head, *rows])
