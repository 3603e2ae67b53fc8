"""A sandbox with all that goes with it: its role's credentials, its log stream, its reports."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import time
from dataclasses import dataclass

from localcloud.aws.lambda_ import reports
from localcloud.aws.lambda_.frames import Frame
from localcloud.aws.lambda_.machine import Machine
from localcloud.aws.lambda_.records import Served
from localcloud.aws.lambda_.sandbox import Ended, Order, OutOfMemory, Sandbox, TimedOut

log = logging.getLogger(__name__)

LARGEST_RESPONSE = 6 * 1024 * 1024 + 100  # bytes: as AWS's own message says it
_TAIL = 4096  # bytes of log that an answer may carry


@dataclass(frozen=True)
class Result:
    """What came of an invocation; `error` is "Unhandled" when the payload is an error document."""

    payload: bytes
    error: str | None
    tail: str


@dataclass(frozen=True)
class _Outcome:
    payload: bytes
    status: str = ""  # how the report ends, empty when all went well
    says: str = ""  # a line of Lambda's own
    error: bool = False


class Worker:
    """Runs the invocations of one sandbox, one after the other."""

    def __init__(self, machine: Machine, arn: str, served: Served) -> None:
        self._machine = machine
        self._served = served
        self._name = arn.rpartition(":")[2]
        self._stream_name = self._new_stream_name()
        self._acting = machine.acting(str(served.config["Role"]), self._name)
        self._stream = machine.stream(self._acting, served.log_group, self._stream_name)
        self._sandbox = Sandbox(machine.surroundings(arn), served, self._write)
        self._opening: asyncio.Task[None] | None = None
        self._credentials = ""
        self._lines: list[str] = []

    @property
    def usable(self) -> bool:
        """Whether it can take another invocation."""
        return self._sandbox.alive

    async def run(self, order: Order) -> Result:
        """One invocation, and the first time what comes before it."""
        self._lines.clear()
        first = self._opening is None
        outcome = await self._begin(order) if first else None
        self._write(reports.start_line(order.request_id))
        begun = time.monotonic()
        outcome = _checked(outcome or await self._invoke(order))
        init = self._sandbox.init_seconds if first else None
        usage = reports.Usage(time.monotonic() - begun, init, self._sandbox.peak)
        if outcome.says:
            self._write(outcome.says)
        for line in reports.end_lines(order.request_id, usage, self._served.memory, outcome.status):
            self._write(line)
        tail = "\n".join(self._lines).encode()[-_TAIL:]
        return Result(
            outcome.payload, "Unhandled" if outcome.error else None, base64.b64encode(tail).decode()
        )

    async def close(self) -> None:
        """Ends the sandbox, and sends what it wrote."""
        await self._sandbox.close()
        if self._credentials:
            self._machine.cloud.credentials.revoke(self._credentials)
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
            await self._stream.close()

    async def _begin(self, order: Order) -> _Outcome | None:
        """Starts the sandbox; an outcome if that failed."""
        self._opening = asyncio.create_task(self._open_stream())
        credentials = self._machine.cloud.credentials
        self._credentials = credentials.issue(str(self._served.config["Role"]), self._name)
        given = credentials.container_credentials(self._credentials) or {}
        environment = {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["Token"],
        }
        try:
            await self._sandbox.start(self._stream_name, environment)
        except (Ended, TimedOut, OutOfMemory) as failure:
            return self._failed(failure, order)
        broken = self._sandbox.broken
        return None if broken is None else _error(broken)

    async def _invoke(self, order: Order) -> _Outcome:
        try:
            said = await self._sandbox.invoke(order)
        except (Ended, TimedOut, OutOfMemory) as failure:
            return self._failed(failure, order)
        return _error(said) if said.kind == "error" else _Outcome(said.payload)

    def _failed(self, failure: Ended | TimedOut | OutOfMemory, order: Order) -> _Outcome:
        if isinstance(failure, TimedOut):
            now = self._machine.cloud.clock.now()
            says = reports.timed_out(order.request_id, now, self._served.timeout)
            return _Outcome(reports.document(says), "Status: timeout", says, error=True)
        memory = isinstance(failure, OutOfMemory)
        kind = "Runtime.OutOfMemory" if memory else "Runtime.ExitError"
        words = reports.exit_words(-9 if isinstance(failure, OutOfMemory) else failure.code)
        says = f"RequestId: {order.request_id} Error: {words}"
        status = f"Status: error\tError Type: {kind}"
        return _Outcome(reports.document(says, kind), status, f"{says} {kind}", error=True)

    async def _open_stream(self) -> None:
        try:
            await self._machine.open_stream(self._acting, self._stream, self._served.log_group)
        except Exception as error:  # output must never take an invocation down
            log.warning("no log stream %s: %s", self._stream_name, error)

    def _new_stream_name(self) -> str:
        """As AWS names them; in a group that is not the function's own they carry its name."""
        own = self._served.log_group == f"/aws/lambda/{self._name}"
        day = f"{self._machine.cloud.clock.now():%Y/%m/%d}"
        return f"{day}/{'' if own else self._name}[$LATEST]{secrets.token_hex(16)}"

    def _write(self, line: str) -> None:
        self._lines.append(line)
        self._stream.append(line)


def _error(said: Frame) -> _Outcome:
    return _Outcome(said.payload, "", error=True)


def _checked(outcome: _Outcome) -> _Outcome:
    if len(outcome.payload) <= LARGEST_RESPONSE:
        return outcome
    message = f"Response payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE} bytes)."
    payload = reports.document(message, "Function.ResponseSizeTooLarge")
    return _Outcome(payload, "Status: error\tError Type: Function.ResponseSizeTooLarge", error=True)
