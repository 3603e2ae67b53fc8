"""Operations on tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localcloud.aws.apigatewayv2.base import Answer, ApiGatewayBase, Request
from localcloud.aws.apigatewayv2.errors import bad_request, not_found
from localcloud.aws.apigatewayv2.state import Wire
from localcloud.aws.backend import Call

LARGEST_TAGS = 50
_ARN = re.compile(
    r"arn:[^:]+:apigateway:([^:]+):\d*:/(apis|vpclinks|domainnames)/([^/]+)(?:/stages/([^/]+))?"
)

_WITHIN = re.compile(r"arn:[^:]+:apigateway:[^:]+:\d*:/(apis|vpclinks|domainnames)/[^/]+(?:/stages/[^/]+)?")


class TagOperations(ApiGatewayBase):
    """Tags of APIs, stages, VPC links and domain names."""

    async def TagResource(self, call: Call, request: Request) -> Answer:
        """Adds or replaces tags."""
        wire = self._tagged(request["ResourceArn"])
        tags = {**wire.get("Tags", {}), **(request.get("Tags") or {})}
        if len(tags) > LARGEST_TAGS:
            raise bad_request(f"The number of tags exceeds the limit of {LARGEST_TAGS}")
        wire["Tags"] = tags
        return {}

    async def UntagResource(self, call: Call, request: Request) -> Answer:
        """Removes tags; a key that is not there is no error."""
        wire = self._tagged(request["ResourceArn"])
        gone = request["TagKeys"]
        wire["Tags"] = {key: value for key, value in wire.get("Tags", {}).items() if key not in gone}
        return {}

    async def GetTags(self, call: Call, request: Request) -> Answer:
        """All tags."""
        return {"Tags": self._tagged(request["ResourceArn"]).get("Tags", {})}

    def resource_tags(self, arn: str) -> Mapping[str, str]:
        """The tags of what has that ARN; of what carries none those of what it is part of."""
        match = _WITHIN.match(arn)
        if not match:
            return {}
        own: Mapping[str, str] = self._tagged(match[0]).get("Tags", {})
        return own or (self._tagged(match[0].partition("/stages/")[0]).get("Tags", {}))

    def _tagged(self, arn: str) -> Wire:
        match = _ARN.fullmatch(arn)
        if not match or match[1] != self.cloud.region:
            raise not_found(f"Invalid resource ARN specified {arn}")
        kind, key, stage = match[2], match[3], match[4]
        if kind == "vpclinks":
            return self._known(self.links, key, "VpcLink").wire
        if kind == "domainnames":
            return self._known(self.domains, key, "domain name")
        api = self.api(key)
        return self.child(api, api.stages, stage, "stage").wire if stage else api.wire
