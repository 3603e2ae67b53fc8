"""From the photograph to a network and its measured accuracy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from object_counter.network import Network
from object_counter_training.learning import Course, taught
from object_counter_training.photograph import HELD_OUT, TRAINING, Photograph, Place
from object_counter_training.report import Measured
from object_counter_training.samples import examining, seen_by_network, teaching

SEED = 1
TEACHING = 7000
EXAMINING_EACH = 100
_EXAM_SEED = 3


@dataclass(frozen=True)
class Trained:
    """A network, and what it makes of windows it has not seen."""

    network: Network
    measured: Measured


def train(tell: Callable[[str], None], seed: int = SEED, course: Course | None = None) -> Trained:
    """Taught on the upper half of the photograph, examined on the lower; the same each time for a seed."""
    photograph = Photograph()
    rng = np.random.default_rng(seed)
    tell(f"making {TEACHING} pictures of the upper half")
    samples = teaching(photograph, TRAINING, TEACHING, rng)
    network = taught(samples, course or Course(), rng, tell)
    return Trained(network, examined(photograph, network, HELD_OUT))


def examined(photograph: Photograph, network: Network, place: Place) -> Measured:
    """On plain windows of a place, the same ones each time, as many of each count."""
    windows = examining(photograph, place, EXAMINING_EACH, np.random.default_rng(_EXAM_SEED))
    return Measured.of(network, seen_by_network(photograph, place, windows))
