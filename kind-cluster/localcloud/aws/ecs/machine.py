"""What tasks need of this machine and this cloud."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from localcloud.aws.ecs.addresses import Addresses
from localcloud.aws.ecs.targets import Targets
from localcloud.runtime import images
from localcloud.runtime.container import Container, Launch, Output
from localcloud.runtime.docker import DockerContainer
from localcloud.runtime.engine import Engine
from localcloud.runtime.process import ProcessContainer

if TYPE_CHECKING:
    from localcloud.context import CloudContext

# Tasks call the cloud that runs them. Threads of their own: in a shared pool the call could hold the very
# thread that its answer needs.
_THREADS = 6


class Machine:
    """Addresses, images, containers and calls to the cloud itself."""

    def __init__(self, cloud: CloudContext) -> None:
        self.cloud = cloud
        self.addresses = Addresses(cloud.config.addresses)
        self._engine = Engine()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="ecs")
        self._clients: dict[str, Any] = {}

    @property
    def targets(self) -> Targets:
        """The load balancers."""
        return cast(Targets, self.cloud.backend("elbv2"))

    @property
    def scratch(self) -> Path:
        """Where tasks have their private directories."""
        return self.cloud.config.state_dir / "tasks"

    async def ask(self, service: str, operation: str, **request: Any) -> Any:
        """A call of the cloud's own API, as an agent on AWS makes it."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, partial(self._ask, service, operation, request)
        )

    async def container(self, reference: str, launch: Launch, output: Output) -> Container:
        """What will run `reference`: Docker's engine where it has the image, else a snapshot as a process.

        Raises `CannotPullContainer`.
        """
        digest = await self._engine.image(reference)
        if digest is not None:
            return DockerContainer(self._engine, digest, launch, output)
        image = images.resolve(reference, store_of(self.cloud.config.state_dir), self.cloud.config.cache_dir)
        return ProcessContainer(image, launch, output)

    def close(self) -> None:
        """Ends the threads, without waiting for calls under way; no container stays behind."""
        self._engine.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service)
        return getattr(self._clients[service], operation)(**request)


def store_of(state_dir: Path) -> Path:
    """Where a cloud keeps its images."""
    return state_dir / "images"
