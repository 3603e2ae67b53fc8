"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from modelpoc.controller.metrics import Metrics
from modelpoc.kube.listening import listen

_GOODBYE = 0.5
"""Seconds for requests under way when the process ends. Idle connections of a scraper end at once."""


class Health:
    """`missing` says what is needed before the process is ready; `stuck` why it counts as dead, or ""."""

    def __init__(self, metrics: Metrics, missing: Callable[[], list[str]], stuck: Callable[[], str]) -> None:
        self._metrics, self._missing, self._stuck = metrics, missing, stuck

    async def serve(self, host: str, port: int) -> web.AppRunner:
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", self.healthz),
                web.get("/readyz", self.readyz),
                web.get("/metrics", self.metrics),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE)
        await listen(runner, host, port)
        return runner

    async def healthz(self, _: web.Request) -> web.Response:
        if why := self._stuck():
            return web.json_response({"status": "stuck", "why": why}, status=500)
        return web.json_response({"status": "ok"})

    async def readyz(self, _: web.Request) -> web.Response:
        missing = self._missing()
        if missing:
            return web.json_response({"status": "not ready", "waiting_for": missing}, status=503)
        return web.json_response({"status": "ok"})

    async def metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
