"""What a commit changes in the cluster: pure, from what is wanted and what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelpoc.api.meta import COMMIT, PRUNE, PRUNE_ALLOW, PRUNE_KEEP, SOURCE, SYNCED_FROM

Manifest = dict[str, Any]

CLI_MANAGER = "modelpoc-cli"
"""Whoever `modelpoc apply` writes as: Git takes over what it stated."""


@dataclass(frozen=True)
class Pruning:
    """How much may go at once: `share` of what was synced, one at least; with `allowed`, so many."""

    enabled: bool = True
    share: float = 0.334
    allowed: int | None = None

    def most(self, owned: int) -> int:
        if self.allowed is not None:
            return max(self.allowed, 0)
        return max(1, int(owned * self.share))


@dataclass(frozen=True)
class Decision:
    """Names, each in one of these."""

    write: tuple[str, ...] = ()
    """To be made or changed."""
    keep: tuple[str, ...] = ()
    """As they should be."""
    drifted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of those to be written, the ones that this commit was applied to before, with what differs now."""
    claimed: Mapping[str, str] = field(default_factory=dict)
    """Held by another source, which is named."""
    going: tuple[str, ...] = ()
    """Still being deleted: to be made again once they are gone."""
    prune: tuple[str, ...] = ()
    """To be deleted."""
    held: tuple[str, ...] = ()
    """Left the repository, but too many at once."""
    kept: tuple[str, ...] = ()
    """Left the repository, but are told to stay."""
    most: int = 0
    """How many may go at once."""


def decide(wanted: Mapping[str, Manifest], live: Iterable[Manifest], key: str, pruning: Pruning) -> Decision:
    """`live`: all POCs of the namespace; `key`: the source's, which marks what is its own."""
    there = {item["metadata"]["name"]: item for item in live}
    own = [item for item in there.values() if label(item) == key and not _going(item)]
    claimed = {name: told for name in wanted if (told := _claim(there.get(name), key))}
    going = [name for name in wanted if name in there and _going(there[name]) and name not in claimed]
    rest = [name for name in wanted if name not in claimed and name not in going]
    write = [name for name in rest if name not in there or lacks(wanted[name], there[name])]
    drifted = {
        name: lacks(wanted[name], there[name])
        for name in write
        if name in there and _commit(there[name]) == _commit(wanted[name]) and label(there[name]) == key
    }
    prune, held, kept, most = _pruned(
        [i for i in own if i["metadata"]["name"] not in wanted], len(own), pruning
    )
    return Decision(
        write=tuple(write),
        keep=tuple(name for name in rest if name not in write),
        drifted=drifted,
        claimed=claimed,
        going=tuple(going),
        prune=prune,
        held=held,
        kept=kept,
        most=most,
    )


def _pruned(
    left: list[Manifest], owned: int, pruning: Pruning
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int]:
    """What goes, what is held back, what stays by its annotation, and how many may go at once."""
    most = pruning.most(owned)
    said = {item["metadata"]["name"]: notes(item).get(PRUNE) for item in left}
    kept = tuple(sorted(n for n, word in said.items() if word == PRUNE_KEEP or not pruning.enabled))
    allowed = [n for n, word in said.items() if word == PRUNE_ALLOW and n not in kept]
    asked = [n for n in said if n not in kept and n not in allowed]
    if len(asked) > most:
        return tuple(sorted(allowed)), tuple(sorted(asked)), kept, most
    return tuple(sorted([*allowed, *asked])), (), kept, most


def lacks(want: Manifest, have: Manifest) -> tuple[str, ...]:
    """The fields that `want` states and `have` does not hold, as in `spec.ecs.image`."""
    meta, held = want["metadata"], have["metadata"]
    marks = [
        f"metadata.{part}.{key}"
        for part in ("labels", "annotations")
        for key, value in meta.get(part, {}).items()
        if (held.get(part) or {}).get(key) != value
    ]
    return (*_differing("spec", want["spec"], have.get("spec")), *marks)


def _differing(at: str, want: Any, have: Any) -> list[str]:
    """A field that is not stated is nobody's business; a list is stated as a whole."""
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        return [
            field for key, value in want.items() for field in _differing(f"{at}.{key}", value, have.get(key))
        ]
    if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        pairs = enumerate(zip(want, have, strict=True))
        return [field for i, (one, other) in pairs for field in _differing(f"{at}[{i}]", one, other)]
    return [] if want == have else [at]


def has_cli_claims(item: Manifest) -> bool:
    """Whether `modelpoc apply` states fields of it."""
    managers = item["metadata"].get("managedFields") or ()
    return any(m.get("manager") == CLI_MANAGER and m.get("operation") == "Apply" for m in managers)


def label(item: Manifest) -> str:
    return str((item["metadata"].get("labels") or {}).get(SYNCED_FROM, ""))


def notes(item: Manifest) -> Mapping[str, str]:
    return item["metadata"].get("annotations") or {}


def _commit(item: Manifest) -> str:
    return notes(item).get(COMMIT, "")


def _claim(item: Manifest | None, key: str) -> str:
    """Which other source has it; "" for none."""
    if item is None or label(item) in ("", key):
        return ""
    return notes(item).get(SOURCE) or f"a source with the label {label(item)}"


def _going(item: Manifest) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))
