"""Registering targets, draining them, and their health."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from contextlib import suppress
from datetime import datetime

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.elbv2.base import Answer, Elbv2Base, Request
from localcloud.aws.elbv2.health_state import DRAINING, NOT_REGISTERED, UNUSED
from localcloud.aws.elbv2.state import Target, TargetGroup

LARGEST_TARGETS = 1000


class TargetOperations(Elbv2Base):
    """Register, deregister and describe targets; the same for other backends as plain methods."""

    async def RegisterTargets(self, call: Call, request: Request) -> Answer:
        """Adds targets; those that are there already stay as they are."""
        group = self.store.group(request["TargetGroupArn"])
        targets = [self._described(group, given) for given in request["Targets"]]
        if len(group.targets.keys() | {target.key for target in targets}) > LARGEST_TARGETS:
            raise AwsError("TooManyTargets", f"The maximum number of targets is '{LARGEST_TARGETS}'")
        for target in targets:
            self._register(group, target)
        return {}

    async def DeregisterTargets(self, call: Call, request: Request) -> Answer:
        """Drains targets; one that is not registered is no error."""
        group = self.store.group(request["TargetGroupArn"])
        for given in request["Targets"]:
            self._deregister(group, given["Id"], given.get("Port") or group.settings["Port"])
        return {}

    async def DescribeTargetHealth(self, call: Call, request: Request) -> Answer:
        """All targets, or those asked for: one that is not registered is `unused`."""
        group = self.store.group(request["TargetGroupArn"])
        shown = list(group.targets.values())
        if request.get("Targets"):
            asked = [(t["Id"], t.get("Port") or group.settings["Port"]) for t in request["Targets"]]
            shown = [group.targets.get(key) or Target(*key, health=NOT_REGISTERED) for key in asked]
        port = str(group.settings["HealthCheckPort"])
        return {"TargetHealthDescriptions": [target.wire(port) for target in shown]}

    def register(self, tg_arn: str, ip: str, port: int) -> None:
        """Registers a target, as RegisterTargets does; `AwsError` if the target group is gone."""
        self._register(self.store.group(tg_arn), Target(ip, port))

    def deregister(self, tg_arn: str, ip: str, port: int) -> None:
        """Starts to drain a target for the group's deregistration delay; what is gone is no error."""
        group = self.store.groups.get(tg_arn)
        if group:
            self._deregister(group, ip, port)

    def target_state(self, tg_arn: str, ip: str, port: int) -> str:
        """initial, healthy, unhealthy, draining, unused; `gone` when it is not registered (any more)."""
        group = self.store.groups.get(tg_arn)
        target = group.targets.get((ip, port)) if group else None
        return target.health.state if target else "gone"

    def answered_at(self, tg_arn: str, ip: str, port: int) -> datetime | None:
        """When a target first answered a health check, with whatever status; None before."""
        group = self.store.groups.get(tg_arn)
        target = group.targets.get((ip, port)) if group else None
        return target.answered_at if target else None

    def _register(self, group: TargetGroup, target: Target) -> None:
        present = group.targets.get(target.key)
        if present and present.health.state != "draining":
            return
        if present:
            target.generation = present.generation + 1
        group.targets[target.key] = target
        self.health.follow(group, bool(self.store.balancers_of(group.arn)))

    def _deregister(self, group: TargetGroup, ip: str, port: int) -> None:
        target = group.targets.get((ip, port))
        if target is None or target.health.state == "draining":
            return
        if target.health is UNUSED or group.drain_seconds == 0:
            self._remove(group, target)
            return
        target.health = DRAINING
        self.health.forget(group, target)
        self.cloud.spawn(self._drain(group, target), f"drain {ip}:{port} from {group.name}")

    async def _drain(self, group: TargetGroup, target: Target) -> None:
        began = time.monotonic()
        await self.cloud.clock.sleep(group.drain_seconds)
        # The delay is scaled, but requests take their own time: they have as long as AWS would give them.
        if target.in_flight:
            with suppress(TimeoutError):
                async with asyncio.timeout(group.drain_seconds - (time.monotonic() - began)):
                    await target.idle.wait()
        # Registered anew meanwhile, it is another target at the same place.
        if group.targets.get(target.key) is target:
            self._remove(group, target)

    def _remove(self, group: TargetGroup, target: Target) -> None:
        self.health.forget(group, target)
        del group.targets[target.key]

    def _described(self, group: TargetGroup, given: Request) -> Target:
        if group.settings["TargetType"] != "ip":
            raise AwsError(
                "InvalidTarget",
                f"The following targets are not in a running state and cannot be registered: '{given['Id']}'",
            )
        try:
            ipaddress.IPv4Address(given["Id"])
        except ValueError:
            raise AwsError(
                "ValidationError", f"The IP address '{given['Id']}' is not a valid IPv4 address"
            ) from None
        return Target(given["Id"], given.get("Port") or group.settings["Port"], given.get("AvailabilityZone"))
