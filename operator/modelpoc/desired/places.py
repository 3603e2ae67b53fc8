"""Where POCs are put: the platform's shared parts as they are in AWS, and which of them carry one POC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modelpoc.api.status import Placement

TARGET_GROUPS_PER_LOAD_BALANCER = 100
"""Fixed by AWS (Elastic Load Balancing, "Quotas for your Application Load Balancers")."""
ROUTES_PER_API = 300
"""Default quota (API Gateway, "Quotas for configuring and running an HTTP API")."""
ROUTES_PER_POC = 2


@dataclass(frozen=True)
class ApiPlace:
    """One HTTP API."""

    id: str
    endpoint: str
    """Base URL, without a slash at its end."""
    integrations: Mapping[str, str]
    """Listener ARN → id of the integration that leads to it."""
    authorizers: Mapping[str, str]
    """Name in the platform's `routing.authorizers` → id."""


@dataclass(frozen=True)
class ListenerPlace:
    """One listener of a load balancer."""

    arn: str
    load_balancer_arn: str


@dataclass(frozen=True)
class Places:
    """The shared parts of a platform, all of them there."""

    cluster_arn: str
    """"" on a platform without ECS."""
    cluster_name: str
    apis: tuple[ApiPlace, ...]
    listeners: tuple[ListenerPlace, ...]

    def api(self, id: str | None) -> ApiPlace | None:
        return next((a for a in self.apis if a.id == id), None)

    def listener(self, arn: str | None) -> ListenerPlace | None:
        return next((entry for entry in self.listeners if entry.arn == arn), None)


@dataclass(frozen=True)
class Place:
    """What carries one POC."""

    api: ApiPlace
    listener: ListenerPlace | None
    """None for what needs no load balancer."""

    @property
    def integration_id(self) -> str:
        """Of the integration that leads to the listener."""
        assert self.listener is not None
        return self.api.integrations[self.listener.arn]

    def recorded(self) -> Placement:
        return Placement(
            api_id=self.api.id,
            load_balancer_arn=self.listener.load_balancer_arn if self.listener else None,
            listener_arn=self.listener.arn if self.listener else None,
        )


def place(
    recorded: Placement,
    places: Places,
    rules_on: Callable[[str], int],
    routes_on: Callable[[str], int],
    balanced: bool = True,
) -> Place | None:
    """Where a POC stays, or, when it has no place yet, the first parts with room; None when all are full.

    `rules_on(listener ARN)` and `routes_on(API id)` tell how many are in use; `balanced`: whether it is
    reached through a load balancer.
    """
    api = places.api(recorded.api_id) or next(
        (a for a in places.apis if routes_on(a.id) + ROUTES_PER_POC <= ROUTES_PER_API), None
    )
    if not balanced:
        return Place(api, None) if api else None
    listener = places.listener(recorded.listener_arn) or next(
        (x for x in places.listeners if rules_on(x.arn) < TARGET_GROUPS_PER_LOAD_BALANCER), None
    )
    if listener is None or api is None or listener.arn not in api.integrations:
        return None
    return Place(api, listener)
