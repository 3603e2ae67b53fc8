"""What AWS does to endpoints of its own accord, on request: `/_local/sagemaker/endpoints/<name>`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from localcloud.aws.sagemaker import views
from localcloud.aws.sagemaker.base import SageMakerBase
from localcloud.aws.sagemaker.records import Endpoint

_KNOWN = frozenset({"maintenance", "rollbackFails", "failed"})


class Control(SageMakerBase):
    """Maintenance, rollbacks that fail, endpoints that break; and a look at the containers."""

    def routes(self) -> Iterable[web.RouteDef]:
        """GET looks, PUT asks."""
        path = "/_local/sagemaker/endpoints/{name}"
        return (web.get(path, self._show), web.put(path, self._ask))

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(_view(self._found(request)))

    async def _ask(self, request: web.Request) -> web.Response:
        """`maintenance`: SystemUpdating until it is false. `rollbackFails`: the next rollback ends in
        UpdateRollbackFailed. `failed`: Failed, with that reason; its containers go.
        """
        endpoint = self._found(request)
        asked: dict[str, Any] = await request.json()
        if unknown := sorted(set(asked) - _KNOWN):
            return web.json_response({"error": f"unknown: {unknown[0]}; known: {sorted(_KNOWN)}"}, status=400)
        broken = asked.get("failed")
        if (broken and endpoint.changing) or not self._maintained(endpoint, asked.get("maintenance")):
            return web.json_response({"error": f"{endpoint.name} is {endpoint.status}"}, status=409)
        if "rollbackFails" in asked:
            endpoint.rollback_fails = bool(asked["rollbackFails"])
        if broken:
            await self._break(endpoint, str(broken))
        return web.json_response(_view(endpoint))

    def _maintained(self, endpoint: Endpoint, begin: bool | None) -> bool:
        """Whether maintenance is as asked; it can begin only with an endpoint that is in service."""
        if begin is None:
            return True
        before, after = ("InService", "SystemUpdating") if begin else ("SystemUpdating", "InService")
        if endpoint.status == before:
            endpoint.move(after, self.now())
        return endpoint.status == after

    async def _break(self, endpoint: Endpoint, reason: str) -> None:
        fleet, endpoint.fleet = endpoint.fleet, None
        endpoint.failure_reason = reason
        endpoint.move("Failed", self.now())
        await self.end(fleet, at_once=True)

    def _found(self, request: web.Request) -> Endpoint:
        endpoint = self.store.find_endpoint(request.match_info["name"])
        if endpoint is None:
            raise web.HTTPNotFound(text=f"no endpoint {request.match_info['name']}")
        return endpoint


def _view(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "status": endpoint.status,
        "config": endpoint.config.name,
        "newShare": endpoint.green_share,
        "containers": views.hosts(endpoint.fleet),
        "newContainers": views.hosts(endpoint.pending.fleet if endpoint.pending else None),
    }
