"""The numpy encoder against values published for sentence-transformers/all-MiniLM-L6-v2."""

import math

import numpy as np
import pytest

from experience_linker.encoder import MAX_TOKENS, Encoder
from experience_linker.layers import gelu, softmax

# https://www.sbert.net/docs/quickstart.html: three sentences and their similarities.
QUICKSTART = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
QUICKSTART_SIMILARITIES = ((1.0, 0.6660, 0.1046), (0.6660, 1.0, 0.1411), (0.1046, 0.1411, 1.0))

# https://www.sbert.net/docs/sentence_transformer/usage/semantic_textual_similarity.html
ROWS = ("The new movie is awesome", "The cat sits outside", "A man is playing guitar")
COLUMNS = ("The dog plays in the garden", "The new movie is so great", "A woman watches TV")
PUBLISHED = ((0.0543, 0.8939, -0.0502), (0.2838, -0.0029, 0.1310), (0.2277, -0.0136, -0.0327))

LONG = "Looked after accounts payable and closed the books every month. " * 60


def test_quickstart_similarities_are_the_published_ones(encoder: Encoder) -> None:
    vectors = encoder.embed(QUICKSTART).vectors
    assert vectors @ vectors.T == pytest.approx(np.array(QUICKSTART_SIMILARITIES), abs=6e-5)


def test_pairs_are_as_similar_as_published(encoder: Encoder) -> None:
    similarities = encoder.embed(ROWS).vectors @ encoder.embed(COLUMNS).vectors.T
    assert similarities == pytest.approx(np.array(PUBLISHED), abs=6e-5)


def test_embeddings_are_unit_vectors_of_384_floats(encoder: Encoder) -> None:
    vectors = encoder.embed(["a", LONG, "née 東京 🚀"]).vectors
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_neighbours_in_a_batch_change_nothing(encoder: Encoder) -> None:
    texts = [*QUICKSTART, LONG, "x", *(" ".join(QUICKSTART) for _ in range(30))]
    together = encoder.embed(texts).vectors
    alone = np.concatenate([encoder.embed([text]).vectors for text in texts])
    assert together == pytest.approx(alone, abs=2e-6)


def test_only_the_first_256_tokens_count_and_it_says_so(encoder: Encoder) -> None:
    embedded = encoder.embed([LONG, LONG + "And then became a diver.", "word " * (MAX_TOKENS - 2)])
    assert embedded.truncated == (True, True, False)
    assert embedded.vectors[0] == pytest.approx(embedded.vectors[1], abs=2e-6)


def test_case_does_not_count_but_words_do(encoder: Encoder) -> None:
    upper, lower, other = encoder.embed(["NURSE", "nurse", "welder"]).vectors
    assert upper @ lower == pytest.approx(1, abs=1e-5)
    assert upper @ other < 0.8


def test_gelu_is_the_exact_one() -> None:
    x = np.linspace(-9, 9, 7001, dtype=np.float32).reshape(-1, 1)
    exact = [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x[:, 0].tolist()]
    assert gelu(x.copy())[:, 0] == pytest.approx(np.array(exact), abs=1e-6)


def test_softmax_survives_large_scores() -> None:
    shares = softmax(np.array([[1000.0, 1000.0, -1000.0]], dtype=np.float32))
    assert shares[0].tolist() == [0.5, 0.5, 0.0]
