"""What is known of one thing, and what a further answer of the cloud makes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed, Phase

NEVER = float("-inf")
NOT_DUE = float("inf")


@dataclass(frozen=True)
class Doubt:
    """A write may or may not have been carried out."""

    since: float
    owner: Mark | None = None
    """Whose write it was."""
    claims: frozenset[str] = frozenset()
    """What it may have taken."""


@dataclass(frozen=True)
class Entry:
    """Times are the inventory's clock's."""

    observed: Observed | None
    """None: known not to be there."""
    read_at: float
    """When the read that showed it began, or when our write was answered."""
    put_at: float
    """When it became known."""
    written_at: float = NEVER
    """When our last write was answered; reads since then agree with it."""
    deep_at: float = NEVER
    look_at: float = NOT_DUE
    """From when on it must be read again, because an answer contradicted it."""
    doubt: Doubt | None = None
    deep_doubt: bool = False
    """A doubt ended by a look at fast fields only: what the write did to the deep ones is still open."""


@dataclass(frozen=True)
class Answer:
    """What one read says of one thing."""

    observed: Observed | None
    began: float
    deep: bool = False
    listing: bool = False
    """It was not asked for by name: something that became known meanwhile may be left out."""


def after_read(old: Entry | None, answer: Answer, now: float, lag: float) -> Entry:
    """`old`, but for `look_at`, when the answer is older than what is known or may lag behind a write."""
    if old is None:
        return _taken(None, answer, now)
    if old.doubt:
        return old if _proves_nothing(old.doubt, answer, lag) else _taken(old, answer, now)
    if answer.began < old.read_at:
        return old
    if answer.began - old.written_at < lag and contradicts(old.observed, answer.observed):
        return replace(old, look_at=min(old.look_at, old.written_at + lag))
    if answer.listing and answer.observed is None and old.observed and old.put_at > answer.began:
        return replace(old, look_at=now)
    return _taken(old, answer, now)


def after_write(old: Entry | None, observed: Observed, now: float, deep: bool) -> Entry:
    same = old is not None and old.observed is not None and old.observed.id == observed.id
    deep_at = now if deep else old.deep_at if old and same else NEVER
    open_ = not deep and old is not None and same and old.deep_doubt
    merged = _merged(old, observed, deep)
    return Entry(merged, now, now, written_at=now, deep_at=deep_at, deep_doubt=open_)


def after_delete(now: float) -> Entry:
    return Entry(None, now, now, written_at=now)


def after_doubt(old: Entry | None, doubt: Doubt) -> Entry:
    return Entry(old.observed if old else None, NEVER, doubt.since, doubt=doubt, deep_doubt=True)


def contradicts(known: Observed | None, new: Observed | None) -> bool:
    """Whether `new` cannot be what became of `known`, shortly after we wrote it."""
    if known is None or new is None:
        going = known is not None and known.state.phase is Phase.GOING
        return known is not new and not going
    if known.id != new.id:
        return True
    if known.state.phase is Phase.GOING and new.state.phase is not Phase.GOING:
        return True
    shared = known.fields.keys() & new.fields.keys()
    return any(known.fields[name] != new.fields[name] for name in shared)


def _proves_nothing(doubt: Doubt, answer: Answer, lag: float) -> bool:
    """A read that began before the doubt; or one that shows nothing, so soon that it may just lag."""
    return answer.began < doubt.since or (answer.observed is None and answer.began - doubt.since < lag)


def _taken(old: Entry | None, answer: Answer, now: float) -> Entry:
    deep_at = answer.began if answer.deep else old.deep_at if old else NEVER
    written_at = old.written_at if old else NEVER
    merged = _merged(old, answer.observed, answer.deep)
    if old and old.observed == merged:
        merged = old.observed  # the very same: nothing to index anew
    open_ = not answer.deep and merged is not None and old is not None and old.deep_doubt
    return Entry(merged, answer.began, now, written_at=written_at, deep_at=deep_at, deep_doubt=open_)


def _merged(old: Entry | None, new: Observed | None, deep: bool) -> Observed | None:
    """A fast read says nothing of deep fields: those stay as they were last seen of the same thing."""
    if new is None or old is None or old.observed is None or deep or old.observed.id != new.id:
        return new
    fields = {**old.observed.fields, **new.fields}
    return replace(new, fields=fields, attrs={**old.observed.attrs, **new.attrs})
