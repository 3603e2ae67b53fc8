"""Lines in CloudWatch Logs, read and followed.

Source: "FilterLogEvents" (API reference): pages may be partly full or empty while a token says that there
is more; startTime is inclusive, in milliseconds since 1970; events carry an eventId. Agents send batches, so
that a line may come in after younger ones, and several lines may share a millisecond.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelpoc.aws.log_group import OF_ENDPOINTS, OWN
from modelpoc.aws.permission import Permission
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone

PERMISSIONS = (Permission(("logs:FilterLogEvents",), (*OWN, *OF_ENDPOINTS)),)
"""Of people who read logs; the operator reads none."""

LATE_MS = 30_000
"""So much younger a line may be than one that comes in after it."""


@dataclass(frozen=True)
class LogLine:
    """One line that a container or function wrote. `at` is in milliseconds since 1970."""

    at: int
    group: str
    stream: str
    text: str
    id: str


class Fresh:
    """Tells lines that were not given yet from those that were, when a group is read again and again. Pure.

    `since` is where to read from next time, in milliseconds since 1970: far enough back for latecomers.
    """

    def __init__(self, since: int, late: int = LATE_MS) -> None:
        self.since, self._late = since, late
        self._given: dict[str, int] = {}

    def of(self, lines: Iterable[LogLine]) -> list[LogLine]:
        """Those that are new, the oldest first."""
        new = {line.id: line for line in lines if line.at >= self.since and line.id not in self._given}
        self._given |= {line.id: line.at for line in new.values()}
        self._forget()
        return in_order(new.values())

    def _forget(self) -> None:
        if self._given:
            self.since = max(self.since, max(self._given.values()) - self._late)
        self._given = {id_: at for id_, at in self._given.items() if at >= self.since}


def in_order(lines: Iterable[LogLine]) -> list[LogLine]:
    """By time; lines of one millisecond as they came."""
    return sorted(lines, key=lambda line: line.at)


async def read(
    scope: AwsScope, group: str, since: int, until: int | None = None
) -> AsyncGenerator[LogLine, None]:
    """Every line of a group from `since` to `until`, both included; none while there is no such group."""
    within = {"startTime": max(0, since), **({} if until is None else {"endTime": until})}
    try:
        async for page in scope.pages("logs", "FilterLogEvents", logGroupName=group, **within):
            for event in page["events"]:
                yield _line(group, event)
    except Gone:
        return


def _line(group: str, event: Mapping[str, Any]) -> LogLine:
    return LogLine(
        at=event["timestamp"],
        group=group,
        stream=event["logStreamName"],
        text=event["message"].rstrip("\n"),
        id=event["eventId"],
    )
