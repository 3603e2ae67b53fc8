"""Deployments: what is served, and when a change takes effect."""

from __future__ import annotations

from localcloud.aws.apigatewayv2.base import Answer, ApiGatewayBase, Request
from localcloud.aws.apigatewayv2.errors import bad_request
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Api, Stage, Wire, new_id
from localcloud.aws.backend import AwsError, Call

DEPLOY_SECONDS = 2.0  # AWS seconds from a change until an auto-deployed stage serves it
NO_ROUTES = "Unable to deploy API because no routes exist in this API"


class Deploying(ApiGatewayBase):
    """Deployments by hand and by themselves."""

    async def CreateDeployment(self, call: Call, request: Request) -> Answer:
        """A deployment of the API as it is now, on a stage if one is named."""
        async with self.writing(request["ApiId"]) as api:
            name = request.get("StageName")
            stage = self.child(api, api.stages, name, "stage") if name else None
            if not api.routes:
                raise bad_request(NO_ROUTES)
            wire = self.deploy(api, stage, auto=False)
            wire["Description"] = request.get("Description") or ""
            return wire

    async def GetDeployment(self, call: Call, request: Request) -> Answer:
        """One deployment."""
        api = self.api(request["ApiId"])
        return self.child(api, api.deployments, request["DeploymentId"], "Deployment")

    async def GetDeployments(self, call: Call, request: Request) -> Answer:
        """All deployments, the newest first."""
        return page(list(reversed(self.api(request["ApiId"]).deployments.values())), request)

    async def DeleteDeployment(self, call: Call, request: Request) -> Answer:
        """Takes a deployment away that no stage uses."""
        async with self.writing(request["ApiId"]) as api:
            found = self.child(api, api.deployments, request["DeploymentId"], "Deployment")
            if any(s.wire.get("DeploymentId") == found["DeploymentId"] for s in api.stages.values()):
                raise bad_request("Active stages pointing to this deployment must be moved or deleted")
            del api.deployments[found["DeploymentId"]]
            del api.snapshots[found["DeploymentId"]]
        return {}

    def auto_deploy(self, api: Api) -> None:
        """Deploys what changed, a little later, to every stage with auto-deploy.

        Changes until then go with it.
        """
        if api.deploying or not any(stage.wire["AutoDeploy"] for stage in api.stages.values()):
            return
        api.deploying = True
        self.cloud.spawn(self._later(api), f"deploy API {api.api_id}")

    def deploy(self, api: Api, stage: Stage | None, *, auto: bool) -> Wire:
        """A deployment made at once, and put on a stage."""
        wire: Wire = {
            "AutoDeployed": auto,
            "CreatedDate": self.cloud.clock.now(),
            "DeploymentId": new_id(6),
            "DeploymentStatus": "DEPLOYED",
            "Description": "Automatic deployment triggered by changes to the Api configuration"
            if auto
            else "",
        }
        deployment_id = wire["DeploymentId"]
        api.deployments[deployment_id] = wire
        api.snapshots[deployment_id] = api.snapshot()
        if stage:
            self.put_on(api, stage, deployment_id)
        return wire

    def put_on(self, api: Api, stage: Stage, deployment_id: str) -> None:
        """Lets a stage serve a deployment."""
        before = stage.wire.get("DeploymentId")
        stage.wire["DeploymentId"] = deployment_id
        stage.wire["LastUpdatedDate"] = self.cloud.clock.now()
        stage.view.deployed = api.snapshots[deployment_id]
        if stage.wire["AutoDeploy"]:
            stage.wire["LastDeploymentStatusMessage"] = (
                f"Successfully deployed stage with deployment ID '{deployment_id}'"
            )
            _forget(api, before)

    async def _later(self, api: Api) -> None:
        await self.cloud.clock.sleep(DEPLOY_SECONDS)
        api.deploying = False
        for stage in [stage for stage in api.stages.values() if stage.wire["AutoDeploy"]]:
            try:
                check_deployable(api, stage.wire["RouteSettings"])
            except AwsError as refused:
                stage.wire["LastDeploymentStatusMessage"] = f"Deployment attempt failed: {refused.message}"
            else:
                self.deploy(api, stage, auto=True)


def check_deployable(api: Api, route_settings: Wire) -> None:
    """Refuses what cannot be deployed: no routes, or settings for a route that is not there."""
    if not api.routes:
        raise bad_request(NO_ROUTES)
    check_route_settings(api, route_settings)


def check_route_settings(api: Api, route_settings: Wire) -> None:
    """Refuses settings for routes that do not exist."""
    for key in route_settings:
        if key not in api.route_keys():
            message = f"Unable to find Route by key {key} within the provided RouteSettings"
            raise AwsError("NotFoundException", message, status=404)


def _forget(api: Api, deployment_id: str | None) -> None:
    """Automatic deployments that no stage uses any more do not pile up."""
    deployment = api.deployments.get(deployment_id or "")
    used = {stage.wire.get("DeploymentId") for stage in api.stages.values()}
    if deployment and deployment["AutoDeployed"] and deployment_id not in used:
        del api.deployments[deployment["DeploymentId"]]
        del api.snapshots[deployment["DeploymentId"]]
