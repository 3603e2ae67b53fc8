"""What is wanted, what is there, and what the engine must know of a kind of resource."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from modelpoc.reconcile.owner import Mark

__all__ = [
    "UNKNOWN", "Change", "Kind", "Observed", "Phase", "Ref", "Resource", "Scope", "State", "When",
]  # fmt: skip


class When(Enum):
    """How far the other resource must be before a reference to it counts as known."""

    EXISTS = "exists"
    SETTLED = "settled"


@dataclass(frozen=True, order=True)
class Ref:
    """A value of another resource in the same graph, known once that resource is there."""

    kind: str
    name: str
    attr: str = "arn"
    when: When = field(default=When.EXISTS, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """The resource it leads to."""
        return (self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One thing that shall be in AWS. Subclasses are frozen dataclasses in `aws/<resource>.py`.

    Their other fields are plain values or `Ref`s (also inside tuples and mappings). A field that is
    None is left to AWS and never compared.
    """

    kind: ClassVar[str]
    name: str
    """Deterministic, unique within its kind, account and region."""
    needs: tuple[Ref, ...] = ()
    """Order without a value: what must be there first."""
    switch_after: tuple[Ref, ...] = ()
    """What must serve before one of the kind's `switches` is changed; the attribute tells what serves."""
    given: bool = False
    """Named by the user and not ours: only looked at, never written."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class Phase(Enum):
    SETTLED = "Settled"
    SETTLING = "Settling"
    """AWS is at work; it may be written meanwhile unless `busy`."""
    GOING = "Going"
    """Being deleted; its name is still blocked."""
    BROKEN = "Broken"
    """AWS gave up; only a change helps."""


@dataclass(frozen=True)
class State:
    """How an observed resource is. `reason` is PascalCase, `message` is fit to show to a user."""

    phase: Phase = Phase.SETTLED
    reason: str = ""
    message: str = ""
    busy: bool = False
    """AWS refuses writes to it for now (a SageMaker endpoint in transition)."""


@dataclass(frozen=True)
class Observed:
    """What AWS holds, in the same vocabulary as the desired fields."""

    kind: str
    name: str
    id: str
    """What AWS calls it: ARN or id. Also what `refs` of others hold."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Only what was read: a deep field that was not looked at is absent."""
    attrs: Mapping[str, Any] = field(default_factory=dict)
    """What a `Ref` may ask for: "arn", "id", "version", …"""
    refs: frozenset[str] = frozenset()
    """Ids it points at: what must not go before it."""
    claims: frozenset[str] = frozenset()
    """What only one owner may hold: a path or a priority on a listener."""
    owner: Mark | None = None
    """Ours, someone else's, or no one's (None)."""
    state: State = State()

    @property
    def key(self) -> tuple[str, str]:
        return (self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class _Unknown:
    """A value that is known only after another resource is there."""

    def __repr__(self) -> str:
        return "(known later)"


UNKNOWN: Any = _Unknown()


@dataclass(frozen=True)
class Change:
    """One field that differs. `want` may be UNKNOWN."""

    field: str
    have: Any
    want: Any


class Scope(Protocol):
    """Where calls go: one account and region. What it offers beyond this only `aws/` knows."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...


W = TypeVar("W", bound=Resource, contravariant=True)
S = TypeVar("S", bound=Scope, contravariant=True)


class Kind(Protocol, Generic[W, S]):
    """One stateless object for each kind of resource: its pure decisions and its calls.

    Calls raise only `CloudError`s.
    """

    kind: str
    fast: frozenset[str]
    """Fields that a batched listing shows: compared at every resync."""
    deep: frozenset[str]
    """Fields that cost a call for each resource: compared in rotation."""
    create_only: frozenset[str]
    """Fields that AWS cannot change: all of what is immutable."""
    gone_first: frozenset[str]
    """Kinds of the same owner that, when they go too, go before this one."""

    within: frozenset[str]
    """Kinds that must be listed before this one: they tell where to look (rules within listeners)."""
    volatile: Mapping[str, frozenset[str]]
    """Attributes that an update changes (the version of a secret), each with the fields whose change changes
    it: not known while one is due."""
    hidden: frozenset[str]
    """Fields that no plan shows: all that may be told is that they differ."""
    switches: frozenset[str]
    """Fields that move traffic from one thing to another: see `Resource.switch_after`."""
    answers: bool
    """Whether requests go through it: see `Rules.linger`."""
    meddles: bool
    """Whether one that is no longer asked for changes what is: autoscaling, a count that is now fixed."""

    def reason(self, claim: str | None) -> str:
        """The PascalCase reason when somebody else holds `claim`, or (None) the thing of our name."""
        ...

    def identify(self, want: W) -> str:
        """The name under which `want` (all references resolved) is observed.

        Equals `want.name` but for immutable things: there it also carries the hash of the content, so
        that a changed content is another resource: the new one first, the old one collected later.
        """
        ...

    def claims(self, want: W) -> frozenset[str]:
        """What `want` must hold alone, in the same words as `Observed.claims`."""
        ...

    def diff(self, want: W, have: Observed) -> tuple[Change, ...]:
        """The fields that differ, of those that were read. Pure."""
        ...

    def same(self, field: str, want: Any, have: Any) -> bool:
        """Whether two values of a field are one to AWS, or to us. Pure."""
        ...

    def state_for(self, want: W, have: Observed) -> State:
        """How it is, seen from what is wanted. Pure."""
        ...

    def led_to(self, have: Observed) -> str:
        """The id of what its traffic goes to now; "" for what leads nowhere. Pure."""
        ...

    def replaces(self, want: W, have: Observed) -> bool:
        """Whether it can only be deleted and made again under the same name, and shall be. Pure.

        Never for what shall serve meanwhile: that changes its name instead.
        """
        ...

    async def list_all(self, scope: S) -> Iterable[Observed] | None:
        """Everything of this kind that concerns us, in batches: fast fields only.

        None: things of this kind are not listed, only read by name.
        """
        ...

    async def read(self, scope: S, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        """These, now; a name left out of the answer is not there."""
        ...

    async def create(self, scope: S, want: W) -> Observed: ...
    async def update(self, scope: S, want: W, have: Observed, changes: tuple[Change, ...]) -> Observed: ...

    async def delete(self, scope: S, have: Observed) -> Observed | None:
        """Start or carry out the deletion. None: it is gone. Otherwise how it is while it goes."""
        ...

    async def disown(self, scope: S, have: Observed) -> None:
        """Take our ownership off it and leave it where it is."""
        ...

    async def content(self, scope: S, have: Observed) -> Mapping[str, Any]:
        """What cannot be changed in it, in the words of its fields: asked for only to show what another one
        in its place has otherwise. Empty for what can be changed."""
        ...

    async def explain(self, scope: S, have: Observed) -> str:
        """Why it is Broken, in words for the user (last log lines, exit reason); "" when nothing to add."""
        ...
