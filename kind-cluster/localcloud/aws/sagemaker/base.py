"""What all of SageMaker's operations share."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from localcloud.aws.backend import Backend
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
        self._kept: set[asyncio.Task[Any]] = set()

    async def stop(self) -> None:
        """Ends what is under way and kills every container of this cloud."""
        kept = list(self._kept)
        for background in kept:
            background.cancel()
        await asyncio.gather(*kept, return_exceptions=True)
        await asyncio.gather(*(self._kill(arn) for arn in self.store.endpoints), return_exceptions=True)
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

    async def _kill(self, arn: str) -> None:
        endpoint = self.store.endpoints[arn]
        pending = endpoint.pending.fleet if endpoint.pending else None
        for fleet in (endpoint.fleet, pending):
            if fleet is not None:
                await fleet.kill()
