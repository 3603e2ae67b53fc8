"""Operations on custom domain names: kept and shown, but no name server points here."""

from __future__ import annotations

from localcloud.aws.apigatewayv2.base import Answer, ApiGatewayBase, Request, merged
from localcloud.aws.apigatewayv2.errors import conflict, not_found
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Wire, new_id
from localcloud.aws.backend import Call


class DomainOperations(ApiGatewayBase):
    """Create, get, change and delete domain names and what they map to."""

    async def CreateDomainName(self, call: Call, request: Request) -> Answer:
        """A domain name that is available at once."""
        name = request["DomainName"]
        prefix = f"arn:{self.cloud.partition}:apigateway:{self.cloud.region}::"
        if name in self.domains:
            raise conflict("The domain name resource already exists.")
        wire: Wire = {
            "ApiMappingSelectionExpression": "$request.basepath",
            "DomainName": name,
            "DomainNameArn": f"{prefix}/domainnames/{name}",
            "DomainNameConfigurations": [
                {
                    **given,
                    "ApiGatewayDomainName": f"d-{new_id(10)}.execute-api.{self.cloud.region}.amazonaws.com",
                    "DomainNameStatus": "AVAILABLE",
                }
                for given in request.get("DomainNameConfigurations") or []
            ],
            "RoutingMode": request.get("RoutingMode", "API_MAPPING_ONLY"),
            "Tags": dict(request.get("Tags") or {}),
        }
        self.domains[name], self.mappings[name] = wire, {}
        return wire

    async def GetDomainName(self, call: Call, request: Request) -> Answer:
        """One domain name."""
        return self._domain(request)

    async def GetDomainNames(self, call: Call, request: Request) -> Answer:
        """All domain names."""
        return page(list(self.domains.values()), request)

    async def DeleteDomainName(self, call: Call, request: Request) -> Answer:
        """Takes a domain name away with its mappings."""
        name = self._domain(request)["DomainName"]
        del self.domains[name], self.mappings[name]
        return {}

    async def CreateApiMapping(self, call: Call, request: Request) -> Answer:
        """Maps a path of a domain to a stage that exists."""
        mappings = self.mappings[self._domain(request)["DomainName"]]
        self._check_stage(request["ApiId"], request["Stage"])
        key = request.get("ApiMappingKey") or ""
        if any(mapping["ApiMappingKey"] == key for mapping in mappings.values()):
            raise conflict("ApiMapping key already exists for this domain name")
        wire: Wire = {
            "ApiId": request["ApiId"],
            "ApiMappingId": new_id(6),
            "ApiMappingKey": key,
            "Stage": request["Stage"],
        }
        mappings[wire["ApiMappingId"]] = wire
        return wire

    async def GetApiMapping(self, call: Call, request: Request) -> Answer:
        """One mapping."""
        return self._mapping(request)

    async def GetApiMappings(self, call: Call, request: Request) -> Answer:
        """All mappings of a domain name."""
        return page(list(self.mappings[self._domain(request)["DomainName"]].values()), request)

    async def UpdateApiMapping(self, call: Call, request: Request) -> Answer:
        """Changes what is given."""
        wire = merged(self._mapping(request), request, ("ApiId", "ApiMappingKey", "Stage"))
        self._check_stage(wire["ApiId"], wire["Stage"])
        self.mappings[request["DomainName"]][wire["ApiMappingId"]] = wire
        return wire

    async def DeleteApiMapping(self, call: Call, request: Request) -> Answer:
        """Takes a mapping away."""
        del self.mappings[request["DomainName"]][self._mapping(request)["ApiMappingId"]]
        return {}

    def _domain(self, request: Request) -> Wire:
        if request["DomainName"] not in self.domains:
            raise not_found("The domain name resource specified in the request was not found.")
        return self.domains[request["DomainName"]]

    def _mapping(self, request: Request) -> Wire:
        mappings = self.mappings[self._domain(request)["DomainName"]]
        if request["ApiMappingId"] not in mappings:
            raise not_found("The api mapping resource specified in the request was not found.")
        return mappings[request["ApiMappingId"]]

    def _check_stage(self, api_id: str, stage: str) -> None:
        api = self.api(api_id)
        self.child(api, api.stages, stage, "stage")
