"""Operations on routes."""

from __future__ import annotations

from localcloud.aws.apigatewayv2.base import Answer, Request, merged
from localcloud.aws.apigatewayv2.deploying import Deploying
from localcloud.aws.apigatewayv2.errors import bad_request, conflict, not_found, too_many
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Api, Wire, new_id
from localcloud.aws.backend import Call
from localcloud.datapath.route_keys import BadRouteKey, parse_route_key

LARGEST_ROUTES = 300
LONGEST_OPERATION_NAME = 64
_MEMBERS = (
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
    "RouteKey",
    "Target",
)
_OF_AUTHORIZER = {"JWT": "JWT", "CUSTOM": "REQUEST"}


class RouteOperations(Deploying):
    """Create, get, change and delete routes."""

    async def CreateRoute(self, call: Call, request: Request) -> Answer:
        """A route under a key that no other route of the API has."""
        async with self.writing(request["ApiId"]) as api:
            if len(api.routes) >= LARGEST_ROUTES:
                raise too_many("Routes", "API")
            wire = merged({"ApiKeyRequired": False, "AuthorizationType": "NONE"}, request, _MEMBERS)
            wire["RouteId"] = new_id(7)
            self._check_route(api, wire)
            api.routes[wire["RouteId"]] = wire
            self.auto_deploy(api)
            return wire

    async def GetRoute(self, call: Call, request: Request) -> Answer:
        """One route."""
        api = self.api(request["ApiId"])
        return self.child(api, api.routes, request["RouteId"], "Route")

    async def GetRoutes(self, call: Call, request: Request) -> Answer:
        """All routes of an API."""
        return page(list(self.api(request["ApiId"]).routes.values()), request)

    async def UpdateRoute(self, call: Call, request: Request) -> Answer:
        """Changes what is given; an authorizer goes when nobody is asked any more."""
        async with self.writing(request["ApiId"]) as api:
            present = self.child(api, api.routes, request["RouteId"], "Route")
            wire = merged(present, request, _MEMBERS)
            if request.get("AuthorizationType") in ("NONE", "AWS_IAM") and not request.get("AuthorizerId"):
                wire.pop("AuthorizerId", None)
                wire.pop("AuthorizationScopes", None)
            self._check_route(api, wire)
            api.routes[wire["RouteId"]] = wire
            self.auto_deploy(api)
            return wire

    async def DeleteRoute(self, call: Call, request: Request) -> Answer:
        """Takes a route away. Settings of a stage for it stay, and hinder deployments until they go too."""
        async with self.writing(request["ApiId"]) as api:
            route = self.child(api, api.routes, request["RouteId"], "Route")
            del api.routes[route["RouteId"]]
            self.auto_deploy(api)
        return {}

    def _check_route(self, api: Api, wire: Wire) -> None:
        key = wire["RouteKey"]
        try:
            parse_route_key(key)
        except BadRouteKey:
            raise bad_request(
                "The provided route key is not formatted properly for HTTP protocol. "
                'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
            ) from None
        if any(r["RouteKey"] == key and r["RouteId"] != wire["RouteId"] for r in api.routes.values()):
            raise conflict(f"Route with key {key} already exists for this API")
        if len(wire.get("OperationName") or "") > LONGEST_OPERATION_NAME:
            raise bad_request(f"OperationName can have at most {LONGEST_OPERATION_NAME} characters")
        if wire["ApiKeyRequired"]:
            raise bad_request("ApiKeyRequired is not supported for HTTP APIs")
        _check_target(api, wire.get("Target"))
        _check_authorization(api, wire)


def _check_target(api: Api, target: str | None) -> None:
    if not target:
        return
    kind, _, integration = target.partition("/")
    if kind != "integrations" or not integration:
        raise bad_request(f"Invalid target specified: {target}. It must be integrations/<id>")
    if integration not in api.integrations:
        raise not_found(f"Invalid Integration identifier specified {integration}")


def _check_authorization(api: Api, wire: Wire) -> None:
    kind, authorizer_id = wire["AuthorizationType"], wire.get("AuthorizerId")
    wanted = _OF_AUTHORIZER.get(kind)
    if wanted is None:
        if authorizer_id:
            raise bad_request(f"AuthorizerId is not allowed for authorization type {kind}")
        if wire.get("AuthorizationScopes"):
            raise bad_request("AuthorizationScopes are allowed for authorization type JWT only")
        return
    authorizer = api.authorizers.get(authorizer_id or "")
    if authorizer is None or authorizer["AuthorizerType"] != wanted:
        raise bad_request(f"A valid AuthorizerId is required for authorization type {kind}")
