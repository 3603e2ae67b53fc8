"""Lines of a POC's logs: where they are, which are wanted, how they are shown."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from modelpoc.api.problems import parse_platform, parse_poc
from modelpoc.aws.log_events import Fresh, LogLine, in_order, read
from modelpoc.aws.log_group import ENDPOINTS, LogGroup
from modelpoc.aws.session import AwsScope
from modelpoc.desired.poc import suspended_graph
from modelpoc.reconcile.errors import Retry

POLL_SECONDS = 1.0
BACK_SECONDS = (600.0, 3600.0, 86_400.0, 604_800.0)
"""How far back the last lines are looked for, farther and farther."""
_ID = 8


def groups_of(poc: Mapping[str, Any], platform: Mapping[str, Any]) -> list[str]:
    """The POC's own log group, and its endpoint's where it has one."""
    stays = suspended_graph(parse_poc(poc), parse_platform(platform), {})
    return [resource.name for resource in stays if resource.kind == LogGroup.kind]


@dataclass(frozen=True)
class Lines:
    """The lines of some groups, of the streams whose names hold `wanted`."""

    scope: AwsScope
    groups: Sequence[str]
    wanted: str = ""

    async def between(self, since: int, until: int, tail: int | None = None) -> list[LogLine]:
        """All from `since` to `until`, in milliseconds since 1970; the last `tail` when told so."""
        kept: list[LogLine] = []
        for group in self.groups:
            newest: deque[LogLine] = deque(maxlen=tail)
            async with aclosing(self._read(group, since, until)) as lines:
                async for line in lines:
                    newest.append(line)
            kept += newest
        ordered = in_order(kept)
        return ordered if tail is None else ordered[max(0, len(ordered) - tail) :]

    async def last(self, tail: int, now: int) -> list[LogLine]:
        """The last `tail` lines, however long ago, up to a week."""
        found: list[LogLine] = []
        for back in BACK_SECONDS:
            found = await self.between(now - int(back * 1000), now, tail)
            if len(found) >= tail:
                break
        return found

    async def following(self, since: int, given: Sequence[LogLine] = ()) -> AsyncGenerator[LogLine, None]:
        """Every line from `since` on but those `given` already, as they come, without end."""
        fresh = {group: Fresh(since) for group in self.groups}
        for group, known in fresh.items():
            known.of(line for line in given if line.group == group)
        while True:
            with suppress(Retry):  # throttled, or no answer: the next look tells what this one did not
                for line in await self._new(fresh):
                    yield line
            await asyncio.sleep(POLL_SECONDS)

    async def _new(self, fresh: Mapping[str, Fresh]) -> list[LogLine]:
        found: list[LogLine] = []
        for group, known in fresh.items():
            async with aclosing(self._read(group, known.since)) as lines:
                found += known.of([line async for line in lines])
        return in_order(found)

    async def _read(self, group: str, since: int, until: int | None = None) -> AsyncGenerator[LogLine, None]:
        async with aclosing(read(self.scope, group, since, until)) as lines:
            async for line in lines:
                if self.wanted in line.stream:
                    yield line


def shown(line: LogLine) -> tuple[str, str, str]:
    """Time, where it comes from, and what was written."""
    at = datetime.fromtimestamp(line.at / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{line.at % 1000:03d}Z", label(line), line.text


def label(line: LogLine) -> str:
    """A short name of the stream: `app/3f2a9c01` of a task, `endpoint/model/i-0123` of an endpoint."""
    parts = line.stream.split("/")
    if line.group.startswith(ENDPOINTS):
        return f"endpoint/{line.stream}"
    if len(parts) == 3:  # <prefix>/<container>/<task id>
        return f"{parts[1]}/{parts[2][:_ID]}"
    return f"function/{line.stream.rpartition(']')[2][:_ID]}" if "[" in line.stream else line.stream


def as_json(line: LogLine) -> str:
    """One object on one line."""
    time, _, text = shown(line)
    data = {"time": time, "group": line.group, "stream": line.stream, "message": text}
    return json.dumps(data, ensure_ascii=False)
