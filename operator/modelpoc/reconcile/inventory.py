"""What the cloud holds, as far as we know: shared by all passes of one account and region."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, replace

from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed

Key = tuple[str, str]


@dataclass(frozen=True)
class _Entry:
    observed: Observed | None
    """None: known not to be there."""
    read_at: float
    """When the read that showed it began, or when our write was answered."""
    written: bool
    deep_at: float = float("-inf")


class Inventory:
    """Entries by (kind, name), each with its age.

    A write's answer enters at once. A read that began before that write, or within `doubt_seconds` of
    it while it contradicts the write, is older than what we know and changes nothing: lists in AWS lag.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, doubt_seconds: float = 5.0) -> None:
        self._clock = clock
        self._doubt = doubt_seconds
        self._entries: dict[Key, _Entry] = {}
        self._index: defaultdict[Hashable, dict[Key, None]] = defaultdict(dict)
        self._listed: dict[str, float] = {}
        self._reserved: dict[str, Mark] = {}

    # what is known

    def get(self, kind: str, name: str) -> Observed | None:
        entry = self._entries.get((kind, name))
        return entry.observed if entry else None

    def of_kind(self, kind: str) -> list[Observed]:
        return self._found(("kind", kind))

    def owned(self, mark: Mark) -> list[Observed]:
        return self._found(mark)

    def all(self) -> list[Observed]:
        return [e.observed for e in self._entries.values() if e.observed]

    def marks(self, fleet: str) -> set[Mark]:
        """Every owner of this fleet (its 8 hex digits) that holds anything."""
        return {o.owner for o in self.all() if o.owner and o.owner.fleet == fleet}

    def pointing_at(self, id: str) -> list[Observed]:
        return self._found(("ref", id))

    def holder(self, claim: str, kind: str) -> Observed | None:
        return next((o for o in self._found(("claim", claim)) if o.kind == kind), None)

    # how old it is

    def age(self, kind: str, name: str) -> float:
        """Seconds since this was read or written; infinite when it never was, or is in doubt."""
        entry = self._entries.get((kind, name))
        return self._clock() - entry.read_at if entry else float("inf")

    def deep_age(self, kind: str, name: str) -> float:
        entry = self._entries.get((kind, name))
        return self._clock() - entry.deep_at if entry else float("inf")

    def doubted(self, kind: str, name: str) -> bool:
        """Whether this must be read before it is acted on."""
        entry = self._entries.get((kind, name))
        return entry is not None and entry.read_at == float("-inf")

    def list_age(self, kind: str) -> float:
        return self._clock() - self._listed.get(kind, float("-inf"))

    # what reads and writes tell

    def wrote(self, observed: Observed) -> None:
        """The answer of a create or update."""
        old = self._entries.get(observed.key)
        deep_at = old.deep_at if old else float("-inf")
        self._put(observed.key, _Entry(observed, self._clock(), written=True, deep_at=deep_at))

    def deleted(self, kind: str, name: str) -> None:
        """The answer of a delete: it is gone."""
        self._put((kind, name), _Entry(None, self._clock(), written=True))

    def doubt(self, kind: str, name: str) -> None:
        """A write's answer was lost, or AWS contradicts us: this must be read before it is acted on."""
        old = self._entries.get((kind, name))
        observed = old.observed if old else None
        self._put((kind, name), _Entry(observed, float("-inf"), written=False))

    def listed(self, kind: str, found: Iterable[Observed], began: float) -> None:
        """A complete listing of `kind` that began at `began` (this inventory's clock)."""
        seen = {o.name: o for o in found}
        for name in {o.name for o in self.of_kind(kind)} - seen.keys():
            self._take(kind, name, None, began, deep=False)
        for name, observed in seen.items():
            self._take(kind, name, observed, began, deep=False)
        self._listed[kind] = began

    def read(
        self, kind: str, asked: Collection[str], found: Iterable[Observed], began: float, deep: bool
    ) -> None:
        """The answer for `asked` names; what is not in `found` is not there."""
        seen = {o.name: o for o in found}
        for name in set(asked) | seen.keys():
            self._take(kind, name, seen.get(name), began, deep)

    def now(self) -> float:
        return self._clock()

    def _take(self, kind: str, name: str, new: Observed | None, began: float, deep: bool) -> None:
        old = self._entries.get((kind, name))
        if old and (old.read_at > began or self._lags(old, new, began)):
            return
        deep_at = began if deep else (old.deep_at if old else float("-inf"))
        self._put((kind, name), _Entry(_merged(old, new, deep), began, False, deep_at))

    def _found(self, term: Hashable) -> list[Observed]:
        return [o for key in self._index.get(term, ()) if (o := self._entries[key].observed)]

    def _put(self, key: Key, entry: _Entry) -> None:
        old = self._entries.get(key)
        if old is None or old.observed is not entry.observed:
            for term in _terms(old.observed if old else None):
                self._index[term].pop(key, None)
            for term in _terms(entry.observed):
                self._index[term][key] = None
        self._entries[key] = entry

    def _lags(self, old: _Entry, new: Observed | None, began: float) -> bool:
        if not old.written or began - old.read_at > self._doubt:
            return False
        if old.observed is None or new is None:
            return (old.observed is None) != (new is None)
        shared = old.observed.fields.keys() & new.fields.keys()
        return any(old.observed.fields[f] != new.fields[f] for f in shared)

    def doubts(self) -> list[Key]:
        """Everything that must be read before it is acted on."""
        return [key for key in self._entries if self.doubted(*key)]

    # what passes are about to take

    def reserve(self, claims: Collection[str], mark: Mark) -> None:
        self._reserved.update(dict.fromkeys(claims, mark))

    def release(self, claims: Collection[str]) -> None:
        for claim in claims:
            self._reserved.pop(claim, None)

    def reserved_by(self, claim: str) -> Mark | None:
        return self._reserved.get(claim)

    def reserved(self) -> frozenset[str]:
        return frozenset(self._reserved)


def _terms(observed: Observed | None) -> Iterable[Hashable]:
    """What an entry is looked up by."""
    if observed is None:
        return
    yield ("kind", observed.kind)
    yield from (("ref", ref) for ref in observed.refs)
    yield from (("claim", claim) for claim in observed.claims)
    if observed.owner:
        yield observed.owner


def _merged(old: _Entry | None, new: Observed | None, deep: bool) -> Observed | None:
    """A fast read says nothing of deep fields: those stay as they were last seen of the same thing."""
    if new is None or old is None or old.observed is None or deep or old.observed.id != new.id:
        return new
    return replace(
        new,
        fields={**old.observed.fields, **new.fields},
        attrs={**old.observed.attrs, **new.attrs},
        refs=new.refs,
    )
