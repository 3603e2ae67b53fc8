"""The settings of one route in a stage: a POC's own throttle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws import gateway
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

PERMISSIONS = gateway.within_api()
STAGE = "$default"


@dataclass(frozen=True, kw_only=True)
class RouteSettings(Resource):
    """Named as its route, `<api id>/<route key>`, which must be there first and goes after it."""

    kind: ClassVar[str] = "RouteSettings"
    api_id: str | Ref
    route_key: str
    stage: str = STAGE
    rate: float
    """Requests a second."""
    burst: int
    """How many at once."""


class RouteSettingsKind(BaseKind[RouteSettings, AwsScope]):
    """They stand inside the stage and belong to whoever owns the route."""

    kind = "RouteSettings"
    fast = frozenset({"rate", "burst"})
    within = frozenset({"HttpApi", "Route"})

    def reason(self, claim: str | None) -> str:
        return "RouteConflict"

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return [one for api in gateway.api_ids(scope) for one in await self._of_api(scope, api)]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        apis = sorted({name.partition("/")[0] for name in names})
        found = [one for api in apis for one in await self._of_api(scope, api)]
        return {one.name: one for one in found if one.name in names}

    async def _of_api(self, scope: AwsScope, api_id: str) -> list[Observed]:
        stages = await gateway.items(scope, "GetStages", ApiId=api_id)
        stage: dict[str, Any] = next((s for s in stages if s["StageName"] == STAGE), {})
        settings = stage.get("RouteSettings", {})
        found = [(scope.inventory.get("Route", f"{api_id}/{key}"), key, s) for key, s in settings.items()]
        # Settings that outlived their route are nobody's and in nobody's way.
        return [observed(route, key, one) for route, key, one in found if route]

    async def create(self, scope: AwsScope, want: RouteSettings) -> Observed:
        route = scope.inventory.get("Route", want.name)
        if route is None:
            raise NotYet(f"{want} waits for its route")
        await self._put(scope, want)
        return observed(route, want.route_key, throttle(want))

    async def update(
        self, scope: AwsScope, want: RouteSettings, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        await self._put(scope, want)
        return with_fields(have, rate=want.rate, burst=want.burst)

    async def _put(self, scope: AwsScope, want: RouteSettings) -> None:
        """UpdateStage merges: settings of other routes stay."""
        settings = {want.route_key: throttle(want)}
        async with scope.writer(f"apigateway/{want.api_id}"):
            await scope.call(
                "apigatewayv2", "UpdateStage", ApiId=want.api_id, StageName=want.stage, RouteSettings=settings
            )

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        api_id, _, route_key = have.name.partition("/")
        where = {"ApiId": api_id, "StageName": STAGE, "RouteKey": route_key}
        async with scope.writer(f"apigateway/{api_id}"):
            await scope.call("apigatewayv2", "DeleteRouteSettings", **where)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        """Nothing to take off: they follow their route."""


def throttle(want: RouteSettings) -> dict[str, Any]:
    return {"ThrottlingRateLimit": want.rate, "ThrottlingBurstLimit": want.burst}


def observed(route: Observed, route_key: str, settings: Mapping[str, Any]) -> Observed:
    """The settings of `route` as a stage holds them."""
    api_id = route.name.partition("/")[0]
    return Observed(
        "RouteSettings",
        route.name,
        id=f"{api_id}/{STAGE}/{route_key}",
        fields={
            "rate": settings.get("ThrottlingRateLimit"),
            "burst": settings.get("ThrottlingBurstLimit"),
        },
        attrs={"api_id": api_id, "route_key": route_key},
        refs=frozenset({route.id}),
        owner=route.owner,
    )
