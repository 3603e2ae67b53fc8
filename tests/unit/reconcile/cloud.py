"""A cloud in memory, with a clock of its own and faults on request: what the engine is tried on.

It refuses what real clouds refuse (a name in use, a thing that others point at), lags in what it lists
when told to, loses answers, and lets its caller crash between any two steps.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeVar

from modelpoc.reconcile.errors import AlreadyThere, AnswerLost, CloudError, Gone, NotYet, Retry, Taken
from modelpoc.reconcile.inventory import Inventory
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Observed, Phase, State

T = TypeVar("T")

CALL = 0.05
"""Seconds that a call takes."""
SETTLE, GO = 7.0, 4.0
LAG = 3.0
"""How far behind a stale read may be; less than the inventory's doubt."""


class Crash(BaseException):
    """The process that made the call is no more."""


class Fault(Enum):
    ERROR = "the call fails and does nothing"
    LOST_UNDONE = "the answer is lost, nothing was done"
    LOST_DONE = "the answer is lost, but it was carried out"
    CRASH_BEFORE = "the caller dies before it is carried out"
    CRASH_AFTER = "the caller dies when it was carried out"
    STALE = "a read shows how things were a moment ago"


_READ_FAULTS = frozenset({Fault.ERROR, Fault.STALE, Fault.CRASH_BEFORE, Fault.CRASH_AFTER})


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Thing:
    """What the cloud holds under one id."""

    id: str
    kind: str
    name: str
    fields: Mapping[str, Any]
    deep: frozenset[str] = frozenset()
    attrs: Mapping[str, Any] = field(default_factory=dict)
    refs: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()
    settles_at: float = float("-inf")
    gone_at: float | None = None
    before: Thing | None = None
    """What it goes back to when it breaks."""
    doomed: bool = False
    failed: str = ""

    def state(self, now: float) -> State:
        if self.gone_at is not None:
            return State(Phase.GOING, "Deleting", "it is going")
        if self.failed:
            return State(Phase.BROKEN, "Broke", f"{self.failed} does not work")
        if now < self.settles_at:
            return State(Phase.SETTLING, "Starting", "it is starting")
        return State()

    def observed(self, now: float, deep: bool) -> Observed:
        fields = {k: v for k, v in self.fields.items() if deep or k not in self.deep}
        refs = self.refs | (self.before.refs if self.before and now < self.settles_at else frozenset())
        return Observed(
            self.kind,
            self.name,
            self.id,
            fields=fields,
            attrs={"id": self.id, "failed": self.failed, **self.attrs},
            refs=refs,
            claims=self.claims,
            owner=Mark.parse(self.fields.get("mark")),
            state=self.state(now),
        )


class Cloud:
    """Things by id. `unique` kinds have at most one thing of a name."""

    def __init__(self, clock: Clock | None = None, unique: Iterable[str] = ()) -> None:
        self.clock = clock or Clock()
        self.unique = frozenset(unique)
        self.things: dict[str, Thing] = {}
        self.coming: deque[Fault | None] = deque()
        """Faults of the next calls, one for each."""
        self.scripted: defaultdict[str, deque[Fault | CloudError | None]] = defaultdict(deque)
        """Faults of the next calls of one operation, such as "create Sign"."""
        self.calls: Counter[str] = Counter()
        self.writes: list[str] = []
        self.refused: list[str] = []
        """Calls that a caller who keeps the order does not make."""
        self._past: deque[tuple[float, dict[str, Thing]]] = deque(maxlen=200)
        self._next = 1

    # what calls do

    def create(self, thing: Thing) -> Thing:
        self.progress()
        if thing.kind in self.unique and self.named(thing.kind, thing.name):
            raise AlreadyThere(f"{thing.kind} {thing.name} exists")
        self._whole(thing)
        made = replace(thing, id=f"{thing.kind.lower()}-{self._next}")
        self._next += 1
        return self.put(made)

    def update(self, id: str, change: Callable[[Thing], Thing]) -> Thing:
        self.progress()
        old = self.things.get(id)
        if old is None or old.gone_at is not None:
            raise Gone(f"{id} is not there")
        new = change(old)
        self._whole(new)
        return self.put(new)

    def delete(self, id: str, seconds: float = 0.0) -> Thing | None:
        self.progress()
        if id not in self.things:
            raise Gone(f"{id} is not there")
        if users := [t.id for t in self.things.values() if id in t.observed(self.clock(), False).refs]:
            self.refused.append(f"delete {id}, which {users} point at")
            raise NotYet(f"{id} is in use by {users}")
        if seconds:
            return self.put(replace(self.things[id], gone_at=self.clock() + seconds))
        self._remember()
        del self.things[id]
        return None

    def _whole(self, thing: Thing) -> None:
        if lost := [r for r in thing.refs if r not in self.things]:
            raise Gone(f"{thing.kind} {thing.name} refers to {lost}, which is not there")

    # inside

    def put(self, thing: Thing) -> Thing:
        self._remember()
        self.things[thing.id] = thing
        return thing

    def named(self, kind: str, name: str) -> Thing | None:
        return next((t for t in self.things.values() if (t.kind, t.name) == (kind, name)), None)

    def owned(self, mark: Mark) -> list[Thing]:
        self.progress()
        return [t for t in self.things.values() if t.fields.get("mark") == str(mark)]

    def progress(self) -> None:
        """What time brings: the end of what is going, and of what does not work."""
        now = self.clock()
        for thing in list(self.things.values()):
            if thing.gone_at is not None and thing.gone_at <= now:
                self._remember()
                del self.things[thing.id]
            elif thing.doomed and thing.settles_at <= now:
                self.put(_broken(thing))

    def seen(self, stale: bool) -> list[Thing]:
        self.progress()
        if not stale:
            return list(self.things.values())
        old = [things for at, things in self._past if at >= self.clock() - LAG]
        return list((old[0] if old else self.things).values())

    def hide(self, thing: Thing) -> None:
        """Stale reads from now on show it not to be there."""
        self._past.clear()
        self._past.append((self.clock(), {i: t for i, t in self.things.items() if i != thing.id}))

    def _remember(self) -> None:
        self._past.append((self.clock(), dict(self.things)))


def _broken(thing: Thing) -> Thing:
    bad = str(thing.fields["sheet"])
    return replace(thing.before or thing, doomed=False, before=None, failed=bad, settles_at=thing.settles_at)


class Session:
    """One process's access to the cloud: what kinds are given as their scope."""

    def __init__(self, cloud: Cloud, inventory: Inventory) -> None:
        self.cloud, self.inventory = cloud, inventory
        self.account, self.region = "000000000000", "nowhere"
        self.dead = False

    async def write(self, operation: str, effect: Callable[[], T]) -> T:
        fault = await self._begin(operation)
        if fault in (Fault.LOST_UNDONE, Fault.CRASH_BEFORE):
            self._end(fault)
        self.cloud.writes.append(operation)
        result = effect()
        await self._answer()
        self._end(fault)
        return result

    async def read(self, operation: str, look: Callable[[Iterable[Thing], float], T]) -> T:
        fault = await self._begin(operation)
        if fault is Fault.CRASH_BEFORE:
            self._end(fault)
        result = look(self.cloud.seen(fault is Fault.STALE), self.cloud.clock())
        await self._answer()
        self._end(fault if fault is Fault.CRASH_AFTER else None)
        return result

    async def _begin(self, operation: str) -> Fault | None:
        self._living()
        self.cloud.calls[operation] += 1
        await self.cloud.clock.sleep(CALL)
        self._living()
        fault = self._fault(operation)
        if fault is Fault.ERROR:
            raise Retry(f"{operation} failed in passing")
        return fault

    def _fault(self, operation: str) -> Fault | None:
        scripted = self.cloud.scripted[operation]
        found = scripted.popleft() if scripted else None
        if isinstance(found, CloudError):
            raise found
        if found is None and self.cloud.coming:
            found = self.cloud.coming.popleft()
        reading = operation.startswith(("list", "read"))
        return found if not reading or found in _READ_FAULTS else None

    async def _answer(self) -> None:
        await self.cloud.clock.sleep(CALL)
        self._living()

    def _living(self) -> None:
        if self.dead:
            raise Crash

    def _end(self, fault: Fault | None) -> None:
        if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
            self.dead = True
            raise Crash
        if fault in (Fault.LOST_DONE, Fault.LOST_UNDONE):
            raise AnswerLost("no answer")


def lowest_free(taken: Iterable[str], prefix: str) -> int:
    held = set(taken)
    return next(n for n in range(1, 1000) if f"{prefix}{n}" not in held)


def refuse_taken(cloud: Cloud, claim: str) -> None:
    """The one claim that this cloud minds: a number in use."""
    if any(claim in t.claims for t in cloud.things.values()):
        raise Taken(f"{claim} is in use")
