"""Operations on stages."""

from __future__ import annotations

import re

from localcloud.aws.apigatewayv2.base import Answer, Request, merged, merged_map
from localcloud.aws.apigatewayv2.deploying import Deploying, check_route_settings
from localcloud.aws.apigatewayv2.errors import bad_request, conflict, not_found, too_many
from localcloud.aws.apigatewayv2.paging import page
from localcloud.aws.apigatewayv2.state import Api, Stage, Wire
from localcloud.aws.backend import Call
from localcloud.datapath.deployed import StageView

LARGEST_STAGES = 10
_NAME = re.compile(r"\$default|[A-Za-z0-9_-]{1,128}")
_MEMBERS = ("AccessLogSettings", "AutoDeploy", "Description")


class StageOperations(Deploying):
    """Create, get, change and delete stages."""

    async def CreateStage(self, call: Call, request: Request) -> Answer:
        """A stage; with auto-deploy it serves what there is, a little later."""
        async with self.writing(request["ApiId"]) as api:
            name = request["StageName"]
            if not _NAME.fullmatch(name):
                raise bad_request("Stage name only allows a-zA-Z0-9, hyphens and underscores, or $default")
            if name in api.stages:
                raise conflict(f"Stage {name} already exists for this API")
            if len(api.stages) >= LARGEST_STAGES:
                raise too_many("Stages", "API")
            stage = Stage(self._fresh(name, request), StageView(name))
            self._change(api, stage, request)
            api.stages[name] = stage
            self.auto_deploy(api)
            return stage.wire

    async def GetStage(self, call: Call, request: Request) -> Answer:
        """One stage."""
        api = self.api(request["ApiId"])
        return self.child(api, api.stages, request["StageName"], "stage").wire

    async def GetStages(self, call: Call, request: Request) -> Answer:
        """All stages of an API."""
        return page([stage.wire for stage in self.api(request["ApiId"]).stages.values()], request)

    async def UpdateStage(self, call: Call, request: Request) -> Answer:
        """Merges what is given into what is there, settings of routes too."""
        async with self.writing(request["ApiId"]) as api:
            stage = self.child(api, api.stages, request["StageName"], "stage")
            was_auto = stage.wire["AutoDeploy"]
            self._change(api, stage, request)
            if stage.wire["AutoDeploy"] and not was_auto:
                self.auto_deploy(api)
            return stage.wire

    async def DeleteStage(self, call: Call, request: Request) -> Answer:
        """Takes a stage away."""
        async with self.writing(request["ApiId"]) as api:
            del api.stages[self.child(api, api.stages, request["StageName"], "stage").wire["StageName"]]
        return {}

    async def DeleteRouteSettings(self, call: Call, request: Request) -> Answer:
        """Takes the settings of one route away."""
        async with self.writing(request["ApiId"]) as api:
            stage = self.child(api, api.stages, request["StageName"], "stage")
            settings = dict(stage.wire["RouteSettings"])
            if settings.pop(request["RouteKey"], None) is None:
                key = request["RouteKey"]
                raise not_found(f"Unable to find Route by key {key} within the provided RouteSettings")
            stage.wire = stage.wire | {"RouteSettings": settings}
            stage.sync()
            self.auto_deploy(api)
        return {}

    async def DeleteAccessLogSettings(self, call: Call, request: Request) -> Answer:
        """The stage keeps no access log any more."""
        async with self.writing(request["ApiId"]) as api:
            self.child(api, api.stages, request["StageName"], "stage").wire.pop("AccessLogSettings", None)
        return {}

    def _fresh(self, name: str, request: Request) -> Wire:
        now = self.cloud.clock.now()
        return {
            "AutoDeploy": False,
            "CreatedDate": now,
            "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
            "LastUpdatedDate": now,
            "RouteSettings": {},
            "StageName": name,
            "StageVariables": {},
            "Tags": dict(request.get("Tags") or {}),
        }

    def _change(self, api: Api, stage: Stage, request: Request) -> None:
        """Applies a request to a stage, or refuses it and changes nothing."""
        wire = merged(stage.wire, request, _MEMBERS)
        given = {key: _settings(value) for key, value in (request.get("RouteSettings") or {}).items()}
        wire["RouteSettings"] = {
            key: (wire["RouteSettings"].get(key) or {}) | given.get(key, {})
            for key in {**wire["RouteSettings"], **given}
        }
        wire["DefaultRouteSettings"] = wire["DefaultRouteSettings"] | _settings(
            request.get("DefaultRouteSettings") or {}
        )
        wire["StageVariables"] = merged_map(wire["StageVariables"], request.get("StageVariables"))
        check_route_settings(api, wire["RouteSettings"])
        deployment = self._deployment(api, wire, request.get("DeploymentId"))
        wire["LastUpdatedDate"] = self.cloud.clock.now()
        stage.wire = wire
        stage.sync()
        if deployment:
            self.put_on(api, stage, deployment)

    def _deployment(self, api: Api, wire: Wire, deployment_id: str | None) -> str | None:
        if deployment_id is None:
            return None
        if wire["AutoDeploy"]:
            raise bad_request("Deployment ID cannot be set on a stage with AutoDeploy enabled")
        return str(self.child(api, api.deployments, deployment_id, "Deployment")["DeploymentId"])


def _settings(given: Request) -> Wire:
    """Settings as given; refuses what a throttle cannot be."""
    for key in ("ThrottlingBurstLimit", "ThrottlingRateLimit"):
        if given.get(key) is not None and given[key] < 0:
            raise bad_request(f"Invalid value for {key}: it must not be negative")
    if given.get("DataTraceEnabled") or given.get("LoggingLevel") not in (None, "OFF"):
        raise bad_request("Execution logs are not supported on protocolType HTTP")
    return {key: value for key, value in given.items() if value is not None}
