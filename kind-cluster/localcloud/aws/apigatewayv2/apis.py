"""Operations on APIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from localcloud.aws.apigatewayv2.base import Answer, Request, merged
from localcloud.aws.apigatewayv2.errors import bad_request
from localcloud.aws.apigatewayv2.integrations import IntegrationOperations
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Api, new_id
from localcloud.aws.backend import Call
from localcloud.datapath.addresses import listening_socket
from localcloud.datapath.authorizing import Authorizing
from localcloud.datapath.gateway import GatewayHandler
from localcloud.datapath.server import HttpServer
from localcloud.datapath.sigv4 import Keys

_CHANGEABLE = (
    "CorsConfiguration",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "IpAddressType",
    "Name",
    "Version",
)
_ORIGIN = re.compile(r"\*|https?://(\*|[^/\s*]+)|[a-z][a-z0-9+.-]*://[^/\s*]*")


class ApiOperations(IntegrationOperations):
    """Create, get, change and delete HTTP APIs; each has a server of its own."""

    async def CreateApi(self, call: Call, request: Request) -> Answer:
        """An HTTP API that listens, and says Not Found until something is deployed."""
        if request["ProtocolType"] != "HTTP":
            raise bad_request("The local cloud offers APIs of protocol type HTTP only")
        if request.get("Target") or request.get("RouteKey"):
            raise bad_request("The local cloud does not offer quick create: create route and integration")
        check_cors(request.get("CorsConfiguration"))
        api = Api(self._new_wire(request))
        await self._listen(api)
        self.apis[api.api_id] = api
        return api.wire

    async def GetApi(self, call: Call, request: Request) -> Answer:
        """One API."""
        return self.api(request["ApiId"]).wire

    async def GetApis(self, call: Call, request: Request) -> Answer:
        """All APIs."""
        return page([api.wire for api in self.apis.values()], request)

    async def UpdateApi(self, call: Call, request: Request) -> Answer:
        """Changes what is given; the CORS configuration as a whole."""
        check_cors(request.get("CorsConfiguration"))
        async with self.writing(request["ApiId"]) as api:
            api.wire = merged(api.wire, request, _CHANGEABLE)
            self.auto_deploy(api)
            return api.wire

    async def DeleteApi(self, call: Call, request: Request) -> Answer:
        """Takes an API away with all that belongs to it."""
        async with self.writing(request["ApiId"]) as api:
            del self.apis[api.api_id]
        if api.server:
            await api.server.stop()
        return {}

    async def DeleteCorsConfiguration(self, call: Call, request: Request) -> Answer:
        """The API answers no preflight any more."""
        async with self.writing(request["ApiId"]) as api:
            api.wire.pop("CorsConfiguration", None)
            self.auto_deploy(api)
        return {}

    def _new_wire(self, request: Request) -> Answer:
        wire: Answer = {
            "ApiId": new_id(10),
            "ApiKeySelectionExpression": "$request.header.x-api-key",
            "CreatedDate": self.cloud.clock.now(),
            "DisableExecuteApiEndpoint": False,
            "IpAddressType": "ipv4",
            "RouteSelectionExpression": "$request.method $request.path",
            "Tags": {},
        }
        return wire | {key: value for key, value in request.items() if value is not None}

    def _may_invoke(self, identity: Any, invoked: str) -> bool:
        about = self.cloud
        arn = f"arn:{about.partition}:execute-api:{about.region}:{about.account}:{invoked}"
        return about.iam.may(identity, "execute-api:Invoke", arn)

    async def _listen(self, api: Api) -> None:
        keys = cast(Keys, self.cloud.credentials)
        authorizing = Authorizing(self.session(), keys, self.cloud.region, self._may_invoke)
        handler = GatewayHandler(api, self, authorizing, self.session())
        api.server = HttpServer(handler, listening_socket(self.cloud.config.host, 0))
        await api.server.start()
        api.wire["ApiEndpoint"] = f"http://{api.server.host}:{api.server.port}"


def check_cors(config: Mapping[str, Any] | None) -> None:
    """Refuses a CORS configuration that browsers could not follow."""
    origins = (config or {}).get("AllowOrigins") or []
    if config and config.get("AllowCredentials") and "*" in origins:
        raise bad_request("Unable to use wildcard '*' for allowOrigins when allowCredentials is true")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise bad_request(
                f"Invalid format for origin {origin}. Origin should be * or a scheme and a host"
            )
