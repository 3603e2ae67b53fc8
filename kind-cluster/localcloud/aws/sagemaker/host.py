"""One container of an endpoint: started with its model, kept running, asked, ended."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from localcloud.aws.sagemaker import surroundings
from localcloud.aws.sagemaker.machine import Machine
from localcloud.aws.sagemaker.surroundings import PORT
from localcloud.runtime.container import Container
from localcloud.runtime.errors import RuntimeFault
from localcloud.runtime.shipping import Sink

_LOOK = 0.05  # real seconds between pings of a container that starts
_PING_SECONDS = 2.0  # real: what AWS gives a ping
_STOP_SECONDS = 5.0  # real, from SIGTERM to SIGKILL
_RESTART = 5.0  # AWS seconds before a container that exited is started again; doubled each time
_RESTART_MOST = 300.0
_RESTART_FLOOR = 0.5  # real seconds: starting a program again and again is dear


@dataclass(frozen=True)
class Plan:
    """What a container is to be: all of it as it was when its fleet was made."""

    endpoint: str
    variant: str
    image: str  # as resolved
    role: str
    environment: dict[str, str]
    model: Path  # where its archive was unpacked


@dataclass(frozen=True)
class Reply:
    """A container's answer."""

    status: int
    body: bytes
    content_type: str
    custom_attributes: str | None
    seconds: float


class Host:
    """A container and the process that it is. An exited one is started again, as on AWS."""

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self.plan = plan
        self.instance = f"i-{uuid.uuid4().hex[:17]}"
        self.busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.ready = False
        self.starts = 0
        self.exits = 0
        self._machine = machine
        self._address = machine.addresses.take([PORT])
        self._token: str | None = None
        self._container: Container | None = None
        self._log: Sink | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def stream(self) -> str:
        """The name of its log stream."""
        return f"{self.plan.variant}/{self.instance}"

    async def start(self) -> None:
        """Begins to run it; whether it is well, `ping` tells."""
        group = f"/aws/sagemaker/Endpoints/{self.plan.endpoint}"
        self._log = await self._machine.log_stream(self.plan.role, group, self.stream)
        self._token = self._machine.cloud.credentials.issue(self.plan.role, "SageMaker")
        self._running = asyncio.create_task(self._keep_running())

    async def well(self, patience: float, floor: float) -> bool:
        """Waits until it answers a ping with 200; False if it has not by then (moments of time.monotonic).

        After `patience` it has failed if it exited meanwhile, after `floor` in any case.
        """
        while not await self.ping():
            if time.monotonic() > (patience if self.exits else floor):
                return False
            await asyncio.sleep(_LOOK)
        self.ready = True
        return True

    async def ping(self) -> bool:
        """Whether it answers /ping with 200 now."""
        timeout = aiohttp.ClientTimeout(total=_PING_SECONDS)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._machine.http.get(self._url("ping"), timeout=timeout) as answer:
                return answer.status == 200
        return False

    async def invoke(self, body: bytes, headers: dict[str, str], seconds: float) -> Reply:
        """Asks it. `TimeoutError` if it takes more `seconds`, `aiohttp.ClientError` if it breaks off."""
        self.busy += 1
        self._idle.clear()
        begun = time.monotonic()
        try:
            timeout = aiohttp.ClientTimeout(total=seconds)
            async with self._machine.http.post(
                self._url("invocations"), data=body, headers=headers, timeout=timeout
            ) as answer:
                content = await answer.read()
                return Reply(
                    answer.status,
                    content,
                    answer.headers.get("Content-Type", "application/octet-stream"),
                    answer.headers.get("X-Amzn-SageMaker-Custom-Attributes"),
                    time.monotonic() - begun,
                )
        finally:
            self.busy -= 1
            if not self.busy:
                self._idle.set()

    async def idle(self, seconds: float) -> None:
        """Returns once no request is under way, after so many real seconds at the latest."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def stop(self, grace: float = _STOP_SECONDS) -> None:
        """Ends it: SIGTERM, SIGKILL after `grace` real seconds."""
        self.ready = False
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            if self._container is not None:
                await self._container.stop(grace)
        if self._log is not None:
            await self._log.close()
        if self._token is not None:
            self._machine.cloud.credentials.revoke(self._token)
        self._machine.addresses.give_back(self._address)
        await asyncio.to_thread(shutil.rmtree, self.plan.model.parent, ignore_errors=True)

    async def _keep_running(self) -> None:
        pause = _RESTART
        while True:
            await self._run_once()
            await asyncio.sleep(_RESTART_FLOOR)
            await self._machine.cloud.clock.sleep(pause)
            pause = min(pause * 2, _RESTART_MOST)

    async def _run_once(self) -> None:
        assert self._log is not None
        self.starts += 1
        try:
            launch = await surroundings.launch(self._machine, self, self._address, self._token or "")
            container = await self._machine.container(self.plan.image, launch, self._log.append)
            await self._begin(container)
            await container.wait()
        except RuntimeFault as fault:
            self._log.append(str(fault))
        self.exits += 1

    async def _begin(self, container: Container) -> None:
        """Cut short, it still knows what runs, so that it can be ended."""
        begun = asyncio.create_task(container.start())
        try:
            await asyncio.shield(begun)
        except asyncio.CancelledError:
            await asyncio.wait([begun])
            if begun.exception() is None:
                self._container = container
            raise
        self._container = container

    def _url(self, path: str) -> str:
        return f"http://{self._address}:{PORT}/{path}"
