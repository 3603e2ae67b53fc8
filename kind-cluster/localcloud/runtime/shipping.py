"""A container's output to CloudWatch Logs, as the `awslogs` driver does it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from botocore.exceptions import ClientError

from localcloud.runtime.errors import ResourceInitialization

_log = logging.getLogger(__name__)
_EVERY = 0.25  # real seconds between batches
_MOST_EVENTS = 10_000  # PutLogEvents: events a batch
_MOST_BYTES = 1_048_576  # PutLogEvents: bytes a batch, 26 for each event counted in
_BUFFER = 100_000  # lines kept while CloudWatch Logs does not take them; the oldest go first

Ask = Callable[..., Awaitable[Any]]  # ask("create_log_stream", logGroupName=…)


class Sink(Protocol):
    """Where lines go."""

    async def open(self) -> None:
        """Makes it ready; `ResourceInitialization` if it cannot be."""

    def append(self, line: str) -> None:
        """Takes a line; never blocks."""

    async def close(self) -> None:
        """Hands over what is left."""


class Nowhere:
    """The output of a container without `logConfiguration`."""

    async def open(self) -> None:
        """Nothing to do."""

    def append(self, line: str) -> None:
        """Forgets the line."""

    async def close(self) -> None:
        """Nothing to do."""


class LogStream:
    """One log stream. `ask` runs a call of the logs client and gives its answer."""

    def __init__(self, ask: Ask, group: str, stream: str) -> None:
        self._ask = ask
        self._where = {"logGroupName": group, "logStreamName": stream}
        self._lines: deque[tuple[int, str]] = deque(maxlen=_BUFFER)
        self._pump: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()  # a batch under way is over before the stream counts as closed

    async def open(self) -> None:
        """Creates the stream; a missing group fails the task as on Fargate."""
        try:
            await self._ask("create_log_stream", **self._where)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != "ResourceAlreadyExistsException":
                raise ResourceInitialization(_logger_refused(code, error)) from error
        self._pump = asyncio.create_task(self._keep_sending())

    def append(self, line: str) -> None:
        """Takes a line with the present time; there are no empty events, so an empty line is a blank."""
        self._lines.append((round(time.time() * 1000), line or " "))

    async def close(self) -> None:
        """Sends what is left."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
            await self._send_all()

    async def _keep_sending(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await asyncio.shield(self._send_all())

    async def _send_all(self) -> None:
        async with self._sending:
            while self._lines:
                await self._send(self._take())

    async def _send(self, batch: list[dict[str, Any]]) -> None:
        try:
            await self._ask("put_log_events", **self._where, logEvents=batch)
        except Exception as error:  # output must never take a task down
            _log.warning("log events lost: %s: %s", self._where["logStreamName"], error)

    def _take(self) -> list[dict[str, Any]]:
        batch: list[dict[str, Any]] = []
        size = 0
        while self._lines and len(batch) < _MOST_EVENTS:
            size += len(self._lines[0][1].encode()) + 26
            if batch and size > _MOST_BYTES:
                break
            when, line = self._lines.popleft()
            batch.append({"timestamp": when, "message": line})
        return batch


def _logger_refused(code: str, error: ClientError) -> str:
    return (
        "failed to validate logger args: create stream has been retried 1 times: "
        f"failed to create Cloudwatch log stream: {code}: {error.response['Error']['Message']}"
    )
