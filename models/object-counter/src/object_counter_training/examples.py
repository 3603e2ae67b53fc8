"""Makes the page's example pictures: `python -m object_counter_training.examples --out ui/examples`.

They are windows of the held-out half; the network has learned from nothing that is on them.
"""

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from object_counter.network import COUNTS
from object_counter_training.photograph import HELD_OUT, Coin, Photograph
from object_counter_training.samples import examining
from object_counter_training.windows import SEEN, Window

LIST = "examples.json"
EACH = 2
# Twice the photograph's own scale: easier to look at.
ZOOM = 2
_SEED, _DRAWN = 11, 150


@dataclass(frozen=True)
class Example:
    """One picture of the page."""

    count: int
    window: Window
    file: str

    def png(self, photograph: Photograph) -> bytes:
        """The picture; the same bytes each time."""
        shown = self.window.cut(photograph.picture)
        large = shown.resize((shown.width * ZOOM, shown.height * ZOOM), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        large.save(out, "PNG", optimize=True)
        return out.getvalue()

    def entry(self) -> dict[str, Any]:
        """What the list says about it."""
        noun = "coin" if self.count == 1 else "coins"
        return {
            "file": self.file,
            "count": self.count,
            "alt": f"Photograph of {self.count} {noun} on a dark ground",
            "window": asdict(self.window),
        }


def chosen(photograph: Photograph) -> list[Example]:
    """Two windows for each count: those that show least of any other coin, and not the same coins twice."""
    coins = photograph.coins_of(HELD_OUT)
    windows = examining(photograph, HELD_OUT, _DRAWN, np.random.default_rng(_SEED))
    return [
        Example(count, window, f"{count}-{'ab'[index]}.png")
        for count in COUNTS
        for index, window in enumerate(_clearest(windows, coins, count))
    ]


def read(folder: Path) -> list[Example]:
    """What a list says."""
    entries = json.loads((folder / LIST).read_text())["examples"]
    return [Example(entry["count"], Window(**entry["window"]), entry["file"]) for entry in entries]


def write(folder: Path, photograph: Photograph) -> None:
    """The pictures and their list."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = chosen(photograph)
    for example in examples:
        (folder / example.file).write_bytes(example.png(photograph))
    about = "Windows of the held-out half of skimage.data.coins(), in its pixels; twice its scale."
    document = {"about": about, "examples": [example.entry() for example in examples]}
    (folder / LIST).write_text(json.dumps(document, indent=2) + "\n")


def _clearest(windows: Sequence[Window], coins: Sequence[Coin], count: int) -> Iterator[Window]:
    holding = [window for window in windows if (window.seen(coins) >= SEEN).sum() == count]
    taken: list[frozenset[int]] = []
    for window in sorted(holding, key=lambda window: _doubt(window, coins)):
        shown = frozenset(np.flatnonzero(window.seen(coins) >= SEEN).tolist())
        if shown not in taken and len(taken) < EACH:
            taken.append(shown)
            yield window


def _doubt(window: Window, coins: Sequence[Coin]) -> float:
    seen = window.seen(coins)
    slender = max(window.width, window.height) / min(window.width, window.height)
    return float(np.where(seen >= SEEN, 1 - seen, seen).sum()) + 0.1 * slender


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m object_counter_training.examples", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    write(parser.parse_args(arguments).out, Photograph())
    return 0


if __name__ == "__main__":
    sys.exit(main())
