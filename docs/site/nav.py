"""The order in which a reader meets the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Nav = list[dict[str, Any]]

HOME = "index.md"
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Begin": (
        "first-poc.md",
        "concepts.md",
        "models/experience-linker.md",
        "models/object-counter.md",
    ),
    "Work with it": (
        "git.md",
        "workflows.md",
        "notifications.md",
        "function.md",
        "health/README.md",
        "metrics.md",
    ),
    "When it does not work": ("troubleshooting.md", "conditions.md"),
    "Run it": ("aws-account.md", "install.md", "image.md", "local-cloud.md"),
    "Reference": (
        "reference/README.md",
        "reference/config.md",
        "reference/older-form.md",
        "reference/platform.md",
        "reference/status.md",
        "reference/platform-status.md",
        "reference/commands.md",
        "reference/aws-actions.md",
    ),
    "Work on it": ("house.md", "add-a-resource.md", "contributing.md", "changelog.md"),
}
"""A page that is not written yet is passed over; one that stands nowhere here comes under "More"."""
DECISIONS = "decisions/"


def navigation(texts: Mapping[str, str]) -> Nav:
    """Zensical's `nav` over the pages that there are, each called by its first heading."""
    named = {path for paths in SECTIONS.values() for path in paths} | {HOME}
    decisions = sorted(path for path in texts if path.startswith(DECISIONS))
    more = sorted(path for path in texts if path not in named and path not in decisions)
    found = {name: _entries(paths, texts) for name, paths in {**SECTIONS, "More": more}.items()}
    if decisions:
        found["Work on it"].append({"Decisions": _entries(decisions, texts)})
    return [{"modelpoc": HOME}, *({name: entries} for name, entries in found.items() if entries)]


def _entries(paths: Iterable[str], texts: Mapping[str, str]) -> Nav:
    return [{title(texts[path]): path} for path in paths if path in texts]


def title(text: str) -> str:
    """A page's first heading."""
    return next(line[2:].strip() for line in text.splitlines() if line.startswith("# "))
