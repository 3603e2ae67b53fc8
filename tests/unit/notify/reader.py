"""Who reads all news of one POC: statuses in, news out; what is noted is carried on as the operator does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.unit.controller.story import Story

from modelpoc.api.conditions import Condition, ConditionStatus, ConditionType, Reason
from modelpoc.api.modelpoc import ModelPOCStatus, NotificationEvent
from modelpoc.api.status import PendingNews
from modelpoc.notify.transitions import noted, remembered
from modelpoc.notify.wants import Wants

START = datetime(2024, 11, 22, 10, 0, 0, tzinfo=UTC)
ALL = Wants(frozenset(NotificationEvent), ("slack",), timedelta(hours=24))
FIRST = "a-b-c-1"


class Reader:
    """Each `sees` is one pass; what is pending after it is taken as sent, unless `dead`."""

    def __init__(self, wants: Wants | None = ALL, *, old: ModelPOCStatus | None = None) -> None:
        self.wants, self.now = wants, START
        self.status = old or ModelPOCStatus()
        self.dead = False
        self.writes = 0
        self.news: list[PendingNews] = []

    def sees(self, new: ModelPOCStatus, after: timedelta = timedelta(minutes=1)) -> list[PendingNews]:
        """The news of a pass that found `new` (its own `notified` does not count)."""
        self.now += after
        before = self.status
        told = noted(
            FIRST, before, new.model_copy(update={"notified": before.notified}), self.wants, self.now
        )
        if told is None and self._differs(new):
            told = remembered(before, self.wants)
        self.status = new.model_copy(update={"notified": told})
        self.writes += self.status.to_dict() != before.to_dict()
        return [] if self.dead else self._sent()

    def _differs(self, new: ModelPOCStatus) -> bool:
        same = new.model_copy(update={"notified": self.status.notified})
        return same.to_dict() != self.status.to_dict()

    def _sent(self) -> list[PendingNews]:
        told = self.status.notified
        if told is None or not told.pending:
            return []
        self.news += told.pending
        self.status = self.status.model_copy(update={"notified": told.model_copy(update={"pending": ()})})
        return list(told.pending)

    def kinds(self) -> list[str]:
        return [news.event for news in self.news]


def told_of(story: Story, reader: Reader) -> list[str]:
    """What a reader gets of the last pass of a story."""
    reader.now = story.now
    return [news.event for news in reader.sees(story.poc.status, timedelta(0))]


def status(
    reason: Reason,
    generation: int = 1,
    *,
    ready: ConditionStatus | None = ConditionStatus.FALSE,
    stalled: bool = False,
    since: datetime = START,
    revision: str | None = "iris:1",
    expires: datetime | None = None,
    message: str = "",
) -> ModelPOCStatus:
    """A status as a pass writes it; `since` is when Ready last changed."""

    def condition(kind: ConditionType, holds: ConditionStatus) -> Condition:
        return Condition(
            type=kind,
            status=holds,
            reason=reason,
            message=message,
            last_transition_time=since,
            observed_generation=generation,
        )

    motion = ConditionStatus.TRUE if stalled else ConditionStatus.FALSE
    conditions = [condition(ConditionType.STALLED, motion)]
    resting = reason in (Reason.SUSPENDED, Reason.EXPIRED)
    conditions.append(condition(ConditionType.RECONCILING, ConditionStatus.FALSE))
    if ready is not None and not resting:
        conditions.insert(0, condition(ConditionType.READY, ready))
    return ModelPOCStatus(
        observed_generation=generation,
        conditions=tuple(conditions),
        revision=revision,
        resumed_at=START,
        expires_at=expires,
    )


def serving(generation: int = 1, since: datetime = START) -> ModelPOCStatus:
    return status(Reason.READY, generation, ready=ConditionStatus.TRUE, since=since)


def failed(reason: Reason = Reason.ROLLOUT_FAILED, generation: int = 1) -> ModelPOCStatus:
    return status(reason, generation, stalled=True)


def creating() -> ModelPOCStatus:
    return status(Reason.CREATING, revision=None)


def rolling(generation: int = 1) -> ModelPOCStatus:
    return status(Reason.ROLLING_OUT, generation)


def resting(reason: Reason = Reason.SUSPENDED, generation: int = 2) -> ModelPOCStatus:
    return status(reason, generation, revision=None)
