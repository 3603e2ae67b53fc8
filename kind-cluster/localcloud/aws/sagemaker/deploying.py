"""What happens to an endpoint after it was asked for: fleets come up, take over, go, or are rolled back."""

from __future__ import annotations

import asyncio
import logging
import time

from localcloud.aws.sagemaker import faults
from localcloud.aws.sagemaker.errors import invalid
from localcloud.aws.sagemaker.fleet import Fleet
from localcloud.aws.sagemaker.records import Document, Endpoint, EndpointConfig, Pending
from localcloud.aws.sagemaker.rollout import Rollout, planned
from localcloud.aws.sagemaker.watching import Watching

_log = logging.getLogger(__name__)
_LOOK = 0.15  # real seconds between looks at alarms and clocks
_START_FLOOR = 20.0  # real seconds that a container gets at least: programs start as slowly as ever


class Deploying(Watching):
    """The clocked life of endpoints."""

    async def create(self, endpoint: Endpoint) -> None:
        """From Creating to InService or Failed."""
        fleet: Fleet | None = None
        try:
            fleet = self._fleet(endpoint, endpoint.config)
            endpoint.fleet = fleet
            await self._bring_up(fleet)
        except Exception as error:
            await self._fail(endpoint, fleet, error)
            return
        endpoint.move("InService", self.now())

    async def delete(self, endpoint: Endpoint) -> None:
        """Deleting, until it is gone; requests under way are still answered."""
        await self.cloud.clock.sleep(self.cloud.config.durations.endpoint_deleting)
        await self.end(endpoint.fleet)
        self.store.endpoints.pop(endpoint.arn, None)

    async def update(self, endpoint: Endpoint, retained: frozenset[str]) -> None:
        """Blue/green: the new fleet comes up beside the old one and takes its place, or goes again.

        `retained` names what its variants keep of the old one's.
        """
        pending = endpoint.pending
        assert pending is not None
        try:
            pending.fleet = self._fleet(endpoint, pending.config)
            if endpoint.fleet is not None:
                pending.fleet.keep(endpoint.fleet, retained)
            rollout = planned(endpoint.deployment, pending.fleet.instances)
            await self._bring_up(pending.fleet)
            await self._shift(endpoint, pending, rollout)
        except Exception as error:
            await self._roll_back(endpoint, pending, error)
        else:
            await self._switch(endpoint, pending)

    async def check_alarms(self, deployment: Document | None) -> None:
        """ValidationException unless the alarms of a deployment are there."""
        names = planned(deployment, 1).alarms
        if not names:
            return
        states = await self.alarm_states(names)
        if missing := [name for name in names if name not in states]:
            raise invalid(f"Could not find CloudWatch alarm(s): {', '.join(missing)}.")

    def _fleet(self, endpoint: Endpoint, config: EndpointConfig) -> Fleet:
        try:
            models = [self.store.model(variant["ModelName"]) for variant in config.variants]
            self.store.config(config.name)
        except Exception as error:
            raise faults.ConfigGone(str(getattr(error, "message", error))) from error
        fleet = Fleet(self.machine, endpoint.name, config, models)
        self.fleets.add(fleet)
        return fleet

    async def _bring_up(self, fleet: Fleet) -> None:
        """Instances take their time, whatever the container does; AWS is patient with a bad one."""
        durations = self.cloud.config.durations
        provisioning = (
            durations.serverless_provisioning if fleet.serverless else durations.endpoint_provisioning
        )
        clock = self.cloud.clock
        await fleet.prepare()
        begun = time.monotonic()
        patience = clock.seconds(durations.endpoint_health_check)
        await clock.sleep(provisioning)
        await fleet.well(begun + patience, begun + max(patience, _START_FLOOR))

    async def _shift(self, endpoint: Endpoint, pending: Pending, rollout: Rollout) -> None:
        """Moves the traffic step by step, watching the alarms all the while.

        The start of the containers counts for what it takes on AWS, however long it took here.
        """
        spent = self.cloud.config.durations.endpoint_provisioning
        deadline = time.monotonic() + self.cloud.clock.seconds(rollout.timeout - spent)
        for share in rollout.shares:
            pending.move("ActivatingTraffic", self.now())
            endpoint.green_share = share
            pending.move("Baking", self.now())
            await self._bake(rollout, rollout.wait, deadline)
        await self._bake(rollout, rollout.termination, deadline)

    async def _bake(self, rollout: Rollout, aws_seconds: float, deadline: float) -> None:
        clock = self.cloud.clock
        ends = time.monotonic() + clock.seconds(aws_seconds)
        while True:
            await self._look(rollout, deadline)
            left = ends - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, _LOOK))
            await clock.sleep(0)

    async def _look(self, rollout: Rollout, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise faults.TookTooLong
        if not rollout.alarms:
            return
        states = await self.alarm_states(rollout.alarms)
        if raised := [name for name in rollout.alarms if states.get(name) == "ALARM"]:
            raise faults.AlarmRaised(raised)

    async def _switch(self, endpoint: Endpoint, pending: Pending) -> None:
        """The new fleet is the endpoint's; the old one goes once it has answered what it was asked."""
        old, endpoint.fleet = endpoint.fleet, pending.fleet
        endpoint.config, endpoint.pending, endpoint.green_share = pending.config, None, 0.0
        await self.end(old)
        endpoint.failure_reason = None
        endpoint.move("InService", self.now())

    async def _roll_back(self, endpoint: Endpoint, pending: Pending, error: Exception) -> None:
        """All traffic back to the old fleet; then the new one goes."""
        endpoint.green_share = 0.0
        pending.move("Deleting", self.now())
        endpoint.failure_reason = _reason(error)
        endpoint.move("RollingBack", self.now())
        await self.cloud.clock.sleep(self.cloud.config.durations.endpoint_rolling_back)
        await self.end(pending.fleet)
        endpoint.pending = None
        failed, endpoint.rollback_fails = endpoint.rollback_fails, False
        endpoint.move("UpdateRollbackFailed" if failed else "InService", self.now())

    async def _fail(self, endpoint: Endpoint, fleet: Fleet | None, error: Exception) -> None:
        endpoint.fleet = None
        endpoint.failure_reason = _reason(error)
        await self.end(fleet, at_once=True)
        endpoint.move("Failed", self.now())


def _reason(error: Exception) -> str:
    if not isinstance(error, faults.FleetFailed):
        _log.error("an endpoint failed", exc_info=error)
        return "Request to service failed. If failure persists after retry, contact customer support."
    return str(error)
