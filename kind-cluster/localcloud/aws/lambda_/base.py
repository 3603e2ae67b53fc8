"""What all of Lambda's operations share."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from localcloud.aws.backend import Backend
from localcloud.aws.lambda_.errors import function_not_found
from localcloud.aws.lambda_.machine import Machine
from localcloud.aws.lambda_.names import Names
from localcloud.aws.lambda_.pool import Pool
from localcloud.aws.lambda_.records import Function
from localcloud.aws.lambda_.worker import Worker

if TYPE_CHECKING:
    from localcloud.context import CloudContext

Request = dict[str, Any]
Answer = dict[str, Any]
_IDLE = 600.0  # AWS seconds after which a warm sandbox goes
_IDLE_FLOOR = 60.0  # real seconds of the same: to start one takes as long as ever


class LambdaBase(Backend):
    """The functions, their workers, and what they need of the machine."""

    service: ClassVar[str] = "lambda"

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.names = Names(cloud.partition, cloud.region, cloud.account)
        self.machine = Machine(cloud)
        self.functions: dict[str, Function] = {}
        self._pools: dict[str, Pool] = {}
        self._old: set[Pool] = set()

    async def stop(self) -> None:
        """Ends every sandbox of this cloud."""
        pools = [*self._pools.values(), *self._old]
        await asyncio.gather(*(pool.close() for pool in pools), return_exceptions=True)
        self.machine.close()

    def function(self, reference: str, qualifier: str | None = None) -> Function:
        """A function by name or ARN; `AwsError` ResourceNotFoundException if there is none."""
        name = self.names.name_of(reference, qualifier)
        found = self.functions.get(name)
        if found is None:
            raise function_not_found(self.names.arn(name))
        return found

    def pool(self, function: Function) -> Pool:
        """The workers of a function as it is served now."""
        if function.name not in self._pools:
            make = partial(Worker, self.machine, function.arn, function.serving)
            idle = max(self.cloud.clock.seconds(_IDLE), _IDLE_FLOOR)
            self._pools[function.name] = Pool(make, idle)
        return self._pools[function.name]

    def retire(self, function: Function) -> None:
        """What is served changed, or the function goes: its workers go with their last invocation."""
        pool = self._pools.pop(function.name, None)
        if pool is not None:
            pool.retire()
            self._old.add(pool)
            self.cloud.spawn(self._forget(pool), f"retire {function.name}")

    async def _forget(self, pool: Pool) -> None:
        await pool.emptied()
        self._old.discard(pool)
