"""What an HTTP API serves: a deployment of its routes, as a stage shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.datapath.route_keys import RouteTable
from localcloud.datapath.throttle import Rate, Throttles

Wire = Mapping[str, Any]


@dataclass(frozen=True)
class Deployed:
    """Routes by key, integrations and authorizers by id, all in wire form and none changing any more."""

    table: RouteTable
    routes: Mapping[str, Wire]
    integrations: Mapping[str, Wire]
    authorizers: Mapping[str, Wire]
    cors: Wire | None

    def integration(self, route_key: str) -> Wire | None:
        """The integration that a route targets."""
        target = self.routes[route_key].get("Target") or ""
        return self.integrations.get(target.removeprefix("integrations/"))


@dataclass
class StageView:
    """A stage as requests meet it: what is deployed on it now, its throttles and variables."""

    name: str
    deployed: Deployed | None = None
    route_settings: Mapping[str, Wire] = field(default_factory=dict)
    default_settings: Wire = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    throttles: Throttles = field(default_factory=Throttles)

    def rate(self, route_key: str) -> Rate | None:
        """The throttle of a route: its own settings before the stage's; None when there is none."""
        for settings in (self.route_settings.get(route_key) or {}, self.default_settings):
            rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
            given = [number for number in (rate, burst) if number is not None]
            if given:
                return Rate(per_second=float(given[0]), burst=float(given[-1]))
        return None
