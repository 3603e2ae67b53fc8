"""What the demo ships: one POC of each runtime."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A model of this repository: `name` is its POC's, and of its folders in `models` and `models_config`."""

    name: str
    page: str = ""
    """Folder of its public page, below the model's."""
    picture: str = ""
    """A picture of that page to ask about; else the first example of its configuration is asked."""
    local: tuple[tuple[str, str], ...] = ()
    """Variables of its container that only a cloud on loopback needs."""


LINKER = Example("experience-linker")
COUNTER = Example(
    "object-counter",
    page="ui",
    picture="examples/3-a.png",
    local=(("OBJECT_COUNTER_ALLOW_PRIVATE", "1"),),
)
EXAMPLES = (LINKER, COUNTER)
