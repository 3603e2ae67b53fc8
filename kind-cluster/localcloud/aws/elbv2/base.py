"""What all parts of the load balancing backend share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, ClassVar

import aiohttp

from localcloud.aws.backend import AwsError, Backend
from localcloud.aws.elbv2.health import HealthChecks
from localcloud.aws.elbv2.network import Network
from localcloud.aws.elbv2.state import LoadBalancer
from localcloud.aws.elbv2.store import Store
from localcloud.context import CloudContext
from localcloud.datapath.forward import client_session

Request = dict[str, Any]
Answer = dict[str, Any]
LARGEST_GROUPS = 100
LARGEST_RULES = 100


class Elbv2Base(Backend):
    """State, health checks and what must hold between load balancers, rules and target groups."""

    service: ClassVar[str] = "elbv2"

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.store = Store(f"arn:{cloud.partition}:elasticloadbalancing:{cloud.region}:{cloud.account}")
        self.network = Network(cloud)
        self._session: aiohttp.ClientSession | None = None
        self.health = HealthChecks(cloud, self.session)

    def session(self) -> aiohttp.ClientSession:
        """The HTTP client of all listeners and health checks."""
        if self._session is None:
            self._session = client_session()
        return self._session

    async def stop(self) -> None:
        """Closes every listener's socket and the client."""
        servers = [one.server for one in self.store.listeners.values() if one.server]
        await asyncio.gather(*(server.stop() for server in servers))
        if self._session:
            await self._session.close()

    def check_use(self, balancer: LoadBalancer, before: set[str], after: set[str]) -> None:
        """Refuses that a balancer forwards to groups `after` instead of `before` where a limit forbids it."""
        for arn in after:
            self.store.group(arn)
            if any(other is not balancer for other in self.store.balancers_of(arn)):
                raise AwsError(
                    "TargetGroupAssociationLimit",
                    "The following target groups cannot be associated with more than one load balancer: "
                    f"{arn}",
                )
        if len((balancer.groups() - before) | after) > LARGEST_GROUPS:
            raise AwsError(
                "TooManyUniqueTargetGroupsPerLoadBalancer",
                "You have reached the maximum number of unique target groups that you can associate "
                f"with a load balancer of type 'application': [{LARGEST_GROUPS}]",
            )

    def use_changed(self, arns: Iterable[str]) -> None:
        """Starts or ends health checks of target groups whose use by load balancers may have changed.

        A group that is used no more stays busy for a while, as AWS refuses its deletion at first.
        """
        for arn in arns:
            group = self.store.groups.get(arn)
            if group is None:
                continue
            in_use = bool(self.store.balancers_of(arn))
            if not in_use:
                release = self.cloud.clock.seconds(self.cloud.config.durations.target_group_release)
                group.busy_until = time.monotonic() + release
            self.health.follow(group, in_use)
