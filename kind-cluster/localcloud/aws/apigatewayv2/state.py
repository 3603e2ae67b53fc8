"""What API Gateway remembers, and how it shows it."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from localcloud.datapath.deployed import Deployed, StageView
from localcloud.datapath.route_keys import RouteTable
from localcloud.datapath.server import HttpServer

Wire = dict[str, Any]
_LETTERS = string.ascii_lowercase + string.digits


def new_id(length: int) -> str:
    """An id as API Gateway makes them: 10 characters for APIs, 7 for routes and integrations."""
    return secrets.choice(string.ascii_lowercase) + "".join(
        secrets.choice(_LETTERS) for _ in range(length - 1)
    )


@dataclass
class Stage:
    """A stage in wire form, and how requests meet it."""

    wire: Wire
    view: StageView

    def sync(self) -> None:
        """Lets throttles and variables take effect."""
        self.view.route_settings = self.wire["RouteSettings"]
        self.view.default_settings = self.wire["DefaultRouteSettings"]
        self.view.variables = self.wire["StageVariables"]


@dataclass
class Api:
    """An API in wire form with all that belongs to it, each by its id; `busy` while a write is under way.

    `deploying` while an automatic deployment is about to be made.
    """

    wire: Wire
    stages: dict[str, Stage] = field(default_factory=dict)
    routes: dict[str, Wire] = field(default_factory=dict)
    integrations: dict[str, Wire] = field(default_factory=dict)
    authorizers: dict[str, Wire] = field(default_factory=dict)
    deployments: dict[str, Wire] = field(default_factory=dict)
    snapshots: dict[str, Deployed] = field(default_factory=dict)
    server: HttpServer | None = None
    busy: bool = False
    deploying: bool = False

    @property
    def api_id(self) -> str:
        """The API's id."""
        return str(self.wire["ApiId"])

    def stage(self, name: str) -> StageView | None:
        """A stage as its server sees it."""
        stage = self.stages.get(name)
        return stage.view if stage else None

    def disabled(self) -> bool:
        """Whether the default endpoint is switched off."""
        return bool(self.wire["DisableExecuteApiEndpoint"])

    def route_keys(self) -> set[str]:
        """The keys of all routes."""
        return {str(route["RouteKey"]) for route in self.routes.values()}

    def snapshot(self) -> Deployed:
        """What a deployment made now would serve."""
        return Deployed(
            table=RouteTable(self.route_keys()),
            routes={route["RouteKey"]: dict(route) for route in self.routes.values()},
            integrations={key: dict(value) for key, value in self.integrations.items()},
            authorizers={key: dict(value) for key, value in self.authorizers.items()},
            cors=dict(self.wire["CorsConfiguration"]) if self.wire.get("CorsConfiguration") else None,
        )


@dataclass
class VpcLink:
    """A VPC link in wire form."""

    wire: Wire
