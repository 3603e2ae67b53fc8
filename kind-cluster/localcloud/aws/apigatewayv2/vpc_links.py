"""Operations on VPC links."""

from __future__ import annotations

from localcloud.aws.apigatewayv2.base import Answer, ApiGatewayBase, Request, merged
from localcloud.aws.apigatewayv2.errors import bad_request, too_many
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import VpcLink, Wire, new_id
from localcloud.aws.backend import Call

LARGEST_LINKS = 10
DELETE_SECONDS = 30.0  # AWS seconds during which a link shows DELETING


class VpcLinkOperations(ApiGatewayBase):
    """Create, get, rename and delete VPC links."""

    async def CreateVpcLink(self, call: Call, request: Request) -> Answer:
        """A link that becomes available later."""
        if len(self.links) >= LARGEST_LINKS:
            raise too_many("Vpc links", "account")
        if not request["SubnetIds"]:
            raise bad_request("At least one subnet must be specified")
        wire: Wire = {
            "CreatedDate": self.cloud.clock.now(),
            "Name": request["Name"],
            "SecurityGroupIds": list(request.get("SecurityGroupIds") or []),
            "SubnetIds": list(request["SubnetIds"]),
            "Tags": dict(request.get("Tags") or {}),
            "VpcLinkId": new_id(6),
            "VpcLinkStatus": "PENDING",
            "VpcLinkStatusMessage": "VPC link is provisioning",
            "VpcLinkVersion": "V2",
        }
        link = VpcLink(wire)
        self.links[wire["VpcLinkId"]] = link
        self.cloud.spawn(self._provision(link), f"provision VPC link {request['Name']}")
        return wire

    async def GetVpcLink(self, call: Call, request: Request) -> Answer:
        """One link."""
        return self._known(self.links, request["VpcLinkId"], "VpcLink").wire

    async def GetVpcLinks(self, call: Call, request: Request) -> Answer:
        """All links."""
        return page([link.wire for link in self.links.values()], request)

    async def UpdateVpcLink(self, call: Call, request: Request) -> Answer:
        """Renames a link: nothing else of it can change."""
        link = self._known(self.links, request["VpcLinkId"], "VpcLink")
        link.wire = merged(link.wire, request, ("Name",))
        return link.wire

    async def DeleteVpcLink(self, call: Call, request: Request) -> Answer:
        """Takes a link away, in a while, that no integration uses."""
        link = self._known(self.links, request["VpcLinkId"], "VpcLink")
        users = [
            integration["IntegrationId"]
            for api in self.apis.values()
            for integration in api.integrations.values()
            if integration.get("ConnectionId") == request["VpcLinkId"]
        ]
        if users:
            raise bad_request(
                f"Cannot delete vpc link. Vpc link '{request['VpcLinkId']}', is referenced in {users}"
            )
        if link.wire["VpcLinkStatus"] != "DELETING":
            link.wire |= {"VpcLinkStatus": "DELETING", "VpcLinkStatusMessage": "VPC link is deprovisioning"}
            self.cloud.spawn(self._remove(link), f"delete VPC link {link.wire['Name']}")
        return {}

    async def _provision(self, link: VpcLink) -> None:
        await self.cloud.clock.sleep(self.cloud.config.durations.vpc_link_pending)
        if link.wire["VpcLinkStatus"] == "PENDING":
            ready = "VPC link is ready to route traffic"
            link.wire |= {"VpcLinkStatus": "AVAILABLE", "VpcLinkStatusMessage": ready}

    async def _remove(self, link: VpcLink) -> None:
        await self.cloud.clock.sleep(DELETE_SECONDS)
        self.links.pop(link.wire["VpcLinkId"], None)
