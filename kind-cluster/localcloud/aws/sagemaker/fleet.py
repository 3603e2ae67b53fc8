"""A fleet: the containers of one endpoint configuration, one for each variant.

On AWS there is one for each instance. Here instances only count for shares of traffic.
"""

from __future__ import annotations

import asyncio
import shutil
import tarfile
import uuid
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from localcloud.aws.sagemaker import artifact, faults, surroundings
from localcloud.aws.sagemaker.host import Host, Plan
from localcloud.aws.sagemaker.machine import Machine
from localcloud.aws.sagemaker.records import Document, EndpointConfig, Model
from localcloud.runtime.errors import CannotPullContainer

COUNT, WEIGHT = "DesiredInstanceCount", "DesiredWeight"  # what an update may retain
_DRAIN_SECONDS = 65.0  # real: longer than any invocation may take


@dataclass
class Variant:
    """A variant as it runs: its part of the configuration, and what may change of it."""

    document: Document
    model: Model
    weight: float
    desired_weight: float
    count: int  # instances; 0 for serverless
    desired_count: int
    resolved_image: str = ""
    resolved_at: datetime | None = None
    host: Host | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document["VariantName"])

    @property
    def serverless(self) -> Document | None:
        """Its serverless configuration, if it is."""
        return self.document.get("ServerlessConfig")


class Fleet:
    """The variants of one configuration, running."""

    def __init__(self, machine: Machine, endpoint: str, config: EndpointConfig, models: list[Model]) -> None:
        self.config = config
        self.variants = [_variant(*pair) for pair in zip(config.variants, models, strict=True)]
        self._machine = machine
        self._endpoint = endpoint

    @property
    def instances(self) -> int:
        """All of its instances."""
        return sum(variant.desired_count for variant in self.variants)

    @property
    def serverless(self) -> bool:
        """Whether it has no instances."""
        return any(variant.serverless for variant in self.variants)

    def variant(self, name: str) -> Variant | None:
        """A variant by name."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def keep(self, old: Fleet, retained: frozenset[str]) -> None:
        """Takes over counts and weights of an older fleet, as far as they shall be retained."""
        for variant in self.variants:
            now = old.variant(variant.name)
            if now and COUNT in retained and now.desired_count and not variant.serverless:
                variant.count = variant.desired_count = now.desired_count
            if now and WEIGHT in retained:
                variant.weight = variant.desired_weight = now.desired_weight

    async def prepare(self) -> None:
        """Fetches models and images as they are now and starts the containers; `FleetFailed`."""
        for variant in self.variants:
            plan = await self._plan(variant)
            variant.host = Host(self._machine, plan)
            await variant.host.start()

    async def well(self, patience: float, floor: float) -> None:
        """Returns once every container answers its ping; `PingFailed` if one has not by then.

        Both are moments of `time.monotonic`: one that exited has until `patience`, one that is still
        starting until `floor`.
        """
        for variant in self.variants:
            assert variant.host is not None
            if not await variant.host.well(patience, floor):
                raise faults.PingFailed(variant.name)

    async def stop(self) -> None:
        """Ends the containers once the requests under way are answered."""
        await asyncio.gather(*(host.idle(_DRAIN_SECONDS) for host in self._hosts()))
        await asyncio.gather(*(host.stop() for host in self._hosts()))

    async def kill(self) -> None:
        """Ends the containers at once."""
        await asyncio.gather(*(host.stop(0) for host in self._hosts()), return_exceptions=True)

    def _hosts(self) -> list[Host]:
        return [variant.host for variant in self.variants if variant.host is not None]

    async def _plan(self, variant: Variant) -> Plan:
        container = variant.model.containers[0]
        try:
            image = self._machine.image(container["Image"]).reference
        except CannotPullContainer as error:
            if not await self._machine.knows(container["Image"]):
                raise faults.ImageMissing(container["Image"]) from error
            image = container["Image"]
        variant.resolved_image, variant.resolved_at = image, self._machine.cloud.clock.now()
        plan = Plan(
            endpoint=self._endpoint,
            variant=variant.name,
            image=image,
            role=variant.model.document["ExecutionRoleArn"],
            environment=dict(container.get("Environment") or {}),
            model=surroundings.unpacked_at(self._machine.scratch, uuid.uuid4().hex),
        )
        await asyncio.to_thread(plan.model.mkdir, parents=True)
        if url := container.get("ModelDataUrl"):
            await self._unpack(url, plan)
        return plan

    async def _unpack(self, url: str, plan: Plan) -> None:
        try:
            archive = await self._machine.read_object(plan.role, *artifact.place_of(url))
        except ClientError as error:
            raise faults.ModelDataMissing(url) from error
        try:
            await asyncio.to_thread(artifact.unpack, archive, plan.model)
        except (tarfile.TarError, EOFError, OSError) as error:
            await asyncio.to_thread(shutil.rmtree, plan.model.parent, ignore_errors=True)
            raise faults.ModelDataCorrupt(url) from error


def _variant(document: Document, model: Model) -> Variant:
    weight = float(document.get("InitialVariantWeight", 1.0))
    count = int(document.get("InitialInstanceCount") or 0)
    return Variant(document, model, weight, weight, count, count)
