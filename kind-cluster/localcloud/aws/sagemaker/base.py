"""What all of SageMaker's operations share."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from localcloud.aws.backend import Backend
from localcloud.aws.sagemaker.fleet import Fleet
from localcloud.aws.sagemaker.machine import Machine
from localcloud.aws.sagemaker.store import Store

if TYPE_CHECKING:
    from localcloud.context import CloudContext


class SageMakerBase(Backend):
    """The records, what runs containers, and the present time."""

    service: ClassVar[str] = "sagemaker"

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.store = Store(f"arn:{cloud.partition}:sagemaker:{cloud.region}:{cloud.account}:")
        self.machine = Machine(cloud)
        self.fleets: set[Fleet] = set()  # all that may have containers
        self._kept: set[asyncio.Task[Any]] = set()

    async def stop(self) -> None:
        """Ends what is under way and kills every container of this cloud."""
        kept = list(self._kept)
        for background in kept:
            background.cancel()
        await asyncio.gather(*kept, return_exceptions=True)
        await asyncio.gather(*(fleet.kill() for fleet in self.fleets), return_exceptions=True)
        await self.machine.disconnect()
        self.machine.close()

    def keep(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Work that `stop` ends, and waits for."""
        background = self.cloud.spawn(work, name)
        self._kept.add(background)
        background.add_done_callback(self._kept.discard)

    def now(self) -> datetime:
        """The cloud's present moment."""
        return self.cloud.clock.now()

    async def end(self, fleet: Fleet | None, at_once: bool = False) -> None:
        """Ends a fleet's containers, once they have answered what they were asked unless `at_once`."""
        if fleet is not None:
            await (fleet.kill() if at_once else fleet.stop())
            self.fleets.discard(fleet)
