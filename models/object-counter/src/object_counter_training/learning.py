"""Teaches the network: gradients by hand, Adam, and the mean of the last weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from object_counter.network import COUNTS, LAYERS, Array, Convolution, Network, columns, shapes, softmax
from object_counter_training.augment import varied
from object_counter_training.samples import Classes, Samples

Weights = dict[str, Array]


@dataclass(frozen=True)
class Course:
    """How it is taught."""

    rounds: int = 10
    batch: int = 32
    rate: float = 1.5e-2
    decay: float = 1e-4
    smoothing: float = 0.02
    placing: float = 0.3  # the weight of where, beside how many
    keep: float = 0.995  # of the weights' running mean, at each step


def taught(
    samples: Samples, course: Course, rng: np.random.Generator, tell: Callable[[str], None]
) -> Network:
    """A network that has seen the samples `course.rounds` times, each time varied anew."""
    network = Network(fresh(rng))
    optimizer = Adam(network.weights)
    mean = {name: value.copy() for name, value in network.weights.items()}
    steps = course.rounds * (len(samples) // course.batch)
    losses: list[float] = []
    for step, batch in enumerate(_batches(samples, course, rng)):
        loss, gradients = gradient(network, varied(batch, rng), course)
        losses.append(loss)
        optimizer.step(gradients, _rate(course, step / steps), course.decay)
        kept = min(course.keep, (step + 1) / (step + 10))
        for name, value in network.weights.items():
            mean[name] += (1 - kept) * (value - mean[name])
        if (step + 1) % (steps // course.rounds) == 0:
            tell(f"round {(step + 1) * course.rounds // steps}: loss {np.mean(losses):.3f}")
            losses.clear()
    return Network(mean)


def fresh(rng: np.random.Generator) -> Weights:
    """Random weights to begin with, of the size that suits rectifiers (He et al., 2015)."""
    weights: Weights = {}
    for name, shape in shapes().items():
        spread = np.sqrt(2 / shape[0]) if len(shape) > 1 else 0.0
        weights[name] = (rng.standard_normal(shape) * spread).astype(np.float32)
    weights["kernel"] *= 0.1
    return weights


def gradient(network: Network, batch: Samples, course: Course) -> tuple[float, Weights]:
    """How wrong the network is about a batch, and how that changes with each weight.

    Wrong about the class (cross-entropy), and about where the objects are (squared error of the cells).
    """
    patches, outputs = _forward(network, batch.pictures)
    cells = network.cells(outputs[-1])
    counts = cells.sum(axis=(1, 2))
    scores = network.scores(counts)
    odds = softmax(scores)
    target = _target(odds, batch.classes, course.smoothing)
    misplaced = cells - batch.cells
    loss = float((np.logaddexp.reduce(scores, axis=1) - (target * scores).sum(axis=1)).mean())
    loss += course.placing * float((misplaced**2).sum(axis=(1, 2)).mean())
    error = (odds - target) / len(counts)
    away = counts[:, None] - np.array(COUNTS, dtype=np.float32)
    sharp = np.exp(network.weights["sharpness"])
    found: Weights = {"sharpness": -(error * sharp * away * away).sum(keepdims=True)[0]}
    by_count = -(error * 2 * sharp * away).sum(axis=1)
    by_cell = by_count[:, None, None] + 2 * course.placing * misplaced / len(counts)
    flat = by_cell.reshape(-1, 1).astype(np.float32)
    found["kernel"] = outputs[-1].reshape(len(flat), -1).T @ flat
    found["bias"] = flat.sum(axis=0)
    back = by_cell[..., None].astype(np.float32) * network.weights["kernel"][:, 0]
    return loss, found | _backward(network, patches, outputs, back)


def _backward(network: Network, patches: list[Array], outputs: list[Array], back: Array) -> Weights:
    """The gradients of all layers, from what flows back into the last one's output."""
    found: Weights = {}
    for index in reversed(range(len(LAYERS))):
        flowing = np.where(outputs[index] > 0, back, 0).reshape(-1, LAYERS[index].channels)
        found[f"kernel{index}"] = patches[index].reshape(len(flowing), -1).T @ flowing
        found[f"bias{index}"] = flowing.sum(axis=0)
        if index:
            spread = (flowing @ network.weights[f"kernel{index}"].T).reshape(patches[index].shape)
            back = _gathered(spread, LAYERS[index], outputs[index - 1].shape)
    return found


class Adam:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019); changes the weights in place."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._first = {name: np.zeros_like(value) for name, value in weights.items()}
        self._second = {name: np.zeros_like(value) for name, value in weights.items()}
        self._steps = 0

    def step(self, gradients: Weights, rate: float, decay: float) -> None:
        """One move against the gradients."""
        self._steps += 1
        for name, found in gradients.items():
            first, second = self._first[name], self._second[name]
            first += 0.1 * (found - first)
            second += 0.001 * (found * found - second)
            usual = first / (1 - 0.9**self._steps)
            spread = np.sqrt(second / (1 - 0.999**self._steps)) + 1e-8
            self._weights[name] -= np.float32(rate) * (
                usual / spread + np.float32(decay) * self._weights[name]
            )


def _forward(network: Network, pictures: Array) -> tuple[list[Array], list[Array]]:
    patches: list[Array] = []
    outputs: list[Array] = []
    values = pictures[..., None]
    for index, layer in enumerate(LAYERS):
        patches.append(columns(values, layer))
        values = network.convolved(index, patches[-1])
        outputs.append(values)
    return patches, outputs


def _gathered(spread: Array, layer: Convolution, shape: tuple[int, ...]) -> Array:
    """What flows back into each place: the sum over all patches that it is part of."""
    number, rows, across, channels = shape
    pad = layer.side // 2
    whole = np.zeros((number, rows + 2 * pad, across + 2 * pad, channels), dtype=np.float32)
    height, width = spread.shape[1:3]
    parts = spread.reshape(number, height, width, layer.side, layer.side, channels)
    for i in range(layer.side):
        for j in range(layer.side):
            rows_of = slice(i, i + layer.step * height, layer.step)
            whole[:, rows_of, j : j + layer.step * width : layer.step] += parts[:, :, :, i, j]
    return whole[:, pad : pad + rows, pad : pad + across]


def _target(odds: Array, classes: Classes, smoothing: float) -> Array:
    target = np.full_like(odds, smoothing / odds.shape[1])
    target[np.arange(len(classes)), classes] += 1 - smoothing
    return target


def _rate(course: Course, done: float) -> float:
    """Up over the first twentieth, then down along half a cosine."""
    return course.rate * min(1.0, done * 20 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * done)))


def _batches(samples: Samples, course: Course, rng: np.random.Generator) -> Iterator[Samples]:
    for _ in range(course.rounds):
        order = rng.permutation(len(samples))
        for start in range(0, len(order) - course.batch + 1, course.batch):
            chosen = order[start : start + course.batch]
            yield Samples(samples.pictures[chosen], samples.classes[chosen], samples.cells[chosen])
