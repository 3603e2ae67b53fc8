"""all-MiniLM-L6-v2 in numpy: texts in, unit vectors out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from tokenizers import Tokenizer

from experience_linker.layers import Attention, Block, LayerNorm, Linear, Matrix

# From the model's config.json, sentence_bert_config.json and 1_Pooling/config.json.
LAYERS = 6
HEADS = 12
WIDTH = 384
MAX_TOKENS = 256
NORM_EPSILON = 1e-12

# Texts that go through the layers together: more than this only costs memory.
_TOKENS_AT_ONCE = 1024

Tensors = Mapping[str, Matrix]


@dataclass(frozen=True)
class Embedded:
    """The embeddings of some texts, (texts, 384) and of length 1, and which texts were cut short."""

    vectors: Matrix
    truncated: tuple[bool, ...]


class Encoder:
    """Mean-pooled, L2-normalised sentence embeddings; safe to call from several threads."""

    def __init__(self, tensors: Tensors, tokenizer: Tokenizer) -> None:
        self._words = tensors["embeddings.word_embeddings.weight"]
        # Sentence embedding knows no second segment: its type 0 goes into the positions once.
        self._places = (
            tensors["embeddings.position_embeddings.weight"][:MAX_TOKENS]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _norm(tensors, "embeddings.LayerNorm")
        self._blocks = [_block(tensors, f"encoder.layer.{i}") for i in range(LAYERS)]
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, weights: Path, tokenizer: Path) -> "Encoder":
        """Read model.safetensors and tokenizer.json; raises what safetensors and tokenizers raise."""
        return cls(_read_tensors(weights), _read_tokenizer(tokenizer))

    def embed(self, texts: Sequence[str]) -> Embedded:
        """The embedding of each text, in order; beyond 256 tokens a text does not count."""
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        ids = [np.asarray(encoding.ids) for encoding in encodings]
        vectors = np.empty((len(ids), WIDTH), dtype=np.float32)
        for start, stop in _groups([len(one) for one in ids]):
            vectors[start:stop] = self._forward(ids[start:stop])
        return Embedded(vectors, tuple(bool(encoding.overflowing) for encoding in encodings))

    def _forward(self, ids: list[np.ndarray]) -> Matrix:
        lengths = [len(one) for one in ids]
        stops = np.cumsum(lengths).tolist()
        bounds = [(stop - length, stop) for stop, length in zip(stops, lengths, strict=True)]
        places = np.concatenate([np.arange(length) for length in lengths])
        x = self._norm(self._words[np.concatenate(ids)] + self._places[places])
        for block in self._blocks:
            x = block(x, bounds)
        return unit(np.stack([x[start:stop].mean(axis=0) for start, stop in bounds]))


def _groups(lengths: list[int]) -> Iterator[tuple[int, int]]:
    """[start, stop) of runs of texts that hold about `_TOKENS_AT_ONCE` tokens each."""
    start = tokens = 0
    for i, length in enumerate(lengths):
        if i > start and tokens + length > _TOKENS_AT_ONCE:
            yield start, i
            start, tokens = i, 0
        tokens += length
    if start < len(lengths):
        yield start, len(lengths)


def unit(rows: Matrix) -> Matrix:
    """Each row brought to length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = rows / np.maximum(lengths, np.float32(1e-12))
    return scaled


def _read_tensors(path: Path) -> dict[str, Matrix]:
    """Memory-mapped while it is read, so that the file is never in memory twice."""
    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if not name.startswith("pooler.")]  # noqa: SIM118
        return {name: file.get_tensor(name) for name in names}


def _read_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    # The file pads and cuts to 128; the model was made for 256 and needs no padding here.
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _linear(tensors: Tensors, name: str) -> Linear:
    return Linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])


def _norm(tensors: Tensors, name: str) -> LayerNorm:
    return LayerNorm(tensors[f"{name}.weight"], tensors[f"{name}.bias"], NORM_EPSILON)


def _attention(tensors: Tensors, name: str) -> Attention:
    scale = np.float32(1 / np.sqrt(WIDTH / HEADS))
    query, key, value = (_linear(tensors, f"{name}.{part}") for part in ("query", "key", "value"))
    weight = np.concatenate([query.weight * scale, key.weight, value.weight])
    bias = np.concatenate([query.bias * scale, key.bias, value.bias])
    return Attention(Linear(weight, bias), HEADS)


def _block(tensors: Tensors, name: str) -> Block:
    return Block(
        attention=_attention(tensors, f"{name}.attention.self"),
        attention_out=_linear(tensors, f"{name}.attention.output.dense"),
        attention_norm=_norm(tensors, f"{name}.attention.output.LayerNorm"),
        widen=_linear(tensors, f"{name}.intermediate.dense"),
        narrow=_linear(tensors, f"{name}.output.dense"),
        out_norm=_norm(tensors, f"{name}.output.LayerNorm"),
    )
