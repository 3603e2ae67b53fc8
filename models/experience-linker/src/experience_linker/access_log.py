"""One line for each request, but for health checks with an expected answer: they come every few seconds."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)


class AccessLog:
    """ASGI middleware; bodies never reach the log, as experience is about a person."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        start = time.monotonic()

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            _write(scope, status, time.monotonic() - start)


def _write(scope: Scope, status: int, seconds: float) -> None:
    if scope["path"].endswith("/health") and status in (200, 503):
        return
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    _log.info("request", extra={"fields": fields})
