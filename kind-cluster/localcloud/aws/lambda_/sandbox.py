"""One execution environment: a process that has a function loaded, and answers one invocation at a time."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from localcloud.aws.lambda_ import memory
from localcloud.aws.lambda_.frames import Frame, Frames
from localcloud.aws.lambda_.launching import Surroundings, command, environment
from localcloud.aws.lambda_.output import OutputPipe
from localcloud.aws.lambda_.records import Served

# Real seconds, as all that a function does is: Lambda gives an initialisation 10, a busy machine takes more.
INIT_SECONDS = 60.0
_SAMPLE = 0.05
_LAST_WORDS = 0.2  # for what an ended process said to arrive


class Ended(Exception):
    """The process is no more; `code` is its exit code, negative for a signal."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


class TimedOut(Exception):
    """It took too long, and was ended."""


class OutOfMemory(Exception):
    """It used more memory than the function has, and was ended."""


@dataclass(frozen=True)
class Order:
    """One invocation as a sandbox sees it."""

    request_id: str
    payload: bytes
    trace: str = ""


class Sandbox:
    """A process with a function in it. `broken` is what its initialisation said when it failed."""

    def __init__(self, around: Surroundings, served: Served, take: Callable[[str], None]) -> None:
        self._around = around
        self._served = served
        self._take = take
        self._process: asyncio.subprocess.Process | None = None
        self._frames: Frames | None = None
        self._output: OutputPipe | None = None
        self.init_seconds: float | None = None
        self.broken: Frame | None = None
        self.peak = 0
        self._killed = False

    async def start(self, stream: str, credentials: dict[str, str]) -> None:
        """Starts the process and loads the function. Raises `Ended`, `TimedOut`, `OutOfMemory`."""
        begun = time.monotonic()
        await self._spawn(stream, credentials)
        async with self._guarded(INIT_SECONDS):
            said = await self._hear()
        self.init_seconds = time.monotonic() - begun
        self.broken = said if said.kind == "broken" else None

    async def invoke(self, order: Order) -> Frame:
        """What the function answers. Raises `Ended`, `TimedOut`, `OutOfMemory`; it is of no use then."""
        assert self._frames is not None, "invoke() before start()"
        async with self._guarded(self._served.timeout):
            header = {
                "requestId": order.request_id,
                "arn": self._around.arn,
                "trace": order.trace,
                "deadline": round((time.time() + self._served.timeout) * 1000),
            }
            try:
                await self._frames.send(Frame(header, order.payload))
            except ConnectionError:
                raise Ended(await self._code()) from None
            return await self._hear()

    @property
    def alive(self) -> bool:
        """Whether it can be invoked."""
        # A killed process has no exit code until it is waited for: it must not get the next invocation.
        running = self._process is not None and self._process.returncode is None
        return running and not self._killed and self.broken is None

    def kill(self) -> None:
        """Ends it, and whatever it started."""
        self._killed = True
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Ends it, and waits until nothing is left of it."""
        self.kill()
        if self._process is not None:
            await self._process.wait()
        if self._frames is not None:
            self._frames.close()
        if self._output is not None:
            self._output.drain()
            self._output.close()
        await asyncio.to_thread(shutil.rmtree, self._around.scratch, ignore_errors=True)

    async def _spawn(self, stream: str, credentials: dict[str, str]) -> None:
        self._around.scratch.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        self._output = OutputPipe(self._take)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command(self._around, self._served, theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._output.write,
                stderr=self._output.write,
                pass_fds=(theirs.fileno(),),
                env=environment(self._around, self._served, stream, credentials),
                cwd=self._served.package.root,
                start_new_session=True,
            )
        finally:
            theirs.close()
            self._output.started()
        self._frames = Frames(*await asyncio.open_connection(sock=ours))

    async def _hear(self) -> Frame:
        try:
            said = await self._receive()
        except (EOFError, ConnectionError):
            raise Ended(await self._code()) from None
        if self._used() > self._served.memory * memory.MB:
            raise OutOfMemory
        return said

    async def _receive(self) -> Frame:
        """What it says next; `EOFError` also when it ended and only a child of it holds the socket."""
        assert self._frames is not None
        assert self._process is not None
        said = asyncio.ensure_future(self._frames.receive())
        ended = asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait((said, ended), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((said,), timeout=_LAST_WORDS)
            if not said.done():
                raise EOFError
            return said.result()
        finally:
            said.cancel()
            ended.cancel()

    @asynccontextmanager
    async def _guarded(self, seconds: float) -> AsyncIterator[None]:
        """Ends the process when it takes longer or more memory than it may."""
        watch = asyncio.create_task(self._watch_memory())
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self.kill()
            raise TimedOut from None
        except Ended:
            if watch.done() and not watch.cancelled():
                raise OutOfMemory from None
            raise
        except OutOfMemory:
            self.kill()
            raise
        finally:
            watch.cancel()
            if self._output is not None:
                self._output.cut()

    async def _watch_memory(self) -> None:
        """Returns once it used too much, and was killed for it."""
        assert self._process is not None
        while True:
            self.peak = max(self.peak, memory.resident(self._process.pid))
            if self.peak > self._served.memory * memory.MB:
                self.kill()
                return
            await asyncio.sleep(_SAMPLE)

    def _used(self) -> int:
        assert self._process is not None
        self.peak = max(self.peak, memory.peak(self._process.pid))
        return self.peak

    async def _code(self) -> int | None:
        """The exit code of a process that hung up; one that did so but lives on is ended."""
        assert self._process is not None
        try:
            return await asyncio.wait_for(self._process.wait(), 1.0)
        except TimeoutError:
            self.kill()
            return await self._process.wait()
