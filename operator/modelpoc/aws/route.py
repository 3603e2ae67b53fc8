"""A route of an HTTP API: which requests go to which integration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from modelpoc.aws import gateway
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

PERMISSIONS = gateway.within_api()


@dataclass(frozen=True, kw_only=True)
class Route(Resource):
    """Named `<api id>/<route key>`, such as `a1b2c3/ANY /poc-deployment/echo/{proxy+}`.

    API Gateway allows one route for each key, and no tags on it: the operation name (64 characters)
    carries the owner's mark.
    """

    kind: ClassVar[str] = "Route"
    api_id: str | Ref
    route_key: str
    target: str | Ref
    """`integrations/<id>`: an Integration's attribute "target"."""
    auth_type: str = "NONE"
    """NONE, AWS_IAM or JWT."""
    authorizer_id: str | Ref | None = None
    mark: str = ""


class RouteKind(BaseKind[Route, AwsScope]):
    """All routes of our APIs are kept in mind, whoever owns them: a key can be had once."""

    kind = "Route"
    fast = frozenset({"target", "auth_type", "authorizer_id", "mark"})
    switches = frozenset({"target"})
    within = frozenset({"HttpApi"})

    def led_to(self, have: Observed) -> str:
        return integration_id(have.id.partition("/")[0], have.fields["target"]) or ""

    def reason(self, claim: str | None) -> str:
        return "RouteConflict"

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return [route for api in gateway.api_ids(scope) for route in await self._of_api(scope, api)]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        apis = sorted({name.partition("/")[0] for name in names})
        found = [route for api in apis for route in await self._of_api(scope, api)]
        return {route.name: route for route in found if route.name in names}

    async def _of_api(self, scope: AwsScope, api_id: str) -> list[Observed]:
        routes = await gateway.items(scope, "GetRoutes", ApiId=api_id)
        return [observed(api_id, route) for route in routes]

    async def create(self, scope: AwsScope, want: Route) -> Observed:
        async with scope.writer(f"apigateway/{want.api_id}"):
            answer = await scope.call(
                "apigatewayv2", "CreateRoute", ApiId=want.api_id, RouteKey=want.route_key, **request(want)
            )
        return observed(str(want.api_id), answer)

    async def update(
        self, scope: AwsScope, want: Route, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        api_id, route_id = have.id.split("/")
        async with scope.writer(f"apigateway/{api_id}"):
            answer = await scope.call(
                "apigatewayv2", "UpdateRoute", ApiId=api_id, RouteId=route_id, **request(want)
            )
        return observed(api_id, {"RouteKey": want.route_key, "RouteId": route_id} | answer)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        api_id, route_id = have.id.split("/")
        async with scope.writer(f"apigateway/{api_id}"):
            await scope.call("apigatewayv2", "DeleteRoute", ApiId=api_id, RouteId=route_id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        api_id, route_id = have.id.split("/")
        async with scope.writer(f"apigateway/{api_id}"):
            await scope.call(
                "apigatewayv2", "UpdateRoute", ApiId=api_id, RouteId=route_id, OperationName=gateway.UNOWNED
            )


def request(want: Route) -> dict[str, Any]:
    """What CreateRoute and UpdateRoute are told alike."""
    parameters = {
        "Target": want.target,
        "AuthorizationType": want.auth_type,
        "AuthorizerId": want.authorizer_id,
        "OperationName": want.mark,
    }
    return {key: value for key, value in parameters.items() if value}


def integration_id(api_id: str, target: str) -> str | None:
    """The id that an Integration is observed under; None when the route leads to something else."""
    prefix, _, id = target.partition("/")
    return f"{api_id}/{id}" if prefix == "integrations" else None


def observed(api_id: str, route: Mapping[str, Any]) -> Observed:
    """A route as GetRoutes, CreateRoute and UpdateRoute describe it."""
    target, authorizer = route.get("Target", ""), route.get("AuthorizerId")
    refs = {api_id}
    if integration := integration_id(api_id, target):
        refs.add(integration)
    if authorizer:
        refs.add(f"{api_id}/{authorizer}")
    mark = route.get("OperationName", "")
    return Observed(
        "Route",
        f"{api_id}/{route['RouteKey']}",
        id=f"{api_id}/{route['RouteId']}",
        fields={
            "target": target,
            "auth_type": route.get("AuthorizationType", "NONE"),
            "authorizer_id": authorizer,
            "mark": mark,
        },
        attrs={"id": route["RouteId"], "key": route["RouteKey"]},
        refs=frozenset(refs),
        owner=Mark.parse(mark),
    )
