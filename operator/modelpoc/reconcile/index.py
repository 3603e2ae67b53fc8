"""What entries are looked up by: kind, owner, what they point at, what they hold, what is uncertain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from modelpoc.reconcile.entry import NOT_DUE, Doubt, Entry
from modelpoc.reconcile.resource import Phase
from modelpoc.reconcile.steps import Key

_MOVING = frozenset({Phase.SETTLING, Phase.GOING})


class Index:
    """Keys by term, in the order in which they came."""

    def __init__(self) -> None:
        self._keys: defaultdict[Hashable, dict[Key, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._keys)

    def keys(self, term: Hashable) -> list[Key]:
        return list(self._keys.get(term, ()))

    def move(self, key: Key, old: Entry | None, new: Entry | None) -> None:
        """What was known of `key` is now `new`."""
        if _same(old, new):
            return
        before, after = set(_terms(key, old)), set(_terms(key, new))
        for term in before - after:
            self._keys[term].pop(key)
            if not self._keys[term]:
                del self._keys[term]
        for term in after - before:
            self._keys[term][key] = None


def _same(old: Entry | None, new: Entry | None) -> bool:
    if old is None or new is None:
        return False
    return old.observed is new.observed and old.doubt is new.doubt and old.look_at == new.look_at


def _terms(key: Key, entry: Entry | None) -> Iterable[Hashable]:
    """What an entry is looked up by."""
    if entry is None:
        return
    yield from _doubt_terms(entry.doubt)
    observed = entry.observed
    if observed is None:
        yield ("gone", key[0])
        return
    yield ("kind", observed.kind)
    yield ("id", observed.id)
    yield from (("ref", ref) for ref in observed.refs)
    yield from (("claim", claim) for claim in observed.claims)
    if observed.owner:
        yield observed.owner
        if observed.state.phase in _MOVING:
            yield ("moving", observed.kind)
        if entry.look_at < NOT_DUE:
            yield ("contested", observed.owner)


def _doubt_terms(doubt: Doubt | None) -> Iterable[Hashable]:
    if doubt:
        yield "doubt"
        yield ("doubt", doubt.owner)
        yield from (("doubted claim", claim) for claim in doubt.claims)
