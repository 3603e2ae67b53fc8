"""The pieces of a BERT encoder in numpy, float32 throughout.

Sequences travel packed: the tokens of a whole batch stand one after another in one
(tokens, width) matrix, so that there is no padding, no mask, and a text's embedding
does not depend on its neighbours.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.float32]

# Rows worked on at a time by gelu: 32 x 1536 floats stay in a core's own cache.
_BLOCK_ROWS = 32

# Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: erf to within 1.5e-7,
# as good as float32; numpy has none of its own. Here for erfc(x / sqrt 2) / 2.
_TAIL_P = np.float32(0.3275911 / np.sqrt(2))
_TAIL_A = tuple(
    np.float32(a / 2) for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
)


@dataclass(frozen=True)
class Linear:
    """x @ weight.T + bias; weight is (out, in) as PyTorch keeps it, bias is (out,)."""

    weight: Matrix
    bias: Matrix

    def __call__(self, x: Matrix) -> Matrix:
        y: Matrix = x @ self.weight.T
        y += self.bias
        return y


@dataclass(frozen=True)
class LayerNorm:
    """Each row to mean 0 and variance 1, then scaled and shifted; gain and bias are (width,)."""

    gain: Matrix
    bias: Matrix
    epsilon: float

    def __call__(self, x: Matrix) -> Matrix:
        centred: Matrix = x - x.mean(axis=-1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred)[:, None] / np.float32(x.shape[-1])
        centred /= np.sqrt(variance + np.float32(self.epsilon))
        centred *= self.gain
        centred += self.bias
        return centred


def gelu(x: Matrix) -> Matrix:
    """x * Phi(x), the exact form BERT was trained with (not the tanh one); changes x in place."""
    for start in range(0, len(x), _BLOCK_ROWS):
        _gelu_block(x[start : start + _BLOCK_ROWS])
    return x


def _gelu_block(x: Matrix) -> None:
    # Phi(x) is 1 - tail(|x|) to the right of 0 and tail(|x|) to the left: no masks needed.
    size = np.abs(x)
    tail = _normal_tail(size)
    tail *= size
    np.maximum(x, 0, out=x)
    x -= tail


def _normal_tail(x: Matrix) -> Matrix:
    """1 - Phi(x), for x >= 0."""
    t = x * _TAIL_P
    t += 1
    np.reciprocal(t, out=t)
    y = t * _TAIL_A[0]
    for a in _TAIL_A[1:]:
        y += a
        y *= t
    np.multiply(x, x, out=t)
    t *= np.float32(-0.5)
    np.exp(t, out=t)
    y *= t
    return y


def softmax(scores: Matrix) -> Matrix:
    """Over the last axis, in place."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


@dataclass(frozen=True)
class Attention:
    """Multi-head self-attention; `project` gives query, key and value side by side.

    The query's part of `project` already carries the factor 1/sqrt(head width).
    """

    project: Linear
    heads: int

    def __call__(self, x: Matrix, bounds: list[tuple[int, int]]) -> Matrix:
        """Mix each sequence's rows among themselves; bounds are its [start, stop) rows in x."""
        mixed = np.empty_like(x)
        projected = self.project(x)
        for start, stop in bounds:
            mixed[start:stop] = self._mix(projected[start:stop])
        return mixed

    def _mix(self, projected: Matrix) -> Matrix:
        rows = len(projected)
        query, key, value = projected.reshape(rows, 3, self.heads, -1).transpose(1, 2, 0, 3)
        shares = softmax(query @ key.transpose(0, 2, 1))
        mixed: Matrix = (shares @ value).transpose(1, 0, 2).reshape(rows, -1)
        return mixed


@dataclass(frozen=True)
class Block:
    """One transformer layer, normalised after each half as in the first BERT."""

    attention: Attention
    attention_out: Linear
    attention_norm: LayerNorm
    widen: Linear
    narrow: Linear
    out_norm: LayerNorm

    def __call__(self, x: Matrix, bounds: list[tuple[int, int]]) -> Matrix:
        x = self.attention_norm(x + self.attention_out(self.attention(x, bounds)))
        return self.out_norm(x + self.narrow(gelu(self.widen(x))))
