"""Lengths of time on a command line."""

from __future__ import annotations

import pytest

from modelpoc.cli.faces import CliError
from modelpoc.cli.periods import seconds, short, told

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "length"),
    [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("1.5h", 5400)],
)
def test_a_length_is_read(text: str, length: float) -> None:
    assert seconds(text, "--since") == length


@pytest.mark.parametrize("text", ["", "m", "ten minutes", "-5m", "5 m", "5y"])
def test_another_text_is_refused_with_the_option_s_name(text: str) -> None:
    with pytest.raises(CliError, match="--since"):
        seconds(text, "--since")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_length_is_told(length: float, words: str) -> None:
    assert told(length) == words


@pytest.mark.parametrize(("length", "word"), [(-3, "0s"), (59, "59s"), (3599, "59m"), (86_400, "1d")])
def test_an_age_is_one_word(length: float, word: str) -> None:
    assert short(length) == word
