"""How the POCs that a commit changed are doing: pure, from their statuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from modelpoc.api.conditions import ConditionStatus, ConditionType

Manifest = Mapping[str, Any]


class State(StrEnum):
    """In the words of GitHub's commit statuses."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True)
class Verdict:
    """Of one commit. `about` says it in a line."""

    state: State
    about: str

    @property
    def settled(self) -> bool:
        return self.state is not State.PENDING


def judge(changed: Collection[str], leaving: Collection[str], live: Iterable[Manifest]) -> Verdict:
    """Success once all that changed are Ready and all that leave are gone, failure with the first POC that
    needs someone."""
    there = {item["metadata"]["name"]: item for item in live}
    failed = [told for name in sorted(changed) if name in there and (told := _stalled(name, there[name]))]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return Verdict(State.FAILURE, f"{failed[0]}{more}")
    waiting = [name for name in sorted(changed) if name not in there or not _done(there[name])]
    staying = [name for name in sorted(leaving) if name in there and name not in changed]
    if waiting or staying:
        parts = [_told("waiting for", waiting), _told("removing", staying)]
        return Verdict(State.PENDING, "; ".join(part for part in parts if part))
    gone = sorted(set(leaving) - set(changed))
    parts = [_told("done:", [_how(name, there[name]) for name in sorted(changed)]), _told("removed", gone)]
    said = "; ".join(part for part in parts if part)
    return Verdict(State.SUCCESS, said or "the cluster is as this commit asks")


def _how(name: str, item: Manifest) -> str:
    """`name Ready`, or whatever else it settled at."""
    return f"{name} {(item.get('status') or {}).get('reason', '')}".rstrip()


def _done(item: Manifest) -> bool:
    """Ready, or settled otherwise: a suspended or expired POC is as it should be. One that is being deleted
    is still to be made again."""
    if item["metadata"].get("deletionTimestamp"):
        return False
    return _is(item, ConditionType.READY) or (
        _condition(item, ConditionType.RECONCILING).get("status") == ConditionStatus.FALSE
        and _condition(item, ConditionType.STALLED).get("status") == ConditionStatus.FALSE
        and _current(item)
    )


def _stalled(name: str, item: Manifest) -> str:
    if not _is(item, ConditionType.STALLED):
        return ""
    found = _condition(item, ConditionType.STALLED)
    return f"{name}: {found.get('reason', '')}: {found.get('message', '')}"


def _is(item: Manifest, kind: ConditionType) -> bool:
    return _current(item) and _condition(item, kind).get("status") == ConditionStatus.TRUE


def _current(item: Manifest) -> bool:
    """Whether the status is about the spec as it is now."""
    seen = (item.get("status") or {}).get("observedGeneration")
    return bool(seen == item["metadata"].get("generation"))


def _condition(item: Manifest, kind: ConditionType) -> Mapping[str, Any]:
    conditions = (item.get("status") or {}).get("conditions") or ()
    return next((c for c in conditions if c.get("type") == kind), {})


def _told(verb: str, names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    return f"{verb} {shown}" if names else ""
