"""What a pass over a POC found, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from modelpoc.api.status import Placement
from modelpoc.desired.allow import Refusal
from modelpoc.desired.life import Lifetime
from modelpoc.desired.routes import Urls
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.plan import Plan


class Goal(Enum):
    """What the object's life asks of a pass."""

    RUN = "run"
    SUSPEND = "suspend"
    EXPIRE = "expire"
    DELETE = "delete"
    OBSERVE = "observe"


class Answer(Enum):
    """What the public URL said to the last question."""

    UNASKED = "unasked"
    GOOD = "good"
    WAITING = "waiting"
    """Not yet good, and not asked for long."""
    BAD = "bad"


@dataclass(frozen=True)
class Probed:
    answer: Answer = Answer.UNASKED
    message: str = ""


@dataclass(frozen=True)
class Finding:
    """How one POC stands."""

    goal: Goal
    generation: int = 0
    """Of the spec that it is about."""
    refusals: tuple[Refusal, ...] = ()
    trouble: CloudError | None = None
    """The pass as a whole could not be made."""
    outcome: Outcome | None = None
    foreseen: Plan | None = None
    """While observing: all that would be done."""
    probed: Probed = Probed()
    placeholder: bool = False
    urls: Urls | None = None
    placement: Placement | None = None
    lived: Lifetime | None = None
    """None: not looked at."""
    cost: str | None = None
    artifact: str | None = None
    """Name of the artifact that the model is made of."""
