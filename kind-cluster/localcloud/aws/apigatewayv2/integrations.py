"""Operations on integrations, and where they lead."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

from localcloud.aws.apigatewayv2.base import Answer, Request, merged, merged_map
from localcloud.aws.apigatewayv2.deploying import Deploying
from localcloud.aws.apigatewayv2.errors import bad_request, conflict, too_many
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Wire, new_id
from localcloud.aws.backend import Call
from localcloud.aws.elbv2 import Elbv2
from localcloud.datapath.mapping import BadMapping, check_mapping

LARGEST_INTEGRATIONS = 300
_MEMBERS = (
    "ConnectionId",
    "ConnectionType",
    "CredentialsArn",
    "Description",
    "IntegrationMethod",
    "IntegrationSubtype",
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "ResponseParameters",
    "TimeoutInMillis",
    "TlsConfig",
)
_METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class IntegrationOperations(Deploying):
    """Create, get, change and delete integrations; follow them when a request comes."""

    async def CreateIntegration(self, call: Call, request: Request) -> Answer:
        """An integration of type HTTP_PROXY (public or private) or AWS_PROXY."""
        async with self.writing(request["ApiId"]) as api:
            if len(api.integrations) >= LARGEST_INTEGRATIONS:
                raise too_many("Integrations", "API")
            wire = merged({"ConnectionType": "INTERNET", "TimeoutInMillis": 30000}, request, _MEMBERS)
            wire["RequestParameters"] = merged_map({}, request.get("RequestParameters"))
            self._check_integration(wire)
            if wire["IntegrationType"] == "HTTP_PROXY":
                wire.setdefault("PayloadFormatVersion", "1.0")
            wire["IntegrationId"] = new_id(7)
            api.integrations[wire["IntegrationId"]] = wire
            self.auto_deploy(api)
            return _shown(wire)

    async def GetIntegration(self, call: Call, request: Request) -> Answer:
        """One integration."""
        api = self.api(request["ApiId"])
        return _shown(self.child(api, api.integrations, request["IntegrationId"], "Integration"))

    async def GetIntegrations(self, call: Call, request: Request) -> Answer:
        """All integrations of an API."""
        return page([_shown(w) for w in self.api(request["ApiId"]).integrations.values()], request)

    async def UpdateIntegration(self, call: Call, request: Request) -> Answer:
        """Changes what is given; request parameters merge, an empty value removes one."""
        async with self.writing(request["ApiId"]) as api:
            present = self.child(api, api.integrations, request["IntegrationId"], "Integration")
            wire = merged(present, request, _MEMBERS)
            wire["RequestParameters"] = merged_map(
                present["RequestParameters"], request.get("RequestParameters")
            )
            self._check_integration(wire)
            api.integrations[wire["IntegrationId"]] = wire
            self.auto_deploy(api)
            return _shown(wire)

    async def DeleteIntegration(self, call: Call, request: Request) -> Answer:
        """Takes an integration away that no route targets."""
        async with self.writing(request["ApiId"]) as api:
            integration = self.child(api, api.integrations, request["IntegrationId"], "Integration")
            target = f"integrations/{integration['IntegrationId']}"
            users = [route["RouteId"] for route in api.routes.values() if route.get("Target") == target]
            if users:
                raise conflict(
                    "Cannot delete Integration because it is referenced by the following Routes with Ids: "
                    f"[{', '.join(users)}]"
                )
            del api.integrations[integration["IntegrationId"]]
            self.auto_deploy(api)
        return {}

    def base_url(self, integration: Mapping[str, Any]) -> str | None:
        """Where a private integration leads: the listener behind an available VPC link."""
        link = self.links.get(integration.get("ConnectionId") or "")
        if link is None or link.wire["VpcLinkStatus"] != "AVAILABLE":
            return None
        endpoint = self._listener(str(integration["IntegrationUri"]))
        return f"http://{endpoint[0]}:{endpoint[1]}" if endpoint else None

    async def invoke(self, integration: Mapping[str, Any], event: dict[str, Any]) -> Any:
        """What the function behind an AWS_PROXY integration answers; `LookupError` when it cannot be asked,
        or fails.

        The Lambda backend, if the cloud has one, gives `invoke_for_api(uri, event)`.
        """
        if integration["PayloadFormatVersion"] != "2.0":
            raise LookupError("the local cloud does not speak payload format version 1.0 to functions")
        backend = self.cloud.backend("lambda")
        ask = getattr(backend, "invoke_for_api", None)
        if ask is None:
            raise LookupError("the lambda backend cannot be asked by API Gateway")
        context = {"accountId": self.cloud.account, **event["requestContext"]}
        answer = ask(integration["IntegrationUri"], {**event, "requestContext": context})
        return await answer if inspect.isawaitable(answer) else answer

    def _listener(self, arn: str) -> tuple[str, int] | None:
        try:
            balancers = cast(Elbv2, self.cloud.backend("elbv2"))
        except KeyError:
            return None
        return balancers.listener_endpoint(arn)

    def _check_integration(self, wire: Wire) -> None:
        kind = wire["IntegrationType"]
        if kind not in ("HTTP_PROXY", "AWS_PROXY"):
            raise bad_request("HTTP APIs support integrations of type HTTP_PROXY and AWS_PROXY only")
        if not wire.get("IntegrationUri") and not wire.get("IntegrationSubtype"):
            raise bad_request("IntegrationUri is a required parameter for integration")
        if kind == "AWS_PROXY":
            _check_function(wire)
        else:
            self._check_proxy(wire)
        try:
            check_mapping(wire["RequestParameters"])
        except BadMapping as error:
            raise bad_request(str(error)) from None

    def _check_proxy(self, wire: Wire) -> None:
        if wire.get("IntegrationMethod") not in _METHODS:
            raise bad_request("Invalid integration method specified for integration of type HTTP_PROXY")
        if wire.get("PayloadFormatVersion", "1.0") != "1.0":
            raise bad_request("Integrations of type HTTP_PROXY support payload format version 1.0 only")
        if wire["ConnectionType"] == "VPC_LINK":
            self._check_private(wire)
        elif wire.get("ConnectionId"):
            raise bad_request("ConnectionId is allowed with connection type VPC_LINK only")
        elif not str(wire["IntegrationUri"]).startswith(("http://", "https://")):
            raise bad_request("Invalid HTTP endpoint specified for URI")

    def _check_private(self, wire: Wire) -> None:
        if not wire.get("ConnectionId"):
            raise bad_request("ConnectionId is a required parameter for connection type VPC_LINK")
        if wire["ConnectionId"] not in self.links:
            raise bad_request(f"Invalid VpcLink identifier specified {wire['ConnectionId']}")
        if not str(wire["IntegrationUri"]).startswith("arn:"):
            raise bad_request(
                "For VpcLink, IntegrationUri should be a valid ELB listener or Cloud Map service ARN"
            )
        if self._listener(str(wire["IntegrationUri"])) is None:
            raise bad_request(
                f"Invalid integration URI specified: listener {wire['IntegrationUri']} not found"
            )


def _check_function(wire: Wire) -> None:
    if wire.get("PayloadFormatVersion") not in ("1.0", "2.0"):
        raise bad_request("PayloadFormatVersion is a required parameter for integration")
    if not str(wire.get("IntegrationUri") or "").startswith("arn:"):
        raise bad_request("IntegrationUri must be the ARN of a Lambda function")


def _shown(wire: Wire) -> Wire:
    return {key: value for key, value in wire.items() if value not in ({}, None)}
