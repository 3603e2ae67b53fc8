"""Endpoints: made, looked at and deleted."""

from __future__ import annotations

from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.sagemaker import checks, views
from localcloud.aws.sagemaker.deploying import Deploying
from localcloud.aws.sagemaker.errors import in_progress
from localcloud.aws.sagemaker.listing import chosen
from localcloud.aws.sagemaker.records import Endpoint
from localcloud.aws.sagemaker.store import ENDPOINT, tags_of


class EndpointOperations(Deploying):
    """The operations on endpoints but for updates."""

    async def CreateEndpoint(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Begins to make one; whether its containers come up, its status tells later."""
        name = request["EndpointName"]
        arn = self.store.new_arn(ENDPOINT, name)
        tags = tags_of(request)
        config = self.store.config(request["EndpointConfigName"])
        if deployment := request.get("DeploymentConfig"):
            checks.deployment(deployment, config.variants)
            await self.check_alarms(deployment)
            self.store.new_arn(ENDPOINT, name)  # another may have come first meanwhile
        now = self.now()
        endpoint = Endpoint(name, arn, config, now, now, tags)
        endpoint.deployment = deployment
        self.store.endpoints[arn] = endpoint
        self.keep(self.create(endpoint), f"create endpoint {name}")
        return {"EndpointArn": arn}

    def DescribeEndpoint(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of it."""
        return views.view(self.store.endpoint(request["EndpointName"]))

    def ListEndpoints(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page of endpoints."""
        endpoints, more = chosen(self.store.endpoints.values(), request)
        return {"Endpoints": [views.summary(endpoint) for endpoint in endpoints], **more}

    def DeleteEndpoint(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Begins to take it away; refused while it changes. Its log group stays, as on AWS."""
        endpoint = self.store.endpoint(request["EndpointName"])
        if endpoint.changing:
            raise in_progress(endpoint.arn)
        endpoint.move("Deleting", self.now())
        self.keep(self.delete(endpoint), f"delete endpoint {endpoint.name}")
        return {}
