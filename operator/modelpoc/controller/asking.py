"""Whether the public URL was seen to answer for what serves now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from modelpoc.api.conditions import ConditionStatus, ConditionType
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws import credentials
from modelpoc.aws.session import AwsScope
from modelpoc.controller.findings import Answer, Finding, Probed
from modelpoc.controller.keys import Key
from modelpoc.controller.probe import HEALTH, Prober, questions
from modelpoc.controller.running import asleep, running

Token = tuple[object, ...]
"""What an answer holds for: generation, serving revision, URL, and the turn of the deep resync."""


@dataclass
class _Asked:
    answered: Token | None = None
    waiting_since: float | None = None


class Asking:
    """Asks anew after every rollout and at each deep resync; otherwise the last answer holds.

    A POC that was Ready for this generation when the operator started is believed until then.
    """

    def __init__(self, prober: Prober, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._prober, self._patience, self._clock = prober, patience, clock
        self._asked: dict[Key, _Asked] = {}

    def forget(self, key: Key) -> None:
        self._asked.pop(key, None)

    async def probed(
        self, key: Key, poc: ModelPOC, platform: ModelPlatform, scope: AwsScope, found: Finding, turn: int
    ) -> Finding:
        """`found` with what the public URL says; unchanged while there is nothing to ask yet."""
        if found.placeholder or found.urls is None or found.outcome is None:
            return found
        memory = self._asked.setdefault(key, _Asked())
        if not found.outcome.settled:
            memory.answered = None  # whatever is under way, afterwards it is asked anew
            return found
        token = _token(poc, found, turn)
        believed = memory.answered is None and was_ready(poc)
        if asleep(found.outcome.plan):
            seen = believed or (memory.answered is not None and memory.answered[:-1] == token[:-1])
            return replace(found, probed=Probed(Answer.GOOD) if seen else Probed(Answer.WAITING, _ASLEEP))
        if believed or memory.answered == token:
            memory.answered = token
            return replace(found, probed=Probed(Answer.GOOD))
        problem = await self._ask(poc, platform, scope, found)
        if problem:
            where = _WHERE_TO_LOOK[poc.spec.runtime]
            return replace(found, probed=self._patient(memory, f"{problem}; {where}"))
        memory.answered, memory.waiting_since = token, None
        return replace(found, probed=Probed(Answer.GOOD))

    async def _ask(self, poc: ModelPOC, platform: ModelPlatform, scope: AwsScope, found: Finding) -> str:
        assert found.urls is not None
        auth = (poc.spec.route.auth or platform.spec.routing.auth).type
        health = poc.spec.ecs.health_check.path if poc.spec.ecs else HEALTH

        def sign(method: str, url: str, body: bytes) -> dict[str, str]:
            return credentials.sign(scope.session, scope.region, method, url, body)

        return await self._prober.ask(questions(poc, found.urls, auth, health), sign)

    def _patient(self, memory: _Asked, problem: str) -> Probed:
        now = self._clock()
        memory.waiting_since = memory.waiting_since or now
        if now - memory.waiting_since < self._patience:
            return Probed(Answer.WAITING, f"{problem}; asked again")
        return Probed(Answer.BAD, problem)


_ASLEEP = "its schedule has put it to sleep: it is asked once it wakes"


_WHERE_TO_LOOK = {
    "ecs": "see the container's logs, and healthCheck.path and port",
    "sagemaker": "see the logs of the endpoint and of the function",
}


def _token(poc: ModelPOC, found: Finding, turn: int) -> Token:
    step = running(found.outcome.plan) if found.outcome else None
    serving = step.have.attrs.get("serving") if step and step.have else None
    return (poc.metadata.generation, serving, found.urls, turn)


def was_ready(poc: ModelPOC) -> bool:
    """Whether status says Ready for this generation."""
    ready = poc.status.condition(ConditionType.READY)
    if ready is None or ready.status is not ConditionStatus.TRUE:
        return False
    return ready.observed_generation == poc.metadata.generation
