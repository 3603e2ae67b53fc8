"""What all of ECS's operations share."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from localcloud.aws.backend import Backend
from localcloud.aws.ecs.arns import Names
from localcloud.aws.ecs.machine import Machine
from localcloud.aws.ecs.store import Store

if TYPE_CHECKING:
    from localcloud.context import CloudContext


class EcsBase(Backend):
    """The records, what runs tasks, and the present time."""

    service: ClassVar[str] = "ecs"

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.store = Store(Names(cloud.partition, cloud.region, cloud.account))
        self.machine = Machine(cloud)
        self._kept: set[asyncio.Task[Any]] = set()

    async def stop(self) -> None:
        """Ends schedulers and kills every task of this cloud."""
        kept = list(self._kept)
        for background in kept:
            background.cancel()
        await asyncio.gather(*kept, return_exceptions=True)
        self.machine.close()

    def keep(self, background: asyncio.Task[Any]) -> None:
        """Work that `stop` ends, and waits for."""
        self._kept.add(background)
        background.add_done_callback(self._kept.discard)

    def now(self) -> datetime:
        """The cloud's present moment."""
        return self.cloud.clock.now()
