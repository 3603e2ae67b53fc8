"""A container as a container, where Docker's engine answers and knows the image."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from localcloud.runtime.container import Launch, Output, reaching
from localcloud.runtime.engine import Engine, EngineError
from localcloud.runtime.errors import CannotStartContainer
from localcloud.runtime.lines import Lines

_KILLED = 137
_HEADER = 8  # bytes before each piece of output: one says which stream it is of, the last four its length


class DockerContainer:
    """Runs an image with the host's network, so that the cloud on loopback can be reached from it.

    Therefore it listens, as a process does, where HOST and PORT tell it.
    """

    def __init__(self, engine: Engine, digest: str, launch: Launch, output: Output) -> None:
        self._engine = engine
        self.digest = digest
        self._launch = launch
        self._output = output
        self._exit: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Starts it; `CannotStartContainer` with Docker's words otherwise. Cut short, it leaves nothing."""
        begun = asyncio.create_task(self._begin())
        try:
            await asyncio.shield(begun)
        except BaseException as error:
            await asyncio.wait([begun])
            await self._remove()
            if isinstance(error, EngineError):
                raise CannotStartContainer(str(error)) from error
            raise
        self._exit = asyncio.create_task(self._watch())

    async def wait(self) -> int:
        """Its exit code, once it has exited and its output was read."""
        assert self._exit is not None, "wait() before start()"
        return await asyncio.shield(self._exit)

    async def stop(self, grace: float) -> int:
        """The image's stop signal (SIGTERM), SIGKILL after `grace` seconds."""
        with contextlib.suppress(EngineError):
            await self._ask("POST", f"/stop?t={math.ceil(grace)}", seconds=None)
        return await self.wait()

    async def check(self, command: tuple[str, ...], timeout: float) -> bool:
        """Whether a command inside it exits with 0 in time; `localhost` in it means the task's address."""
        with contextlib.suppress(TimeoutError, EngineError):
            async with asyncio.timeout(timeout):
                return await self._run(reaching(self._launch.address, command)) == 0
        return False

    async def _begin(self) -> None:
        await self._engine.create(self._launch.name, self._document())
        await self._ask("POST", "/start")

    def _document(self) -> dict[str, Any]:
        """By its id: the very image whose digest was told. What the task leaves out, the image says."""
        return {
            "Image": self.digest,
            "Env": [f"{key}={value}" for key, value in self._launch.environment.items()],
            "Entrypoint": list(self._launch.entrypoint) or None,
            "Cmd": list(self._launch.command) or None,
            "WorkingDir": self._launch.workdir,
            # ECS does not look at a health check of the image's own.
            "Healthcheck": {"Test": ["NONE"]},
            "HostConfig": {
                "NetworkMode": "host",
                "LogConfig": {"Type": "json-file"},
                "Binds": [f"{here}:{inside}" for inside, here in self._launch.mounts.items()],
            },
        }

    async def _watch(self) -> int:
        written = _Written(self._output)
        try:
            await self._ship(written, follow=True)
            code = int((await self._ask("POST", "/wait", seconds=None))["StatusCode"])
            await self._ship(written, follow=False)  # whoever follows may miss what came at the very end
        except EngineError:  # the engine went, or someone removed the container by hand
            code = _KILLED
        written.end()
        await self._remove()
        return code

    async def _ship(self, written: _Written, *, follow: bool) -> None:
        """Hands over its output from the beginning, until it ends or as far as it is."""
        path = f"/containers/{self._launch.name}/logs?follow={follow:d}&stdout=1&stderr=1"
        written.again()
        async with self._engine.stream("GET", path) as content:
            async for stream, piece in _pieces(content):
                written.add(stream, piece)

    async def _run(self, command: tuple[str, ...]) -> int:
        made = await self._ask("POST", "/exec", {"Cmd": list(command), "AttachStdout": True})
        async with self._engine.stream("POST", f"/exec/{made['Id']}/start", {"Detach": False}) as output:
            await output.read()
        return int((await self._engine.ask("GET", f"/exec/{made['Id']}/json"))["ExitCode"])

    async def _remove(self) -> None:
        with contextlib.suppress(EngineError):
            await self._ask("DELETE", "?force=1")

    async def _ask(self, method: str, path: str, body: object = None, seconds: float | None = 60.0) -> Any:
        return await self._engine.ask(method, f"/containers/{self._launch.name}{path}", body, seconds)


class _Written:
    """Output, read once or again from the beginning; lines of the two streams are put together apart."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lines: dict[int, Lines] = {}
        self._handed: Counter[int] = Counter()
        self._read: Counter[int] = Counter()

    def again(self) -> None:
        """What comes now begins at the beginning."""
        self._read.clear()

    def add(self, stream: int, piece: bytes) -> None:
        """Hands over what was not yet."""
        fresh = piece[max(0, self._handed[stream] - self._read[stream]) :]
        self._read[stream] += len(piece)
        self._handed[stream] += len(fresh)
        if fresh:
            self._lines.setdefault(stream, Lines(self._output)).add(fresh)

    def end(self) -> None:
        """A last line may have no end."""
        for lines in self._lines.values():
            lines.end()


async def _pieces(content: aiohttp.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """Pieces of output with their stream's number: 1 is stdout, 2 stderr."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            header = await content.readexactly(_HEADER)
            yield header[0], await content.readexactly(int.from_bytes(header[4:]))
