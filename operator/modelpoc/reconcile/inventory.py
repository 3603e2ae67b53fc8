"""What the cloud holds, as far as we know: shared by all passes of one account and region."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import replace

from modelpoc.reconcile.entry import (
    NEVER,
    Answer,
    Doubt,
    Entry,
    after_delete,
    after_doubt,
    after_read,
    after_write,
)
from modelpoc.reconcile.index import Index
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed
from modelpoc.reconcile.steps import Key


class Inventory:
    """Entries by (kind, name), each with its age.

    A write's answer enters at once. A read that began before that answer, or that contradicts it within
    `doubt_seconds`, is older than what we know and changes nothing: lists in AWS lag. It is asked again
    once that time is over. Where a write's answer was lost, the thing is in doubt until a read shows it,
    or shows nothing after `doubt_seconds`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, doubt_seconds: float = 5.0) -> None:
        self._clock = clock
        self._lag = doubt_seconds
        self._entries: dict[Key, Entry] = {}
        self._index = Index()
        self._listed: dict[str, float] = {}
        self._arrivals: Counter[str] = Counter()
        self._reserved: dict[str, Mark] = {}
        self._begun = clock()
        self._switched: dict[Mark, float] = {}

    # what is known

    def get(self, kind: str, name: str) -> Observed | None:
        entry = self._entries.get((kind, name))
        return entry.observed if entry else None

    def of_kind(self, kind: str) -> list[Observed]:
        return self._found(("kind", kind))

    def owned(self, mark: Mark) -> list[Observed]:
        return self._found(mark)

    def moving(self, kind: str) -> list[Observed]:
        """What AWS is at work on, whoever of us owns it."""
        return self._found(("moving", kind))

    def all(self) -> list[Observed]:
        return [e.observed for e in self._entries.values() if e.observed]

    def marks(self, fleet: str) -> set[Mark]:
        """Every owner of this fleet (its 8 hex digits) that holds anything."""
        return {o.owner for o in self.all() if o.owner and o.owner.fleet == fleet}

    def with_id(self, id: str) -> list[Observed]:
        """What AWS calls so."""
        return self._found(("id", id))

    def pointing_at(self, id: str) -> list[Observed]:
        return self._found(("ref", id))

    def holders(self, claim: str, kind: str) -> list[Observed]:
        """AWS may let two hold what we give to one only."""
        return [o for o in self._found(("claim", claim)) if o.kind == kind]

    # how old it is

    def age(self, kind: str, name: str) -> float:
        """Seconds since this was read or written; infinite when it never was, or must be read again."""
        entry = self._entries.get((kind, name))
        if entry is None or entry.look_at <= self._clock():
            return float("inf")
        return self._clock() - entry.read_at

    def deep_age(self, kind: str, name: str) -> float:
        entry = self._entries.get((kind, name))
        return self._clock() - entry.deep_at if entry else float("inf")

    def deep_doubted(self, kind: str, name: str) -> bool:
        """Whether a write to its deep fields may or may not have been carried out."""
        entry = self._entries.get((kind, name))
        return entry is not None and entry.deep_doubt

    def listed_at(self, kind: str) -> float:
        """When the last complete listing began."""
        return self._listed.get(kind, NEVER)

    def arrivals(self, kind: str) -> int:
        """How often a thing of this kind was found that we did not know: there may be more inside it."""
        return self._arrivals[kind]

    def switched(self, mark: Mark) -> None:
        """Traffic of this owner was led from one thing to another just now."""
        self._switched[mark] = self._clock()

    def switch_age(self, mark: Mark) -> float:
        """Seconds since then. Whoever was there before us may have done so until we began."""
        return self._clock() - self._switched.get(mark, self._begun)

    # what is uncertain

    def doubted(self, kind: str, name: str) -> bool:
        """Whether this must be read before it is acted on."""
        entry = self._entries.get((kind, name))
        return entry is not None and entry.doubt is not None

    def doubts(self, mark: Mark | None = None) -> list[Key]:
        """Everything that must be read before it is acted on; of one owner, when one is named."""
        return self._index.keys("doubt" if mark is None else ("doubt", mark))

    def contested(self, mark: Mark) -> list[Key]:
        """Things of this owner that an answer spoke against, and that it is time to read again."""
        now = self._clock()
        return [key for key in self._index.keys(("contested", mark)) if self._entries[key].look_at <= now]

    # what reads and writes tell

    def wrote(self, observed: Observed, deep: bool = False) -> None:
        """The answer of a create or update; `deep`: its deep fields are what was written just now."""
        self._put(observed.key, after_write(self._entries.get(observed.key), observed, self._clock(), deep))

    def deleted(self, kind: str, name: str) -> None:
        """The answer of a delete: it is gone."""
        self._put((kind, name), after_delete(self._clock()))

    def set_aside(self, kind: str, name: str) -> None:
        """Another is to bear this name: the one that bears it now goes by its id as well."""
        if old := self.get(kind, name):
            self.deleted(kind, name)
            self.wrote(replace(old, name=_second_name(old)))

    def doubt(
        self, kind: str, name: str, mark: Mark | None = None, claims: frozenset[str] = frozenset()
    ) -> None:
        """A write's answer was lost, or AWS contradicts us: this must be read before it is acted on.

        Until then `claims` are as good as taken by `mark`.
        """
        doubt = Doubt(self._clock(), mark, claims)
        self._put((kind, name), after_doubt(self._entries.get((kind, name)), doubt))

    def listed(self, kind: str, found: Iterable[Observed] | None, began: float) -> None:
        """A complete listing of `kind` that began at `began` (this inventory's clock).

        None: things of this kind are not listed, only read by name.
        """
        if found is not None:
            seen = self._told_apart(found)
            for name in self._names(kind) - seen.keys():
                self._take(kind, name, Answer(None, began, listing=True))
            for name, observed in seen.items():
                self._take(kind, name, Answer(observed, began, listing=True))
            self._forget_gone(kind, began)
        self._listed[kind] = max(began, self.listed_at(kind))

    def read(
        self, kind: str, asked: Collection[str], found: Iterable[Observed], began: float, deep: bool
    ) -> None:
        """The answer for `asked` names; what is not in `found` is not there."""
        seen = {o.name: o for o in found}
        for name in set(asked) | seen.keys():
            self._take(kind, name, Answer(seen.get(name), began, deep))

    def now(self) -> float:
        return self._clock()

    # what passes are about to take

    def reserve(self, claims: Collection[str], mark: Mark) -> None:
        """What is reserved already stays with whom it is."""
        for claim in claims:
            self._reserved.setdefault(claim, mark)

    def release(self, claims: Collection[str]) -> None:
        for claim in claims:
            self._reserved.pop(claim, None)

    def reserved_by(self, claim: str) -> Mark | None:
        if claim in self._reserved:
            return self._reserved[claim]
        doubts = (self._entries[key].doubt for key in self._index.keys(("doubted claim", claim)))
        return next((d.owner for d in doubts if d), None)

    def reserved(self) -> frozenset[str]:
        doubts = (self._entries[key].doubt for key in self._index.keys("doubt"))
        return frozenset(self._reserved).union(*(d.claims for d in doubts if d))

    # inside

    def _told_apart(self, found: Iterable[Observed]) -> dict[str, Observed]:
        """By name. A second of the same name goes by its id too, so that it is seen and collected."""
        seen: dict[str, Observed] = {}
        for observed in sorted(found, key=lambda o: not self._known(o)):
            name = observed.name if observed.name not in seen else _second_name(observed)
            seen[name] = observed if name == observed.name else replace(observed, name=name)
        return seen

    def _names(self, kind: str) -> set[str]:
        """Of all that is there, or may be."""
        keys = (
            *self._index.keys(("kind", kind)),
            *(key for key in self._index.keys("doubt") if key[0] == kind),
        )
        return {name for _, name in keys}

    def _known(self, observed: Observed) -> bool:
        known = self.get(*observed.key)
        return known is not None and known.id == observed.id

    def _forget_gone(self, kind: str, began: float) -> None:
        for key in self._index.keys(("gone", kind)):
            entry = self._entries[key]
            if entry.doubt is None and max(entry.read_at, entry.written_at) + self._lag < began:
                self._drop(key)

    def _take(self, kind: str, name: str, answer: Answer) -> None:
        old = self._entries.get((kind, name))
        new = after_read(old, answer, self._clock(), self._lag)
        if new is old:
            return
        was = old.observed.id if old and old.observed else None
        if new.observed and new.observed.id != was:
            self._arrivals[kind] += 1
        self._put((kind, name), new)

    def _found(self, term: Hashable) -> list[Observed]:
        return [o for key in self._index.keys(term) if (o := self._entries[key].observed)]

    def _put(self, key: Key, entry: Entry) -> None:
        self._index.move(key, self._entries.get(key), entry)
        self._entries[key] = entry

    def _drop(self, key: Key) -> None:
        self._index.move(key, self._entries.pop(key), None)


def _second_name(observed: Observed) -> str:
    return f"{observed.name} ({observed.id})"
