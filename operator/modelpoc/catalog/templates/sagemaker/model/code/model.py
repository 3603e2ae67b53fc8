"""The model: which species a penguin is, by a linear classifier of four measurements."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FEATURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """`weights` (features, species) and `bias` (species) for rows that `mean` and `scale` have made alike."""

    species: tuple[str, ...]
    mean: Array
    scale: Array
    weights: Array
    bias: Array

    def probabilities(self, rows: Array) -> Array:
        """(n, species) for (n, features), as they were measured."""
        scores = (rows - self.mean) / self.scale @ self.weights + self.bias
        odds: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
        whole: Array = odds.sum(axis=1, keepdims=True)
        return odds / whole

    def predict(self, measured: dict[str, float]) -> dict[str, object]:
        """The likeliest species of one penguin, and how likely each is."""
        odds = self.probabilities(np.array([[measured[name] for name in FEATURES]]))[0]
        named = {name: round(float(p), 4) for name, p in zip(self.species, odds, strict=True)}
        return {"species": self.species[int(odds.argmax())], "probabilities": named}

    def save(self, file: Path) -> None:
        """As JSON: small enough to be read, and safe to load."""
        arrays = {name: getattr(self, name) for name in ("mean", "scale", "weights", "bias")}
        plain = {name: np.round(array, 4).tolist() for name, array in arrays.items()}
        file.write_text(json.dumps({"species": self.species, **plain}, indent=2) + "\n")

    @classmethod
    def load(cls, file: Path) -> "Model":
        """What `save` wrote."""
        plain = json.loads(file.read_text())
        arrays = {name: np.array(plain[name]) for name in ("mean", "scale", "weights", "bias")}
        return cls(species=tuple(plain["species"]), **arrays)
