"""Texts to their nearest roles: the whole model, loaded from an artifact's directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experience_linker.encoder import WIDTH, Encoder
from experience_linker.errors import ArtifactError
from experience_linker.layers import Matrix
from experience_linker.manifest import EMBEDDINGS, TAXONOMY, TOKENIZER, WEIGHTS, Manifest
from experience_linker.taxonomy import Role, read_roles


@dataclass(frozen=True)
class Match:
    """A role and how near it is: cosine similarity, at most 1."""

    role: Role
    score: float


@dataclass(frozen=True)
class Link:
    """One text's roles, nearest first; `truncated` when only its first 256 tokens counted."""

    text: str
    matches: tuple[Match, ...]
    truncated: bool


class Linker:
    """Stateless once made; `link` may be called from several threads."""

    def __init__(self, encoder: Encoder, roles: Sequence[Role], embeddings: Matrix, revision: str) -> None:
        self._encoder = encoder
        self._roles = tuple(roles)
        self._embeddings = embeddings
        self.revision = revision

    @classmethod
    def load(cls, directory: Path) -> "Linker":
        """From an artifact's files; ArtifactError when they are not whole or do not fit together."""
        manifest = Manifest.read(directory)
        manifest.check(directory)
        roles = read_roles(directory / TAXONOMY)
        embeddings = _read_embeddings(directory / EMBEDDINGS, len(roles))
        encoder = Encoder.load(directory / WEIGHTS, directory / TOKENIZER)
        return cls(encoder, roles, embeddings, manifest.revision)

    def link(self, texts: Sequence[str], top_k: int) -> list[Link]:
        """The `top_k` nearest roles of each text, in the order of the texts."""
        embedded = self._encoder.embed(texts)
        scores = embedded.vectors @ self._embeddings.T
        return [
            Link(text, self._best(row, top_k), truncated)
            for text, row, truncated in zip(texts, scores, embedded.truncated, strict=True)
        ]

    def _best(self, scores: Matrix, top_k: int) -> tuple[Match, ...]:
        nearest = np.argsort(-scores, kind="stable")[:top_k]
        return tuple(Match(self._roles[i], float(scores[i])) for i in nearest)


def _read_embeddings(path: Path, roles: int) -> Matrix:
    try:
        embeddings: Matrix = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path.name} cannot be read: {error}") from error
    if embeddings.shape != (roles, WIDTH) or embeddings.dtype != np.float32:
        raise ArtifactError(f"{path.name} is {embeddings.shape}, but the taxonomy needs ({roles}, {WIDTH})")
    return embeddings
