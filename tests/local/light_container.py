"""Containers without a process: a little HTTP server on the task's own address, within the cloud's process.

For tests that start thousands of tasks and endpoints. What runs inside is not what they are about: all
else (states, target health by really asking, rollouts, circuit breaker, draining) is the local AWS's own.
`local/broken…` exits at once, `local/missing…` cannot be pulled, anything else answers 200 to everything.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from localcloud.runtime.container import Launch, Output
from localcloud.runtime.errors import CannotPullContainer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class LightContainer:
    """Fulfils `localcloud.runtime.container.Container`."""

    def __init__(self, reference: str, launch: Launch, output: Output) -> None:
        self._reference, self._launch, self._output = reference, launch, output
        self._exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._server: asyncio.Server | None = None

    @property
    def digest(self) -> str:
        return f"sha256:{sha256(self._reference.encode()).hexdigest()}"

    async def start(self) -> None:
        if self._reference.startswith("local/broken"):
            self._output("it cannot work like this")
            self._exit.set_result(1)
            return
        port = int(self._launch.environment["PORT"])  # SageMaker's containers are told 8080
        self._server = await asyncio.start_server(_answer, self._launch.address, port)

    async def wait(self) -> int:
        return await asyncio.shield(self._exit)

    async def stop(self, grace: float) -> int:
        if self._server:
            self._server.close()
        if not self._exit.done():
            self._exit.set_result(143)
        return await self.wait()

    async def check(self, command: tuple[str, ...], timeout: float) -> bool:
        return True


async def light_container(reference: str, launch: Launch, output: Output) -> LightContainer:
    """In place of `Machine.container`."""
    if reference.startswith("local/missing"):
        raise CannotPullContainer(f"failed to resolve ref {reference}: not found")
    return LightContainer(reference, launch, output)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
    writer.close()


def light_image(reference: str) -> LightImage:
    """In place of `Machine.image`: any name but `local/missing…` is there."""
    if reference.startswith("local/missing"):
        raise CannotPullContainer(f"failed to resolve ref {reference}: not found")
    return LightImage(reference)


@dataclass(frozen=True)
class LightImage:
    reference: str
    serves: bool = True


def lighten(cloud: Any) -> None:
    """From now on this cloud's ECS and SageMaker run containers so."""
    cloud.backend("ecs").machine.container = light_container
    cloud.backend("sagemaker").machine.container = light_container
    cloud.backend("sagemaker").machine.image = light_image
