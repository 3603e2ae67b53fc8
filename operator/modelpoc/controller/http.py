"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from modelpoc.controller.metrics import Metrics
from modelpoc.controller.queue import Queue

STUCK_AFTER = 300.0
"""Seconds without the queue moving, while there is work, until the process counts as dead."""


class Health:
    """Ready: caches filled and an AWS account checked, or no platform to check. Alive: the queue moves."""

    def __init__(self, queue: Queue, metrics: Metrics, missing: Callable[[], list[str]]) -> None:
        self._queue, self._metrics, self._missing = queue, metrics, missing

    async def serve(self, host: str, port: int) -> web.AppRunner:
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", self.healthz),
                web.get("/readyz", self.readyz),
                web.get("/metrics", self.metrics),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        return runner

    async def healthz(self, _: web.Request) -> web.Response:
        idle = time.monotonic() - self._queue.moved_at
        busy = len(self._queue) + self._queue.working
        if busy and idle > STUCK_AFTER:
            return web.json_response({"status": "stuck", "seconds": round(idle)}, status=500)
        return web.json_response({"status": "ok"})

    async def readyz(self, _: web.Request) -> web.Response:
        missing = self._missing()
        if missing:
            return web.json_response({"status": "not ready", "waiting_for": missing}, status=503)
        return web.json_response({"status": "ok"})

    async def metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
