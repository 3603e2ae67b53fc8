"""Faults on request: what can go wrong between a client and AWS, by rules put to `/_local/faults`."""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.calls import mutating
from localcloud.aws.clock import Clock
from localcloud.aws.http import HttpAnswer
from localcloud.aws.throttle import Throttle

_REMEMBERED = 5_000  # answers kept for stale reads
_NAMES = {
    "latencyMs": "latency_ms",
    "staleSeconds": "stale_seconds",
    "freezeClock": "freeze_clock",
    "publishedRates": "published_rates",
}


@dataclass(frozen=True)
class Rule:
    """One fault: whom it meets (globs), how often, and what happens.

    `count` limits how often it strikes (None: always), `skip` lets that many matching calls pass first.
    `error` refuses with that code; "throttle" stands for the service's own "too many requests".
    `reset` closes the connection "before" the call is carried out or "after" it, so that its answer is
    lost. `stale_seconds` answers a read with what the same read answered up to so long ago (real
    seconds). `freeze_clock` holds all state machines while the rule stands; `published_rates` applies
    AWS's request rates. The local cloud's own calls are met only by a rule that names their principal.
    """

    service: str = "*"
    operation: str = "*"
    principal: str = "*"
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    latency_ms: float = 0.0
    error: str | None = None
    message: str = "A fault was asked for."
    status: int = 400
    reset: Literal["before", "after"] | None = None
    stale_seconds: float = 0.0
    freeze_clock: bool = False
    published_rates: bool = False

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Rule:
        """A rule from its JSON form (camelCase). `ValueError` for what it cannot mean."""
        known = {f.name for f in fields(cls)}
        values = {_NAMES.get(key, key): value for key, value in document.items()}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown fault field {unknown[0]!r}; known: {', '.join(sorted(known))}")
        if values.get("reset") not in (None, "before", "after"):
            raise ValueError('reset must be "before" or "after"')
        return cls(**values)

    def document(self) -> dict[str, Any]:
        """The rule in its JSON form."""
        spoken = {python: json for json, python in _NAMES.items()}
        return {spoken.get(f.name, f.name): getattr(self, f.name) for f in fields(self)}

    def covers(self, call: Call) -> bool:
        """Whether a call is one that this rule is about."""
        return (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.principal, self.principal)
        )


@dataclass(frozen=True)
class Effects:
    """What befalls one call."""

    latency: float = 0.0
    error: AwsError | None = None
    reset: Literal["before", "after"] | None = None
    stale_seconds: float = 0.0


@dataclass
class _Armed:
    rule: Rule
    left: int | None
    skip: int
    throttle: Throttle = field(default_factory=Throttle)


class Faults:
    """The faults of one cloud."""

    def __init__(self, clock: Clock, own_principal: str) -> None:
        self._clock = clock
        self._own = own_principal
        self._armed: list[_Armed] = []
        self._answers: OrderedDict[str, tuple[float, HttpAnswer]] = OrderedDict()
        self._random = random.Random(20)

    @property
    def rules(self) -> list[Rule]:
        """The rules in force."""
        return [armed.rule for armed in self._armed]

    def put(self, rules: list[Rule]) -> None:
        """Replaces all rules; counts start anew."""
        self._armed = [_Armed(rule, rule.count, rule.skip) for rule in rules]
        if any(rule.freeze_clock for rule in rules):
            self._clock.freeze()
        else:
            self._clock.thaw()

    def draw(self, call: Call) -> Effects:
        """What shall befall this call; counts it against the rules that strike."""
        latency, stale = 0.0, 0.0
        error: AwsError | None = None
        reset: Literal["before", "after"] | None = None
        for armed in self._armed:
            if not self._strikes(armed, call):
                continue
            latency += armed.rule.latency_ms / 1000
            stale = max(stale, armed.rule.stale_seconds)
            error = error or _error(armed, call)
            reset = reset or armed.rule.reset
        return Effects(latency, error, reset, 0.0 if mutating(call.operation) else stale)

    def stale(self, key: str, seconds: float) -> HttpAnswer | None:
        """What the same read answered first within the last `seconds`; None if nothing is that fresh."""
        at, answer = self._answers.get(key, (0.0, None))
        return answer if time.monotonic() - at <= seconds else None

    def remember(self, call: Call, key: str, answer: HttpAnswer) -> None:
        """Keeps a read's answer for later staleness."""
        if mutating(call.operation) or call.service == "s3":
            return
        self._answers[key] = (time.monotonic(), answer)
        self._answers.move_to_end(key)
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)

    def _strikes(self, armed: _Armed, call: Call) -> bool:
        rule = armed.rule
        if not rule.covers(call) or (call.principal == self._own and rule.principal == "*"):
            return False
        if armed.skip > 0:
            armed.skip -= 1
            return False
        if armed.left == 0 or self._random.random() >= rule.probability:
            return False
        armed.left = None if armed.left is None else armed.left - 1
        return True


def _error(armed: _Armed, call: Call) -> AwsError | None:
    rule = armed.rule
    if rule.published_rates:
        try:
            armed.throttle.take(call)
        except AwsError as refused:
            return refused
    if rule.error == "throttle":
        return Throttle.error(call.service)
    return AwsError(rule.error, rule.message, rule.status) if rule.error else None
