"""Operations on authorizers."""

from __future__ import annotations

import re

from localcloud.aws.apigatewayv2.base import Answer, Request, merged
from localcloud.aws.apigatewayv2.deploying import Deploying
from localcloud.aws.apigatewayv2.errors import bad_request, conflict, too_many
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Api, Wire, new_id
from localcloud.aws.backend import Call

LARGEST_AUTHORIZERS = 10
_SOURCE = re.compile(r"\$request\.(header|querystring)\.[\w-]+|\$context\.[\w.]+|\$stageVariables\.\w+")
_MEMBERS = (
    "AuthorizerCredentialsArn",
    "AuthorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerType",
    "AuthorizerUri",
    "EnableSimpleResponses",
    "IdentitySource",
    "JwtConfiguration",
    "Name",
)


class AuthorizerOperations(Deploying):
    """Create, get, change and delete authorizers. Only JWT ones let anybody through here."""

    async def CreateAuthorizer(self, call: Call, request: Request) -> Answer:
        """An authorizer under a name that no other one of the API has."""
        async with self.writing(request["ApiId"]) as api:
            if len(api.authorizers) >= LARGEST_AUTHORIZERS:
                raise too_many("Authorizers", "API")
            wire = merged({"AuthorizerId": new_id(6)}, request, _MEMBERS)
            _check(api, wire)
            api.authorizers[wire["AuthorizerId"]] = wire
            return wire

    async def GetAuthorizer(self, call: Call, request: Request) -> Answer:
        """One authorizer."""
        api = self.api(request["ApiId"])
        return self.child(api, api.authorizers, request["AuthorizerId"], "Authorizer")

    async def GetAuthorizers(self, call: Call, request: Request) -> Answer:
        """All authorizers of an API."""
        return page(list(self.api(request["ApiId"]).authorizers.values()), request)

    async def UpdateAuthorizer(self, call: Call, request: Request) -> Answer:
        """Changes what is given."""
        async with self.writing(request["ApiId"]) as api:
            present = self.child(api, api.authorizers, request["AuthorizerId"], "Authorizer")
            wire = merged(present, request, _MEMBERS)
            _check(api, wire)
            api.authorizers[wire["AuthorizerId"]] = wire
            self.auto_deploy(api)
            return wire

    async def DeleteAuthorizer(self, call: Call, request: Request) -> Answer:
        """Takes an authorizer away that no route asks."""
        async with self.writing(request["ApiId"]) as api:
            found = self.child(api, api.authorizers, request["AuthorizerId"], "Authorizer")
            users = [
                r["RouteKey"] for r in api.routes.values() if r.get("AuthorizerId") == found["AuthorizerId"]
            ]
            if users:
                raise conflict(
                    f"Cannot delete authorizer '{found['AuthorizerId']}', is referenced in route: {users[0]}"
                )
            del api.authorizers[found["AuthorizerId"]]
        return {}


def _check(api: Api, wire: Wire) -> None:
    if any(
        other["Name"] == wire["Name"] and other["AuthorizerId"] != wire["AuthorizerId"]
        for other in api.authorizers.values()
    ):
        raise bad_request(
            f"Authorizer name must be unique. Authorizer {wire['Name']} already exists in this API."
        )
    sources = wire.get("IdentitySource") or []
    if not sources or not all(_SOURCE.fullmatch(source) for source in sources):
        raise bad_request(
            "Invalid identity source: it must be a selection expression such as $request.header.Authorization"
        )
    if wire["AuthorizerType"] == "REQUEST":
        if not wire.get("AuthorizerUri"):
            raise bad_request("AuthorizerUri is required for authorizers of type REQUEST")
        return
    config = wire.get("JwtConfiguration") or {}
    if not config.get("Issuer") or not config.get("Audience"):
        raise bad_request("JwtConfiguration needs an Issuer and at least one Audience")
    # AWS wants HTTPS; an issuer on this machine may do without.
    if not str(config["Issuer"]).startswith(("https://", "http://127.", "http://localhost")):
        raise bad_request(f"Invalid issuer: {config['Issuer']}. Issuer must have a valid HTTPS URL")
    if len(sources) != 1:
        raise bad_request("Authorizers of type JWT have exactly one identity source")
